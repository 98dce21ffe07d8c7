//! An app that only looks like one: it has no dependencies, so it builds in a moment.

use super::{Ran, orcs, ran};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Describes itself when asked; else answers `version` on the sockets it was given, as an app
/// does under `orcs serve`, until it is told to stop.
pub fn program(version: &str) -> String {
    SOURCE.replace("VERSION", version)
}

pub fn app(main: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let manifest =
        "[workspace]\n[package]\nname = \"fake\"\nedition = \"2024\"\n[package.metadata.orcs]\n";
    fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(dir.path().join("src/main.rs"), main).unwrap();
    dir
}

pub fn in_app(app: &Path, args: &[&str]) -> Command {
    let mut command = orcs(app);
    command
        .args(args)
        .env("CARGO_TARGET_DIR", app.join("target"))
        .env("CARGO_TERM_COLOR", "never");
    command
}

pub fn run_in(app: &Path, args: &[&str]) -> Ran {
    ran(&in_app(app, args).output().unwrap())
}

const SOURCE: &str = r##"
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::os::unix::net::UnixDatagram;

fn main() {
    let set = |key: &str| std::env::var(key).unwrap_or_default();
    let env = std::fs::read_to_string(".env").unwrap_or_default();
    let setting = |key: &str| match set(key) {
        value if !value.is_empty() => value,
        _ => env.lines().find_map(|line| line.strip_prefix(&format!("{key}="))).unwrap_or_default().to_owned(),
    };
    let port = setting("PORT").parse().unwrap_or(42069);
    if set("ORCS_DESCRIBE") == "1" {
        println!("a line of the app's own");
        println!(r#"{{"name":"fake","hosts":["127.0.0.1","::1"],"port":{port},"routes":[{{"path":"/ws/chat","auth":"none","events":["join","message"],"connect":true,"disconnect":true,"fallback":false}},{{"path":"/ws/private","auth":"required","events":[],"connect":true}}],"later":1}}"#);
        return;
    }
    println!("cwd {}", std::env::current_dir().unwrap().display());
    println!("host {:?} port {:?} args {:?}", set("HOST"), set("PORT"), std::env::args().skip(1).collect::<Vec<_>>());
    match &*setting("END") {
        "" => {}
        code => {
            eprintln!("the app has had enough");
            std::process::exit(code.parse().unwrap());
        }
    }
    for fd in 3..3 + set("LISTEN_FDS").parse::<i32>().unwrap() {
        let listener = unsafe { std::net::TcpListener::from_raw_fd(fd) };
        listener.set_nonblocking(false).unwrap();
        let word = format!("VERSION {}", setting("WORD"));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (mut stream, word) = (stream, word.clone());
                std::thread::spawn(move || {
                    _ = stream.read(&mut [0; 4096]);
                    _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{word}", word.len());
                });
            }
        });
    }
    if !setting("DEAF").is_empty() {
        unsafe extern "C" {
            fn signal(number: i32, action: usize) -> usize;
        }
        // SIGTERM is ignored.
        unsafe { signal(15, 1) };
    }
    if setting("SILENT").is_empty() {
        notify("READY=1");
    }
    // The end of stdin is the end of who has started us.
    _ = std::io::stdin().read(&mut [0]);
}

fn notify(word: &str) {
    use std::os::linux::net::SocketAddrExt;
    let name = std::env::var("NOTIFY_SOCKET").unwrap();
    let socket = UnixDatagram::unbound().unwrap();
    match name.strip_prefix('@') {
        Some(name) => {
            let address = std::os::unix::net::SocketAddr::from_abstract_name(name).unwrap();
            socket.send_to_addr(word.as_bytes(), &address).unwrap();
        }
        None => _ = socket.send_to(word.as_bytes(), name).unwrap(),
    }
}
"##;
