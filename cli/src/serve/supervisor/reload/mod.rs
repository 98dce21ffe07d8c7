//! An event stream beside the app: pages load again when their files change, and show what
//! does not compile. Never over the app's own sockets.

mod request;

use super::listeners::{Listeners, Place};
use crate::terminal::Failure;
use request::Request;
use serde_json::json;
use std::io::{self, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The stream, on a free port of the app's own addresses.
#[derive(Debug)]
pub struct Reload {
    pub port: u16,
    pages: Arc<Mutex<Pages>>,
}

#[derive(Debug, Default)]
struct Pages {
    streams: Vec<TcpStream>,
    /// What does not compile, for a page that comes meanwhile.
    error: Option<String>,
}

impl Reload {
    /// On the port of the last time if it is free: pages that are still open come back to it.
    pub fn start(hosts: &[IpAddr], last: Option<u16>) -> Result<Self, Failure> {
        let on = |port| {
            Listeners::bind(Place {
                hosts: hosts.to_vec(),
                port,
            })
        };
        let again = last.and_then(|port| on(port).ok());
        let listeners = again.map_or_else(|| on(0), Ok)?;
        let port = listeners.port;
        let pages = Arc::new(Mutex::new(Pages::default()));
        for socket in listeners.into_sockets() {
            let pages = Arc::clone(&pages);
            thread::spawn(move || accept(&socket, &pages));
        }
        let kept = Arc::downgrade(&pages);
        thread::spawn(move || {
            while let Some(pages) = kept.upgrade() {
                // Finds out who has gone.
                lock(&pages).send(": still here\n\n");
                drop(pages);
                thread::sleep(KEEP_ALIVE);
            }
        });
        Ok(Self { port, pages })
    }

    /// Every page loads again.
    pub fn reload(&self) {
        lock(&self.pages).send("event: reload\ndata: {}\n\n");
    }

    /// Shows what does not compile, on every page.
    pub fn error(&self, headline: &str, excerpt: &[String]) {
        let excerpt: Vec<_> = excerpt
            .iter()
            .map(|line| anstream::adapter::strip_str(line).to_string())
            .collect();
        let data = json!({ "headline": headline, "excerpt": excerpt.join("\n") });
        let event = format!("event: error\ndata: {data}\n\n");
        let mut pages = lock(&self.pages);
        pages.send(&event);
        pages.error = Some(event);
    }

    /// It compiles again.
    pub fn ok(&self) {
        let mut pages = lock(&self.pages);
        if pages.error.take().is_some() {
            pages.send("event: ok\ndata: {}\n\n");
        }
    }
}

impl Pages {
    /// Who cannot take a few bytes at once has gone, or will come again.
    fn send(&mut self, event: &str) {
        self.streams
            .retain_mut(|stream| stream.write_all(event.as_bytes()).is_ok());
    }

    fn add(&mut self, mut stream: TcpStream, head: &str) -> io::Result<()> {
        // A page that is not looked at keeps its stream; the oldest goes first.
        if self.streams.len() >= MOST_PAGES {
            self.streams.remove(0);
        }
        stream.write_all(head.as_bytes())?;
        let state = self.error.as_deref().unwrap_or("event: ok\ndata: {}\n\n");
        stream.write_all(format!("retry: 500\n\n{state}").as_bytes())?;
        stream.set_nonblocking(true)?;
        self.streams.push(stream);
        Ok(())
    }
}

fn accept(socket: &TcpListener, pages: &Arc<Mutex<Pages>>) {
    // One after the other: who sends no request soon is not waited for.
    for stream in socket.incoming() {
        match stream {
            Ok(stream) => {
                let pages = Arc::clone(pages);
                thread::spawn(move || _ = answer(stream, &pages));
            }
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
}

fn answer(mut stream: TcpStream, pages: &Mutex<Pages>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = Request::read(&mut stream)?;
    match &*request.path {
        "/_orcs/reload.js" => write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: text/javascript; charset=utf-8\r\n\
             cache-control: no-cache\r\ncross-origin-resource-policy: cross-origin\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{SCRIPT}",
            SCRIPT.len()
        ),
        "/_orcs/reload" => {
            let allowed = match request.own_page() {
                Some(origin) => format!("access-control-allow-origin: {origin}\r\n"),
                // Any page of the web may ask; only our own may read the answer.
                None => String::new(),
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                 cache-control: no-store\r\n{allowed}vary: origin\r\n\r\n"
            );
            lock(pages).add(stream, &head)
        }
        _ => write!(
            stream,
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ),
    }
}

fn lock(pages: &Mutex<Pages>) -> MutexGuard<'_, Pages> {
    pages.lock().unwrap_or_else(PoisonError::into_inner)
}

const SCRIPT: &str = include_str!("script.js");

const KEEP_ALIVE: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_secs(5);

/// Tabs of one developer.
const MOST_PAGES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn start() -> Reload {
        Reload::start(&["127.0.0.1".parse().unwrap()], None).unwrap()
    }

    fn ask(reload: &Reload, path: &str, origin: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", reload.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let host = format!("localhost:{}", reload.port);
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n\r\n"
        )
        .unwrap();
        stream
    }

    fn read_until(stream: &mut TcpStream, end: &str) -> String {
        let mut text = String::new();
        let mut buffer = [0; 512];
        while !text.contains(end) {
            let length = stream.read(&mut buffer).unwrap();
            assert_ne!(length, 0, "{text}");
            text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        }
        text
    }

    #[test]
    fn a_page_hears_of_changes_errors_and_mending() {
        let reload = start();
        let mut page = ask(&reload, "/_orcs/reload", "http://localhost:42069");
        let head = read_until(&mut page, "event: ok");
        assert!(
            head.contains("access-control-allow-origin: http://localhost:42069\r\n"),
            "{head}"
        );
        reload.reload();
        read_until(&mut page, "event: reload\n");
        reload.error(
            "src/main.rs:1:1 no",
            &["\u{1b}[1m1 | x\u{1b}[0m".to_owned()],
        );
        let error = read_until(&mut page, "}\n\n");
        assert!(
            error.contains(r#"{"excerpt":"1 | x","headline":"src/main.rs:1:1 no"}"#),
            "{error}"
        );
        let mut late = ask(&reload, "/_orcs/reload", "http://localhost:42069");
        read_until(&mut late, "event: error\n");
        reload.ok();
        read_until(&mut page, "event: ok\n");
    }

    #[test]
    fn the_port_stays_the_same_when_it_can() {
        let hosts = ["127.0.0.1".parse().unwrap()];
        let first = Reload::start(&hosts, None).unwrap();
        let other = Reload::start(&hosts, Some(first.port)).unwrap();
        assert_ne!(other.port, first.port, "it is taken");
        let free = Listeners::bind(Place::new(Some(hosts[0]), 0)).unwrap().port;
        let again = Reload::start(&hosts, Some(free)).unwrap();
        assert_eq!(again.port, free);
    }

    #[test]
    fn the_script_is_there_and_nothing_else() {
        let reload = start();
        let mut text = String::new();
        ask(&reload, "/_orcs/reload.js?x", "null")
            .read_to_string(&mut text)
            .unwrap();
        assert!(text.ends_with(SCRIPT), "{text}");
        text.clear();
        ask(&reload, "/", "null").read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 404 "), "{text}");
    }
}
