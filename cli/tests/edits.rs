//! What `orcs serve` does at an edit, with an app that only looks like one.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::fake::{app, in_app, program};
use common::free_port;
use common::served::{PATIENCE, Served, answers, get, is_alive, signal, try_get};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A served app, and its port.
fn serve(app: &Path) -> (Served, u64) {
    let mut served = in_app(app, &["serve", "-p", "0", "--json"]);
    let served = Served::start(&mut served);
    let port = served.next("ready")["port"].as_u64().unwrap();
    (served, port)
}

fn edit(app: &Path, main: &str) {
    fs::write(app.join("src/main.rs"), main).unwrap();
}

#[test]
fn an_edit_is_built_and_takes_over() {
    let app = app(&program("one"));
    let (served, port) = serve(app.path());
    answers(port, "one ");
    edit(app.path(), &program("two"));
    let swapped = served.next("swapped");
    assert_eq!(swapped["files"][0], "src/main.rs");
    answers(port, "two ");
    served.said(" ~ src/main.rs  build ");
    // A file that comes and goes is nothing new: nobody is sent away.
    fs::write(app.path().join("src/three.rs"), "").unwrap();
    fs::remove_file(app.path().join("src/three.rs")).unwrap();
    assert!(served.is_quiet_but_for_builds(Duration::from_millis(1500)));
}

#[test]
fn a_compile_error_keeps_the_last_good_server() {
    let app = app(&program("one"));
    let (served, port) = serve(app.path());
    edit(
        app.path(),
        &program("two").replace("fn main() {", "fn main() { rom();"),
    );
    let error = served.next("error");
    assert_eq!(
        (&error["file"], &error["line"]),
        (&"src/main.rs".into(), &6.into())
    );
    served.said("cannot find function `rom` in this scope - still serving the last good build\n");
    answers(port, "one ");
    edit(app.path(), &program("three"));
    served.next("swapped");
    served.said(" ~ src/main.rs  mended  build ");
    answers(port, "three ");
}

#[test]
fn a_warning_is_one_line() {
    let app = app(&program("one"));
    let (served, _) = serve(app.path());
    edit(
        app.path(),
        &program("two").replace("fn main() {", "fn main() { let x = 1;"),
    );
    served.next("swapped");
    served.said(" ! src/main.rs:6:17 unused variable: `x`\n");
    assert!(!served.stderr().contains("help: "), "{}", served.stderr());
}

#[test]
fn the_last_of_many_edits_is_the_one_that_serves() {
    let app = app(&program("0"));
    let (served, port) = serve(app.path());
    for i in 1..=20 {
        edit(app.path(), &program(&i.to_string()));
        std::thread::sleep(Duration::from_millis(45));
    }
    answers(port, "20 ");
    // Also if a build met the file while it was being written: then it is `mended`.
    served.said(" ~ src/main.rs  ");
}

#[test]
fn the_settings_change_without_a_build() {
    let app = app(&program("one"));
    let (served, port) = serve(app.path());
    fs::write(app.path().join(".env"), "WORD=hello\n").unwrap();
    assert_eq!(served.next("restarted")["files"][0], ".env");
    answers(port, "one hello");
    assert!(!served.stderr().contains(" build "));
}

#[test]
fn a_changed_port_is_moved_to() {
    let app = app(&program("one"));
    let (one, other) = (free_port(), free_port());
    fs::write(app.path().join(".env"), format!("PORT={one}\n")).unwrap();
    let served = Served::start(&mut in_app(app.path(), &["serve", "--json"]));
    assert_eq!(served.next("ready")["port"], one);
    fs::write(app.path().join(".env"), format!("PORT={other}\n")).unwrap();
    served.next("restarted");
    answers(other.into(), "one ");
    served.said(&format!("page  http://localhost:{other}/"));
    // The one that listened there ends in a moment.
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(("127.0.0.1", one)).is_ok() {
        assert!(Instant::now() < deadline, "the old port is still open");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_app_that_does_not_start_leaves_the_last_good_one() {
    let app = app(&program("one"));
    let (served, port) = serve(app.path());
    fs::write(app.path().join(".env"), "END=3\n").unwrap();
    assert_eq!(served.next("exited")["status"], 3);
    served.said("the app does not start (exit status: 3) - still serving the last good build\n");
    served.said("the app has had enough\n");
    answers(port, "one ");
}

#[test]
fn an_app_that_dies_comes_back_at_the_next_change() {
    let app = app(&program("one"));
    let mut served = in_app(app.path(), &["serve", "-p", "0", "--json"]);
    let served = Served::start(&mut served);
    let ready = served.next("ready");
    let port = ready["port"].as_u64().unwrap();
    signal(ready["pid"].as_u64().unwrap().try_into().unwrap(), "KILL");
    assert_eq!(served.next("exited")["signal"], 9);
    served.said("the app has ended (signal: 9 (SIGKILL)) - waiting for a change\n");
    assert!(
        served.is_quiet_but_for_builds(Duration::from_millis(300)),
        "it spins"
    );
    // The port is still open: who comes now waits for the next one.
    let waiting = std::thread::spawn(move || try_get(port, "/"));
    edit(app.path(), &program("two"));
    served.next("swapped");
    assert_eq!(waiting.join().unwrap().unwrap(), "two ");
}

#[test]
fn pages_alone_are_reloaded() {
    let app = app(&program("one"));
    fs::create_dir(app.path().join("public")).unwrap();
    let (served, port) = serve(app.path());
    fs::write(app.path().join("public/index.html"), "<p>new</p>").unwrap();
    assert_eq!(served.next("reloaded")["files"][0], "public/index.html");
    answers(port, "one ");
    assert!(served.is_quiet_but_for_builds(Duration::from_millis(300)));
}

#[test]
fn a_newer_edit_gives_the_build_of_the_older_up() {
    let slow = "fn main() { std::thread::sleep(std::time::Duration::from_secs(20)); }";
    let app = app(&program("one"));
    let (served, port) = serve(app.path());
    // Cargo runs this before it compiles anything.
    fs::write(app.path().join("build.rs"), slow).unwrap();
    let begun = Instant::now();
    std::thread::sleep(Duration::from_millis(1500));
    fs::write(app.path().join("build.rs"), "fn main() {}").unwrap();
    edit(app.path(), &program("two"));
    served.next("swapped");
    assert!(begun.elapsed() < Duration::from_secs(15));
    answers(port, "two ");
}

#[test]
fn an_app_never_outlives_who_has_started_it() {
    let app = app(&program("one"));
    let mut served = in_app(app.path(), &["serve", "-p", "0", "--json"]);
    let served = Served::start(&mut served);
    let pid = served.next("ready")["pid"].as_u64().unwrap();
    served.signal("KILL");
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_alive(pid) {
        assert!(Instant::now() < deadline, "the app outlives its supervisor");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_build_that_is_interrupted_ends_with_130() {
    let app = app(&program("one"));
    let slow = "fn main() { std::thread::sleep(std::time::Duration::from_secs(60)); }";
    fs::write(app.path().join("build.rs"), slow).unwrap();
    let mut served = Served::start(&mut in_app(app.path(), &["serve", "-p", "0", "--json"]));
    std::thread::sleep(Duration::from_secs(1));
    served.signal("INT");
    assert_eq!(served.exit_code(), Some(130));
}

#[test]
fn another_cargo_is_waited_for_and_its_progress_shown() {
    let app = app(&program("one"));
    let target = app.path().join("target");
    fs::create_dir_all(target.join("debug")).unwrap();
    let artifact = |id: &str| {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"{id}","target":{{"kind":["lib"],"src_path":"/x"}}}}"#
        )
    };
    let messages = [
        artifact("a#1.0.0"),
        artifact("b#1.0.0"),
        artifact("b#1.0.0"),
    ];
    fs::write(target.join("first-build.jsonl"), messages.join("\n")).unwrap();
    // What cargo itself takes, until the shell has read a line.
    let mut other = Command::new("flock")
        .args(["debug/.cargo-lock", "-c", "echo; read line"])
        .current_dir(&target)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    other.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    let mut served = in_app(app.path(), &["serve", "-p", "0", "--json"]);
    let served = Served::start(&mut served);
    served.said("waiting for another build 2/2");
    drop(other.stdin.take());
    other.wait().unwrap();
    served.next("ready");
}

#[test]
fn what_the_app_has_started_ends_with_it() {
    let main = program("one").replace(
        "let port = setting",
        r#"if !set("LISTEN_FDS").is_empty() {
            let child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
            std::fs::write("sleep.pid", child.id().to_string()).unwrap();
        }
        let port = setting"#,
    );
    let app = app(&main);
    let (mut served, _) = serve(app.path());
    let pid = fs::read_to_string(app.path().join("sleep.pid")).unwrap();
    let pid = pid.parse().unwrap();
    assert!(is_alive(pid));
    served.signal("TERM");
    assert_eq!(served.exit_code(), Some(0));
    assert!(!is_alive(pid), "a process of the app is left behind");
}

#[test]
fn an_app_that_does_not_say_that_it_listens_does_not_take_over() {
    let app = app(&program("one"));
    let (served, port) = serve(app.path());
    fs::write(app.path().join(".env"), "SILENT=1\nWORD=new\n").unwrap();
    served.said("the app has not said yet that it listens");
    assert!(served.is_quiet_but_for_builds(Duration::from_millis(100)));
    fs::write(app.path().join(".env"), "WORD=newer\n").unwrap();
    served.next("restarted");
    answers(port, "one newer");
}

#[test]
fn pages_hear_of_errors_on_a_port_of_their_own() {
    let app = app(&program("RELOAD"));
    let main = program("one").replace("\"READY=1\"", "&format!(\"READY=1\\nX={}\", set(\"X\"))");
    edit(
        app.path(),
        &main.replace("setting(\"WORD\")", "set(\"ORCS_RELOAD\")"),
    );
    let (served, port) = serve(app.path());
    let word = get(port, "/");
    let reload: u16 = word.strip_prefix("one ").unwrap().parse().unwrap();
    let mut page = TcpStream::connect(("127.0.0.1", reload)).unwrap();
    page.set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let request = format!(
        "GET /_orcs/reload HTTP/1.1\r\nhost: localhost:{reload}\r\norigin: http://localhost:{port}\r\n\r\n"
    );
    page.write_all(request.as_bytes()).unwrap();
    let mut heard = String::new();
    let mut hear = |word: &str| {
        let mut buffer = [0; 1024];
        while !heard.contains(word) {
            let length = page.read(&mut buffer).unwrap();
            assert_ne!(length, 0, "{heard}");
            heard.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        }
        heard.clear();
    };
    hear("event: ok\n");
    edit(app.path(), "fn main() { rom() }");
    hear("src/main.rs:1:13 cannot find function");
    edit(app.path(), &main);
    hear("event: ok\n");
    drop(served);
}
