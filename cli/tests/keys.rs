//! The keys of `orcs serve`, typed into a terminal.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::fake::{app, in_app, program};
use common::served::is_alive;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn each_key_does_what_the_help_says() {
    let app = app(&program("one"));
    let mut terminal = Terminal::open(app.path());
    terminal.shows("r rebuild  o open  c clear  p pause  v verbose  q quit  h help");

    terminal.types("h");
    terminal.shows("p  pause, and go on: changes wait meanwhile");

    terminal.types("p");
    terminal.shows("paused: changes wait for another p");
    fs::write(app.path().join(".env"), "WORD=hello\n").unwrap();
    thread::sleep(Duration::from_millis(300));
    assert!(!terminal.text().contains(".env"), "{}", terminal.text());
    terminal.types("p");
    terminal.shows(".env  restart ");

    terminal.types("r");
    terminal.shows("asked for  restart ");

    terminal.types("v");
    terminal.shows("verbose: what cargo says is shown");
    terminal.types("r");
    terminal.shows("Finished ");

    terminal.types("c");
    terminal.shows("\u{1b}[H\u{1b}[2J\u{1b}[3J");

    terminal.types("q");
    terminal.shows("code=0\r\n");
    terminal.is_as_before();
}

#[test]
fn ctrl_c_stops_and_gives_the_terminal_back() {
    let app = app(&program("one"));
    let mut terminal = Terminal::open(app.path());
    terminal.shows("h help");
    terminal.types("\u{3}");
    terminal.shows("code=0\r\n");
    terminal.is_as_before();
}

#[test]
fn ctrl_backslash_gives_the_terminal_back_too() {
    let app = app(&program("one"));
    let mut terminal = Terminal::open(app.path());
    terminal.shows("h help");
    terminal.types("\u{1c}");
    terminal.shows("code=0\r\n");
    terminal.is_as_before();
}

#[test]
fn a_terminal_that_is_closed_takes_the_app_with_it() {
    let main = program("one").replace(
        "let port = setting",
        r#"if !set("LISTEN_FDS").is_empty() {
            std::fs::write("app.pid", std::process::id().to_string()).unwrap();
        }
        let port = setting"#,
    );
    let app = app(&main);
    let terminal = Terminal::open(app.path());
    terminal.shows("h help");
    let pid = fs::read_to_string(app.path().join("app.pid")).unwrap();
    let pid = pid.parse().unwrap();
    assert!(is_alive(pid));
    drop(terminal);
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_alive(pid) {
        assert!(Instant::now() < deadline, "the app outlives its terminal");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Not every shell mends it itself.
#[test]
fn ctrl_z_lends_the_terminal_to_the_shell_until_fg() {
    let app = app(&program("one"));
    let mut terminal = Terminal::of(app.path(), |orcs| {
        format!("set -m; {orcs} serve -p 0; stty -a; echo the end; read line; fg; echo code=$?")
    });
    terminal.shows("h help");
    terminal.types("\u{1a}");
    terminal.is_as_before();
    terminal.types("\n");
    terminal.shows("serve -p 0");
    terminal.types("h");
    terminal.shows("p  pause, and go on: changes wait meanwhile");
    terminal.types("q");
    terminal.shows("code=0\r\n");
}

/// A terminal that `orcs serve` runs in, and after it a look at what it is like.
struct Terminal {
    script: Child,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    fn open(app: &Path) -> Self {
        // The shell must outlive Ctrl-C, which is for all who run in the terminal.
        Self::of(app, |orcs| {
            format!("trap : INT QUIT; {orcs} serve -p 0; echo code=$?; stty -a; echo the end")
        })
    }

    /// Of a shell that is given this line.
    fn of(app: &Path, line: impl FnOnce(&str) -> String) -> Self {
        let serve = in_app(app, &[]);
        let line = line(serve.get_program().to_str().unwrap());
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).current_dir(app);
        for (key, value) in serve.get_envs() {
            match value {
                Some(value) => script.env(key, value),
                None => script.env_remove(key),
            };
        }
        let mut script = script
            .env_remove("CI")
            .env_remove("NO_COLOR")
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`script` opens a terminal; it comes with util-linux");
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut stdout, showing) = (script.stdout.take().unwrap(), Arc::clone(&shown));
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stdout.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..length]);
                showing.lock().unwrap().push_str(&text);
            }
        });
        Self { script, shown }
    }

    fn types(&mut self, keys: &str) {
        self.shown.lock().unwrap().clear();
        let stdin = self.script.stdin.as_mut().unwrap();
        stdin.write_all(keys.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    fn text(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    fn shows(&self, words: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let plain = |text: String| anstream::adapter::strip_str(&text).to_string();
        while !self.text().contains(words) && !plain(self.text()).contains(words) {
            assert!(Instant::now() < deadline, "no {words:?}:\n{}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Lines are edited and shown again, as a shell needs it.
    fn is_as_before(&self) {
        self.shows("the end");
        let text = self.text();
        for setting in ["icanon", "echo"] {
            let is_on = text.split_whitespace().any(|word| word == setting);
            assert!(is_on, "`{setting}` is off:\n{text}");
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Closes the terminal: who runs in it is told, and ends.
        _ = self.script.kill();
        _ = self.script.wait();
    }
}
