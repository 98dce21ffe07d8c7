//! What `orcs new` writes builds, passes its own tests, and serves strangers.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::served::{get, signal};
use common::{cargo, free_port, orcs, run};
use serde_json::{Value, json};
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Message, WebSocket};

#[test]
fn a_new_app_builds_passes_its_tests_and_serves() {
    // The same place each time, so that only the first run builds the dependencies.
    let shelf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scaffold");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("scaffold");
    let app = shelf.join("myapp");
    _ = fs::remove_dir_all(&app);
    fs::create_dir_all(&shelf).unwrap();

    let ran = run(&shelf, &["new", "myapp"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // The lock that came with it is whole, and so is what was downloaded for this command.
    cargo(&app, &target, &["build", "--locked", "--offline"]);
    cargo(&app, &target, &["test"]);

    let port = free_port();
    let mut server = Server::start(&app, &target, port);
    server.wait_until_it_listens(port);
    assert_eq!(get(port.into(), "/healthz"), "ok");
    assert!(
        get(port.into(), "/").contains("<!doctype html>"),
        "no page at /"
    );

    // Connect.
    let (mut ann, ann_id) = Peer::enter(port);
    let (mut bob, bob_id) = Peer::enter(port);
    assert_eq!(
        ann.next("user-joined"),
        json!({ "clientId": bob_id, "room": "general" })
    );

    // Join.
    let lobby = json!({ "room": "lobby" });
    ann.send("join", &lobby);
    assert_eq!(
        ann.next("user-joined"),
        json!({ "userId": ann_id, "room": "lobby" })
    );
    bob.send("join", &lobby);
    let bob_is_in = json!({ "userId": bob_id, "room": "lobby" });
    assert_eq!(ann.next("user-joined"), bob_is_in);
    assert_eq!(bob.next("user-joined"), bob_is_in);

    // Broadcast: to the others, with what only the server knows.
    ann.send(
        "message",
        &json!({ "room": "lobby", "text": "hi", "from": "mallory" }),
    );
    let said = bob.next("message");
    assert_eq!(
        (&said["from"], &said["text"], &said["room"]),
        (&ann_id, &"hi".into(), &"lobby".into())
    );
    assert!(said["timestamp"].is_string());
    // The next thing ann reads is her error: her own message did not come back.
    ann.send("message", &json!({ "room": "lobby", "text": " " }));
    assert_eq!(ann.next("error")["message"], "a message needs a text");

    // Disconnect: the rooms hear of it.
    bob.socket.close(None).unwrap();
    let mut left = [ann.next("user-left"), ann.next("user-left")];
    left.sort_by_key(|left| left["room"].to_string());
    let gone = |room: &str| json!({ "clientId": bob_id, "room": room });
    assert_eq!(left, [gone("general"), gone("lobby")]);

    // Tokens: the secret that `orcs new` wrote signs, and the app takes it.
    let token = run(&app, &["token", "--sub", "cleo"]).stdout;
    let mut cleo = Peer::connect(port, &format!("/ws/private?token={}", token.trim()));
    cleo.write(&json!({ "event": "whoami", "id": 1 }));
    assert_eq!(cleo.next("orcs:ack"), "cleo");
    assert_eq!(
        Peer::connect(port, "/ws/private").close_code(),
        CloseCode::Library(4401)
    );

    // Ctrl-C: clients are told, and the app ends well.
    signal(server.0.id(), "INT");
    assert_eq!(ann.close_code(), CloseCode::Away);
    assert_eq!(server.exit_code(), Some(0));

    // What AGENTS.md teaches works as written.
    follow_the_examples(&app);
    cargo(&app, &target, &["test", "--test", "game"]);
    cargo(&app, &target, &["fmt", "--check"]);
}

/// Puts the two examples of AGENTS.md, a socket and its test, where it says they go.
fn follow_the_examples(app: &Path) {
    let agents = fs::read_to_string(app.join("AGENTS.md")).unwrap();
    let examples: Vec<_> = agents
        .split("```rust\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    let [socket, test] = examples[..] else {
        panic!("AGENTS.md has two examples")
    };
    fs::write(app.join("routes/game.rs"), socket).unwrap();
    fs::write(app.join("tests/game.rs"), test).unwrap();
    let list = fs::read_to_string(app.join("routes/mod.rs")).unwrap();
    let list = list
        .replace("pub mod http;", "pub mod game;\npub mod http;")
        .replace(
            "Routes::new()\n",
            "Routes::new()\n        .add(game::game())\n",
        );
    fs::write(app.join("routes/mod.rs"), list).unwrap();
}

const PATIENCE: Duration = Duration::from_secs(20);

/// The app under `orcs serve`, which becomes it; killed when a test fails.
struct Server(Child);

impl Server {
    fn start(app: &Path, target: &Path, port: u16) -> Self {
        let mut serve = orcs(app);
        serve
            .args(["serve", "--port", &port.to_string()])
            .env("CARGO_TARGET_DIR", target);
        Self(serve.stdin(Stdio::null()).spawn().unwrap())
    }

    fn wait_until_it_listens(&mut self, port: u16) {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert_eq!(self.0.try_wait().unwrap(), None, "the app ended");
            assert!(Instant::now() < deadline, "nobody listens on port {port}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn exit_code(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(
                Instant::now() < deadline,
                "the app does not end after SIGINT"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// A client that shares no code with the framework.
struct Peer {
    socket: WebSocket<TcpStream>,
}

impl Peer {
    fn connect(port: u16, path: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) =
            tungstenite::client(format!("ws://localhost:{port}{path}"), stream).unwrap();
        Self { socket }
    }

    /// Connects to the chat, and gives the id it was welcomed with.
    fn enter(port: u16) -> (Self, Value) {
        let mut peer = Self::connect(port, "/ws/chat");
        let id = peer.next("welcome")["clientId"].take();
        assert!(id.is_string());
        (peer, id)
    }

    fn send(&mut self, event: &str, payload: &Value) {
        self.write(&json!({ "event": event, "payload": payload }));
    }

    fn write(&mut self, envelope: &Value) {
        self.socket
            .send(Message::text(envelope.to_string()))
            .unwrap();
    }

    /// The payload of the next event, which must be this one.
    fn next(&mut self, event: &str) -> Value {
        loop {
            match self.socket.read().unwrap() {
                Message::Text(text) => {
                    let mut envelope: Value = serde_json::from_str(&text).unwrap();
                    assert_eq!(envelope["event"], event, "{text}");
                    return envelope["payload"].take();
                }
                Message::Ping(_) => {}
                other => panic!("{other:?} instead of `{event}`"),
            }
        }
    }

    fn close_code(&mut self) -> CloseCode {
        loop {
            if let Message::Close(frame) = self.socket.read().unwrap() {
                return frame.expect("a close with a code").code;
            }
        }
    }
}
