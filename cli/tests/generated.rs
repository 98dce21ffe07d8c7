//! `orcs generate`: what it writes compiles and works, in an app of each template.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::served::Served;
use common::{cargo, orcs, ran, run};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

#[test]
fn what_is_generated_builds_without_warnings_and_passes_its_tests() {
    let (app, target) = new("generated", "chat");
    for file in ["Dockerfile", ".dockerignore", "compose.yaml"] {
        // A template may have one already.
        _ = fs::remove_file(app.join(file));
    }

    for args in [
        &["route", "lobby"][..],
        &[
            "route",
            "match-maker",
            "find",
            "give-up",
            "type",
            "user",
            "client",
        ],
        &[
            "route",
            "club",
            "say",
            "user",
            "--auth",
            "--path",
            "/clubs/{club}",
        ],
        &[
            "event",
            "lobby",
            "place",
            "x:integer",
            "y:f32[]?",
            "clientId:string",
            "type:u8",
        ],
        &["event", "echo", "ping"],
        &["event", "websocket", "room", "name:string"],
        &["event", "private", "nod", "how:string?"],
        &["event", "club", "wave", "how:bool"],
        &["middleware", "known-browsers"],
        &["middleware", "another"],
        &["auth"],
        &["docker"],
        &["systemd"],
    ] {
        generate(&app, args);
    }
    // As the last line of `middleware` says.
    let lobby = app.join("routes/lobby.rs");
    let text = fs::read_to_string(&lobby).unwrap();
    let text = text.replace(
        "ws(\"/ws/lobby\")\n",
        "ws(\"/ws/lobby\")\n        .through(\"another\")\n",
    );
    fs::write(&lobby, text).unwrap();
    cargo(&app, &target, &["fmt", "--check"]);
    cargo(
        &app,
        &target,
        &["clippy", "--all-targets", "--", "-D", "warnings"],
    );
    cargo(&app, &target, &["test"]);

    let mut routes = orcs(&app);
    let routes = routes.arg("routes").env("CARGO_TARGET_DIR", &target);
    let routes = ran(&routes.output().unwrap());
    for lines in [
        "/ws/lobby  open\n",
        "  place    {x: integer, y?: number[], clientId: string, type: integer}\n",
        "  message  {room?: string, text: string}\n",
        "/clubs/{club}  token\n",
    ] {
        assert!(
            routes.stdout.contains(lines),
            "no {lines} in {}",
            routes.stdout
        );
    }

    who_logs_in_is_let_in(&app, &target);
}

/// Ann is added, logs in, and opens a socket with what she got.
fn who_logs_in_is_let_in(app: &Path, target: &Path) {
    let mut add = std::process::Command::new(env!("CARGO"));
    let add = add
        .args(["run", "--quiet", "--example", "add_user", "ann"])
        .current_dir(app)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_HOME", common::cargo_home());
    let password = ran(&add.output().unwrap()).stdout;
    let users = fs::read_to_string(app.join("users.txt")).unwrap();
    assert!(users.starts_with("ann:$argon2id$"), "{users}");

    let env = fs::read_to_string(app.join(".env")).unwrap();
    fs::write(app.join(".env"), env + "\nSHOP=one\nSHOP=two\n").unwrap();
    let mut serve = orcs(app);
    serve
        .args(["serve", "-p", "0", "--json"])
        .env("CARGO_TARGET_DIR", target);
    let served = Served::start(&mut serve);
    let port = served.next("ready")["port"].as_u64().unwrap();
    // A line that counts for nothing is named.
    served.said("`SHOP` in .env:");
    let answer = post(
        port,
        &serde_json::json!({ "name": "ann", "password": "guessed" }),
    );
    assert_eq!(answer["error"], "wrong name or password");
    let login = serde_json::json!({ "name": "ann", "password": password.trim() });
    let answer = post(port, &login);
    let token = answer["token"].as_str().unwrap();
    let url = format!("ws://localhost:{port}/clubs/one?token={token}");
    let (mut club, _) = tungstenite::connect(url).unwrap();
    let welcome: Value = serde_json::from_str(club.read().unwrap().to_text().unwrap()).unwrap();
    assert_eq!(
        (&welcome["event"], &welcome["payload"]),
        (&"welcome".into(), &"ann".into())
    );
}

/// What `POST /login` answers.
fn post(port: u64, login: &Value) -> Value {
    let body = login.to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", u16::try_from(port).unwrap())).unwrap();
    write!(
        stream,
        "POST /login HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

#[test]
fn a_minimal_app_can_grow() {
    grows("minimal", "hello");
}

/// Its routes take a module of `src/` and its state: what a generated test does not have.
#[test]
fn an_app_for_notifications_can_grow() {
    grows("notifications", "notifications");
}

#[test]
fn a_game_can_grow() {
    grows("game", "game");
}

/// A route, a login, and an event of a route that is there: all compile, and their tests pass.
fn grows(template: &str, route: &str) {
    let (app, target) = new(&format!("grown-{template}"), template);
    generate(&app, &["route", "lobby", "wave"]);
    generate(&app, &["route", "club", "--auth"]);
    generate(&app, &["event", route, "nod", "how:string?"]);
    generate(&app, &["auth"]);
    cargo(&app, &target, &["fmt", "--check"]);
    let tests = ["--test", "lobby", "--test", "club", "--test", "login"];
    let said = cargo(&app, &target, &[&["test"], &tests[..]].concat());
    assert!(!said.contains("warning: "), "{said}");
}

/// A new app, and where it is built: the same places each time, so that only the first run
/// builds the dependencies.
fn new(name: &str, template: &str) -> (PathBuf, PathBuf) {
    let shelf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generate");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("scaffold");
    let app = shelf.join(name);
    _ = fs::remove_dir_all(&app);
    fs::create_dir_all(&shelf).unwrap();
    let ran = run(&shelf, &["new", name, "--template", template]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    (app, target)
}

/// Generates something whose places are all found.
fn generate(app: &Path, args: &[&str]) {
    let ran = run(app, &[&["generate"], args].concat());
    let said = &ran.stderr;
    assert_eq!((ran.code, &*ran.stdout), (0, ""), "{args:?}: {said}");
    assert!(!said.contains("  add to "), "{args:?}: {said}");
}
