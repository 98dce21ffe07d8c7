//! What a page did while a browser loaded it.

use serde_json::Value;

/// What a page did, as the browser's events tell it.
#[derive(Debug, Default)]
pub struct Page {
    is_loaded: bool,
    sockets: Vec<Socket>,
    problems: Vec<String>,
}

#[derive(Debug)]
struct Socket {
    id: String,
    url: String,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Opening,
    Open,
    Failed,
}

impl Page {
    /// Takes an event in; `false` for those that say nothing of what is asked here.
    pub fn take(&mut self, event: &Value) -> bool {
        let params = &event["params"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = params["requestId"].as_str().unwrap_or_default();
        match event["method"].as_str().unwrap_or_default() {
            "Page.loadEventFired" => self.is_loaded = true,
            "Runtime.exceptionThrown" => self.fail(exception(&params["exceptionDetails"])),
            "Runtime.consoleAPICalled" if params["type"] == "error" => {
                let words = params["args"].as_array().into_iter().flatten().map(word);
                self.fail(format!(
                    "console.error: {}",
                    words.collect::<Vec<_>>().join(" ")
                ));
            }
            "Log.entryAdded" if params["entry"]["level"] == "error" => self.entry(&params["entry"]),
            "Network.webSocketCreated" => self.sockets.push(Socket {
                id: id.to_owned(),
                url: text(&params["url"]),
                state: State::Opening,
            }),
            "Network.webSocketHandshakeResponseReceived" => {
                let state = match params["response"]["status"].as_u64() {
                    Some(101) => State::Open,
                    _ => State::Failed,
                };
                self.set(id, state);
            }
            "Network.webSocketFrameError" | "Network.webSocketClosed" => {
                // One that was open has kept the promise, whatever ended it.
                self.sockets
                    .iter_mut()
                    .filter(|socket| socket.id == id && socket.state == State::Opening)
                    .for_each(|socket| socket.state = State::Failed);
            }
            _ => return false,
        }
        true
    }

    pub fn fail(&mut self, problem: String) {
        // A loop that fails says the same a thousand times.
        if !self.problems.contains(&problem) && self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Whether nothing is on its way any more.
    pub fn is_settled(&self) -> bool {
        self.is_loaded
            && self
                .sockets
                .iter()
                .all(|socket| socket.state != State::Opening)
    }

    pub fn open_sockets(&self) -> Vec<&str> {
        let open = self
            .sockets
            .iter()
            .filter(|socket| socket.state == State::Open);
        open.map(|socket| &*socket.url).collect()
    }

    /// What went wrong, a sentence each.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        if !self.is_loaded && problems.is_empty() {
            problems.push("it does not finish loading".to_owned());
        }
        for socket in &self.sockets {
            let url = &socket.url;
            match socket.state {
                State::Open => {}
                State::Opening => problems.push(format!("the socket {url} does not open")),
                State::Failed => problems.push(format!("the socket {url} is refused")),
            }
        }
        problems
    }

    /// A failed request, a refused script: what a browser says by itself.
    fn entry(&mut self, entry: &Value) {
        let url = entry["url"].as_str().unwrap_or_default();
        let text = entry["text"].as_str().unwrap_or_default();
        // Browsers ask for it on their own, and pages go without; sockets are told above.
        if url.ends_with("/favicon.ico") || text.starts_with("WebSocket connection to ") {
            return;
        }
        let place = if url.is_empty() {
            String::new()
        } else {
            format!(" ({url})")
        };
        self.fail(format!("{text}{place}"));
    }

    fn set(&mut self, id: &str, state: State) {
        if let Some(socket) = self.sockets.iter_mut().find(|socket| socket.id == id) {
            socket.state = state;
        }
    }
}

/// More say nothing new.
const MOST_PROBLEMS: usize = 20;

/// `ReferenceError: x is not defined, line 12 of http://..`.
fn exception(details: &Value) -> String {
    let thrown = details["exception"]["description"].as_str();
    let thrown = thrown
        .or(details["text"].as_str())
        .unwrap_or("an exception");
    let first = thrown.lines().next().unwrap_or_default();
    let place = match (details["lineNumber"].as_u64(), details["url"].as_str()) {
        (Some(line), Some(url)) => format!(", line {} of {url}", line + 1),
        _ => String::new(),
    };
    format!("{first}{place}")
}

/// An argument of `console.error`, as the console would show it.
fn word(argument: &Value) -> String {
    match (&argument["value"], argument["description"].as_str()) {
        (Value::String(text), _) => text.clone(),
        (Value::Null, Some(description)) => {
            description.lines().next().unwrap_or_default().to_owned()
        }
        (value, _) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(events: &[(&str, Value)]) -> Page {
        let mut page = Page::default();
        for (method, params) in events {
            page.take(&json!({ "method": method, "params": params }));
        }
        page
    }

    fn socket(events: &[(&str, Value)]) -> Page {
        let created = json!({ "requestId": "1", "url": "ws://h/ws" });
        let mut all = vec![
            ("Page.loadEventFired", json!({})),
            ("Network.webSocketCreated", created),
        ];
        all.extend_from_slice(events);
        page(&all)
    }

    #[test]
    fn a_page_that_loads_and_opens_its_socket_is_well() {
        let answered = json!({ "requestId": "1", "response": { "status": 101 } });
        let page = socket(&[("Network.webSocketHandshakeResponseReceived", answered)]);
        assert!(page.is_settled());
        assert_eq!(page.open_sockets(), ["ws://h/ws"]);
        assert_eq!(page.problems(), [""; 0]);
    }

    #[test]
    fn a_socket_must_open() {
        let waiting = socket(&[]);
        assert!(!waiting.is_settled());
        assert_eq!(waiting.problems(), ["the socket ws://h/ws does not open"]);
        let id = json!({ "requestId": "1" });
        for (event, params) in [
            (
                "Network.webSocketHandshakeResponseReceived",
                json!({ "requestId": "1", "response": { "status": 403 } }),
            ),
            ("Network.webSocketFrameError", id.clone()),
            ("Network.webSocketClosed", id),
        ] {
            let refused = socket(&[(event, params)]);
            assert!(refused.is_settled());
            assert_eq!(
                refused.problems(),
                ["the socket ws://h/ws is refused"],
                "{event}"
            );
        }
    }

    #[test]
    fn errors_are_told_once_with_their_place() {
        let thrown = json!({ "exceptionDetails": { "lineNumber": 11, "url": "http://h/",
            "exception": { "description": "ReferenceError: x is not defined\n    at http://h/:12:1" } } });
        let said = json!({ "type": "error", "args": [{ "value": "no" }, { "value": 3 }] });
        let missing = json!({ "entry": { "level": "error", "text": "Failed to load resource: 404", "url": "http://h/a.js" } });
        let icon = json!({ "entry": { "level": "error", "text": "Failed to load resource: 404", "url": "http://h/favicon.ico" } });
        let page = page(&[
            ("Page.loadEventFired", json!({})),
            ("Runtime.exceptionThrown", thrown.clone()),
            ("Runtime.exceptionThrown", thrown),
            ("Runtime.consoleAPICalled", said),
            (
                "Runtime.consoleAPICalled",
                json!({ "type": "warning", "args": [] }),
            ),
            ("Log.entryAdded", missing),
            ("Log.entryAdded", icon),
        ]);
        assert_eq!(
            page.problems(),
            [
                "ReferenceError: x is not defined, line 12 of http://h/",
                "console.error: no 3",
                "Failed to load resource: 404 (http://h/a.js)",
            ]
        );
    }

    #[test]
    fn a_page_that_hangs_is_not_well() {
        assert_eq!(page(&[]).problems(), ["it does not finish loading"]);
    }
}
