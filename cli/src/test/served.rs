//! The app on a port of its own, for as long as a test takes.

use crate::app::{App, secret};
use crate::terminal::Failure;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A running app; it ends with this value.
pub struct Served {
    child: Child,
    port: u16,
}

/// A debug build that opens its databases first is still there by then.
const PATIENCE: Duration = Duration::from_secs(20);

impl Served {
    /// Builds the app, starts it on a free port of loopback, and waits until it listens.
    pub fn start(app: &App) -> Result<Self, Failure> {
        let program = app.build(false)?;
        let port = free_port()
            .map_err(|e| Failure::new(format!("no port of this machine is free: {e}")))?;
        let mut settings: Vec<(&str, OsString)> = vec![
            ("HOST", "127.0.0.1".into()),
            ("PORT", port.to_string().into()),
        ];
        // A fresh checkout has no `.env`, and routes that take tokens would stop the start.
        let has_secret = std::env::var_os(secret::KEY).is_some();
        if !has_secret && !app.root.join(".env").exists() {
            settings.push((secret::KEY, secret::random()?.into()));
        }
        let mut command = program.command(&settings);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command
            .spawn()
            .map_err(|e| Failure::new(format!("the app does not start: {e}")))?;
        let mut served = Self { child, port };
        served.wait()?;
        Ok(served)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Whether `/` is a page at all: an app may be sockets alone.
    pub fn has_page(&self) -> bool {
        self.head().is_ok_and(|head| {
            let head = head.to_ascii_lowercase();
            head.starts_with("http/1.1 200") && head.contains("\r\ncontent-type: text/html")
        })
    }

    fn head(&self) -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let port = self.port;
        // In one piece: who answers the first of several may close before the last.
        let request = format!(
            "HEAD / HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: text/html\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let mut head = String::new();
        stream.take(64 << 10).read_to_string(&mut head)?;
        Ok(head)
    }

    fn wait(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(Failure::new(format!("the app does not start ({status})"))
                    .help("orcs serve shows what it says"));
            }
            if Instant::now() > deadline {
                let message = format!("the app does not listen within {PATIENCE:?}");
                return Err(Failure::new(message)
                    .help("does something in `main` come before `orcs::serve`?"));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Free a moment ago; the system gives the same one to nobody else soon.
fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
