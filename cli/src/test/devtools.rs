//! The conversation with a browser: Chromium's DevTools protocol over a socket of loopback.

use super::page::Page;
use crate::terminal::Failure;
use serde_json::{Value, json};
use std::io;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tungstenite::{Message, WebSocket};

/// A connection to a browser.
pub struct Devtools {
    socket: WebSocket<TcpStream>,
    last_id: u64,
}

/// How long a page may take until all of its sockets are open.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long nothing must happen before a page counts as loaded: scripts open their sockets
/// at the load event or a moment later.
const QUIET: Duration = Duration::from_millis(500);

impl Devtools {
    pub fn connect(address: &str) -> Result<Self, Failure> {
        let authority = address.trim_start_matches("ws://");
        let authority = authority.split('/').next().unwrap_or_default();
        let stream = TcpStream::connect(authority).map_err(broken)?;
        stream.set_nodelay(true).map_err(broken)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(broken)?;
        let (socket, _) = tungstenite::client(address, stream).map_err(broken)?;
        // From here on silence is worth noticing.
        let stream: &TcpStream = socket.get_ref();
        stream.set_read_timeout(Some(QUIET / 5)).map_err(broken)?;
        Ok(Self { socket, last_id: 0 })
    }

    /// Opens an address in a tab, and listens to it until all is quiet.
    pub fn load(&mut self, url: &str) -> Result<Page, Failure> {
        let mut page = Page::default();
        let tab = self.ask(
            None,
            "Target.createTarget",
            &json!({ "url": "about:blank" }),
            &mut page,
        )?;
        let attach = json!({ "targetId": tab["targetId"], "flatten": true });
        let session = self.ask(None, "Target.attachToTarget", &attach, &mut page)?;
        let session = session["sessionId"].as_str().unwrap_or_default().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.ask(
                Some(&session),
                &format!("{domain}.enable"),
                &json!({}),
                &mut page,
            )?;
        }
        let answer = self.ask(
            Some(&session),
            "Page.navigate",
            &json!({ "url": url }),
            &mut page,
        )?;
        if let Some(why) = answer["errorText"].as_str() {
            page.fail(format!("it does not load: {why}"));
            return Ok(page);
        }
        self.listen(&mut page)?;
        Ok(page)
    }

    /// Asks the browser to end; whether it heard it, shows when it does.
    pub fn close(&mut self) {
        let close = json!({ "id": self.last_id + 1, "method": "Browser.close" });
        _ = self.socket.send(Message::text(close.to_string()));
    }

    fn listen(&mut self, page: &mut Page) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        let mut last_event = Instant::now();
        while Instant::now() < deadline {
            if let Some(event) = self.read()?
                && page.take(&event)
            {
                last_event = Instant::now();
            }
            if page.is_settled() && last_event.elapsed() >= QUIET {
                break;
            }
        }
        Ok(())
    }

    /// Sends a command and waits for its answer; events that come first are the page's.
    fn ask(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: &Value,
        page: &mut Page,
    ) -> Result<Value, Failure> {
        self.last_id += 1;
        let mut command = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        self.socket
            .send(Message::text(command.to_string()))
            .map_err(broken)?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match self.read()? {
                Some(mut message) if message["id"] == self.last_id => {
                    if let Some(why) = message["error"]["message"].as_str() {
                        return Err(Failure::new(format!("Chromium refuses {method}: {why}")));
                    }
                    return Ok(message["result"].take());
                }
                Some(event) => {
                    page.take(&event);
                }
                None => {}
            }
        }
        Err(Failure::new(format!(
            "Chromium does not answer {method} within {PATIENCE:?}"
        )))
    }

    /// The next message, or none for a moment.
    fn read(&mut self) -> Result<Option<Value>, Failure> {
        match self.socket.read() {
            Ok(Message::Text(text)) => Ok(serde_json::from_str(&text).ok()),
            Ok(_) => Ok(None),
            Err(tungstenite::Error::Io(e))
                if matches!(
                    e.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) =>
            {
                Ok(None)
            }
            Err(e) => Err(broken(e)),
        }
    }
}

fn broken(e: impl std::fmt::Display) -> Failure {
    Failure::new(format!("the conversation with Chromium broke off: {e}"))
        .help("--no-browser leaves it out")
}
