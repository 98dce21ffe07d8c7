//! Fifty exchanges of the app under load: nobody is refused, nobody is cut off.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::served::{PATIENCE, Served, try_get};
use common::{orcs, run};
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use tungstenite::Message;
use tungstenite::protocol::frame::coding::CloseCode;

#[test]
fn fifty_swaps_under_load_refuse_nobody() {
    // The same place each time, so that only the first run builds the dependencies.
    let shelf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("swaps");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("scaffold");
    let app = shelf.join("myapp");
    _ = fs::remove_dir_all(&app);
    fs::create_dir_all(&shelf).unwrap();
    let ran = run(&shelf, &["new", "myapp"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // As many strangers as there are here would be one too many for one address.
    let env = fs::read_to_string(app.join(".env")).unwrap() + "\nWS_MAX_CONNECTIONS_PER_IP=0\n";

    let mut serve = orcs(&app);
    serve
        .args(["serve", "-p", "0", "--json"])
        .env("CARGO_TARGET_DIR", &target)
        .env("LOG_LEVEL", "warn");
    let mut served = Served::start(&mut serve);
    let port = served.next("ready")["port"].as_u64().unwrap();
    served.said("watching");

    let load = Load::start(port);
    for swap in 0..SWAPS {
        let before = load.clients.load(Ordering::Relaxed);
        if swap % EDIT_EVERY == EDIT_EVERY - 1 {
            let routes = app.join("routes/websocket.rs");
            let text = fs::read_to_string(&routes).unwrap();
            fs::write(&routes, format!("{text}// Edit {swap}.\n")).unwrap();
            served.next("swapped");
        } else {
            fs::write(app.join(".env"), format!("{env}WORD={swap}\n")).unwrap();
            served.next("restarted");
        }
        // Somebody has come in again.
        load.wait_for(before + 1);
    }
    load.stop();
    served.signal("INT");
    assert_eq!(served.exit_code(), Some(0));
}

const SWAPS: usize = 50;
const EDIT_EVERY: usize = 10;

/// Browsers that load a page again and again, and clients that stay until they are sent away.
struct Load {
    is_over: Arc<AtomicBool>,
    clients: Arc<AtomicUsize>,
    pages: Arc<AtomicUsize>,
    closed: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    fn start(port: u64) -> Self {
        let mut load = Self {
            is_over: Arc::default(),
            clients: Arc::default(),
            pages: Arc::default(),
            closed: Arc::default(),
            threads: Vec::new(),
        };
        for _ in 0..2 {
            let (is_over, pages) = (Arc::clone(&load.is_over), Arc::clone(&load.pages));
            load.threads.push(thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let body = try_get(port, "/healthz").expect("a page is answered");
                    assert_eq!(body, "ok");
                    pages.fetch_add(1, Ordering::Relaxed);
                    // Each takes a port of its own, and there are not for ever new ones.
                    thread::sleep(std::time::Duration::from_millis(1));
                }
            }));
        }
        for _ in 0..8 {
            let is_over = Arc::clone(&load.is_over);
            let (clients, closed) = (Arc::clone(&load.clients), Arc::clone(&load.closed));
            load.threads.push(thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    if stay(port, &clients, &is_over) {
                        closed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }));
        }
        load
    }

    fn wait_for(&self, clients: usize) {
        let deadline = std::time::Instant::now() + PATIENCE;
        while self.clients.load(Ordering::Relaxed) < clients {
            assert!(std::time::Instant::now() < deadline, "nobody comes back");
            thread::sleep(std::time::Duration::from_millis(2));
        }
    }

    /// Panics if anybody was treated badly.
    fn stop(self) {
        self.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("nobody is refused or cut off");
        }
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        println!(
            "{} pages, {} clients came, {} were closed with 1012",
            count(&self.pages),
            count(&self.clients),
            count(&self.closed)
        );
        assert!(count(&self.closed) >= SWAPS, "the swaps closed nobody");
    }
}

/// Comes in, is welcomed, and stays until the server says that it restarts.
fn stay(port: u64, clients: &AtomicUsize, is_over: &AtomicBool) -> bool {
    let port = u16::try_from(port).unwrap();
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("nobody is refused");
    // A handshake may take long under load; after it, this is how often we look around.
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let url = format!("ws://localhost:{port}/ws/chat");
    let (mut socket, _) = tungstenite::client(url, stream).expect("a handshake is finished");
    clients.fetch_add(1, Ordering::Relaxed);
    let often = std::time::Duration::from_millis(100);
    socket.get_mut().set_read_timeout(Some(often)).unwrap();
    loop {
        match socket.read() {
            Ok(Message::Close(frame)) => {
                let code = frame.expect("a close with a code").code;
                assert_eq!(code, CloseCode::Restart);
                return true;
            }
            Ok(_) => {}
            Err(tungstenite::Error::Io(error)) if is_timeout(&error) => {
                if is_over.load(Ordering::Relaxed) {
                    return false;
                }
            }
            Err(error) => panic!("cut off: {error}"),
        }
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error.kind(), TimedOut | WouldBlock)
}
