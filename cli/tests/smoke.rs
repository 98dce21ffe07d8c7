//! `orcs test`: cargo's tests, and the page in a browser where there is one.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{Ran, has_chromium, orcs, ran, run};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;

/// Serves `page.html` at `/`, and 404 elsewhere.
const MAIN: &str = r#"
use std::io::{Read, Write};
fn main() {
    let address = format!("{}:{}", std::env::var("HOST").unwrap(), std::env::var("PORT").unwrap());
    for stream in std::net::TcpListener::bind(address).unwrap().incoming() {
        let mut stream = stream.unwrap();
        let mut head = [0; 4096];
        let length = stream.read(&mut head).unwrap_or(0);
        let head = String::from_utf8_lossy(&head[..length]);
        let (status, page) = match std::fs::read_to_string("page.html") {
            Ok(page) if head.contains(" / HTTP") => ("200 OK", page),
            _ => ("404 Not Found", String::new()),
        };
        _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", page.len());
        if !head.starts_with("HEAD") {
            _ = write!(stream, "{page}");
        }
    }
}
#[test]
fn passes() {}
#[test]
#[ignore = "on purpose"]
fn fails() { panic!() }
"#;

/// One folder for all tests of this file, so that it is built once.
fn app(name: &str) -> PathBuf {
    let app = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("smoke")
        .join(name);
    _ = fs::remove_dir_all(&app);
    fs::create_dir_all(app.join("src")).unwrap();
    let manifest =
        "[workspace]\n[package]\nname = \"fake\"\nedition = \"2024\"\n[package.metadata.orcs]\n";
    fs::write(app.join("Cargo.toml"), manifest).unwrap();
    fs::write(app.join("src/main.rs"), MAIN).unwrap();
    app
}

fn test(app: &Path, args: &[&str]) -> Ran {
    let mut command = orcs(app);
    command
        .arg("test")
        .args(args)
        .env("CARGO_TARGET_DIR", app.join("target"));
    ran(&command.output().unwrap())
}

/// A server that opens every socket, on a port of its own.
fn open_door() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || {
                let mut socket = tungstenite::accept(stream.unwrap()).unwrap();
                while socket.read().is_ok() {}
            });
        }
    });
    port
}

#[test]
fn words_are_cargos_and_its_failure_is_ours() {
    let app = app("words");
    let fine = test(&app, &["--no-browser", "passes", "--", "--nocapture"]);
    assert_eq!(fine.code, 0, "{}", fine.stderr);
    assert!(
        fine.stdout.contains("test passes ... ok"),
        "{}",
        fine.stdout
    );
    assert!(fine.stdout.contains("1 filtered out"), "{}", fine.stdout);

    let failed = test(&app, &["--no-browser", "--", "--ignored"]);
    assert_eq!(failed.code, 1);
    let ends = "error: the tests fail; what cargo says is above\n";
    assert!(failed.stderr.ends_with(ends), "{}", failed.stderr);
    let nowhere = tempfile::tempdir().unwrap();
    assert_eq!(run(nowhere.path(), &["test"]).code, 3);
}

#[test]
fn without_chromium_it_says_how_to_get_it() {
    let app = app("without");
    fs::write(app.join("page.html"), "<!doctype html>").unwrap();
    let tools = app.join("tools");
    fs::create_dir(&tools).unwrap();
    // Ubuntu's script, which only speaks of snap.
    fs::write(tools.join("chromium-browser"), "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(
        tools.join("chromium-browser"),
        fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    let cargo = Path::new(env!("CARGO"));
    for tool in ["cc", "rustc", "ld"] {
        let found = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|dir| dir.join(tool))
            .find(|path| path.is_file());
        if let Some(found) = found {
            std::os::unix::fs::symlink(found, tools.join(tool)).unwrap();
        }
    }
    let mut command = orcs(&app);
    command
        .arg("test")
        .env("PATH", &tools)
        .env("CARGO", cargo)
        .env_remove("CHROMIUM")
        .env("CARGO_TARGET_DIR", app.join("target"));
    let ran = ran(&command.output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let says = "  the page was not tried: there is no Chromium here\n  to have it tried: ";
    assert!(ran.stderr.contains(says), "{}", ran.stderr);

    let mut command = orcs(&app);
    command
        .arg("test")
        .env("CHROMIUM", "/nowhere/chromium")
        .env("CARGO_TARGET_DIR", app.join("target"));
    let ran = common::ran(&command.output().unwrap());
    assert_eq!(ran.code, 1, "who names one means it");
    assert!(
        ran.stderr
            .contains("error: CHROMIUM: `/nowhere/chromium` does not start")
    );
}

#[test]
fn the_page_must_load_without_errors_and_open_its_sockets() {
    if !has_chromium() {
        return;
    }
    let app = app("page");
    let door = open_door();
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let open = |port: u16| format!("new WebSocket('ws://127.0.0.1:{port}/ws')");
    for (script, code, says) in [
        (
            String::new(),
            0,
            "  the page at / loads without errors\n".to_owned(),
        ),
        (
            open(door),
            0,
            format!("loads without errors; ws://127.0.0.1:{door}/ws opens\n"),
        ),
        (
            format!("setTimeout(() => {}, 200)", open(door)),
            0,
            format!("; ws://127.0.0.1:{door}/ws opens\n"),
        ),
        (
            open(nobody),
            1,
            format!("\n  the socket ws://127.0.0.1:{nobody}/ws is refused\n"),
        ),
        (
            "nothing()".to_owned(),
            1,
            "\n  ReferenceError: nothing is not defined, line 1 of http://127.0.0.1:".to_owned(),
        ),
        (
            "console.error('\u{1b}[31mno', 3)".to_owned(),
            1,
            r"  console.error: \u{1b}[31mno 3".to_owned(),
        ),
        (
            "fetch('/gone')".to_owned(),
            1,
            "the server responded with a status of 404".to_owned(),
        ),
    ] {
        let page = format!("<!doctype html><meta charset=utf-8><script>{script}</script>");
        fs::write(app.join("page.html"), page).unwrap();
        let ran = test(&app, &[]);
        assert_eq!(ran.code, code, "{script}: {}", ran.stderr);
        assert!(ran.stderr.contains(&says), "{script}: {}", ran.stderr);
        assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
    }
    fs::remove_file(app.join("page.html")).unwrap();
    let ran = test(&app, &[]);
    assert_eq!(ran.code, 0, "an app may be sockets alone: {}", ran.stderr);
    assert!(
        ran.stderr.contains("the app has none at /"),
        "{}",
        ran.stderr
    );
}
