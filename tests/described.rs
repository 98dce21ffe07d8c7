//! What an app tells `orcs routes` of itself.

use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::Command;

#[test]
fn every_socket_is_told_also_while_another_has_the_port() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let asked = Command::new(env!("CARGO_BIN_EXE_showcase"))
        .envs([("ORCS_DESCRIBE", "1"), ("HOST", "127.0.0.1")])
        .envs([("PORT", &*port), ("JWT_SECRET", SECRET)])
        .output()
        .expect("the showcase can be started");
    let why = String::from_utf8_lossy(&asked.stderr);
    let told: Value = serde_json::from_slice(&asked.stdout).expect(&why);
    let routes = told["routes"].as_array().expect("a list");
    let mut paths: Vec<_> = routes.iter().map(|route| &route["path"]).collect();
    paths.sort_unstable_by_key(|path| path.as_str());
    assert_eq!(
        paths,
        ["/ws/chat", "/ws/echo", "/ws/notifications", "/ws/private"]
    );
    let chat = routes.iter().find(|route| route["path"] == "/ws/chat");
    let chat = chat.expect("the chat");
    assert_eq!(
        chat["payloads"]["message"],
        json!({ "type": "object", "fields": { "room": "string?", "text": "string" } })
    );
    assert_eq!(chat["hooks"], json!(["connect", "disconnect"]));
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";
