//! Somebody at a terminal.

use crate::server::{Server, command, foreign};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};
use tungstenite::Message;
use tungstenite::protocol::CloseFrame;

/// `orcs ws` at a terminal of its own.
struct Typist {
    child: Child,
    keys: File,
    shown: Receiver<String>,
    /// All that was shown.
    seen: String,
    looked_at: usize,
}

impl Typist {
    fn sit_down(url: &str, state: &Path, term: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let terminal = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let size = rustix::termios::Winsize {
            ws_row: 24,
            ws_col: 100,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        rustix::termios::tcsetwinsize(&terminal, size).unwrap();
        let keys = File::from(master);
        let mut screen = keys.try_clone().unwrap();
        let child = command(&[url])
            .env("XDG_STATE_HOME", state)
            .env("TERM", term)
            .env("NO_COLOR", "1")
            .stdin(Stdio::from(terminal.try_clone().unwrap()))
            .stdout(Stdio::from(terminal.try_clone().unwrap()))
            .stderr(Stdio::from(terminal))
            .spawn()
            .unwrap();
        let (tell, shown) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = screen.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                if tell.send(text).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            keys,
            shown,
            seen: String::new(),
            looked_at: 0,
        }
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until this is shown, after what was waited for before.
    #[track_caller]
    fn sees(&mut self, text: &str) {
        let from = self.looked_at;
        let find = move |shown: &str| Some(from + shown[from..].find(text)? + text.len());
        self.looked_at = self.wait_for(text, find);
    }

    /// Waits until the editor reads the keys of this line, counted from one; between two lines
    /// Ctrl-C and Ctrl-D are the terminal's own.
    #[track_caller]
    fn is_at_line(&mut self, number: usize) {
        let begun = |shown: &str| shown.matches("\u{1b}[?2004h").nth(number - 1).map(drop);
        self.wait_for("a prompt", begun);
    }

    #[track_caller]
    fn wait_for<T>(&mut self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(found) = find(&self.seen) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.shown.recv_timeout(left) {
                Ok(more) => self.seen.push_str(&more),
                Err(_) => panic!(
                    "`{what}` was not shown, but {:?}",
                    &self.seen[self.looked_at..]
                ),
            }
        }
    }

    #[track_caller]
    fn leaves_with(mut self, code: i32) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it stays");
            thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(status.code(), Some(code));
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[test]
fn lines_are_completed_and_remembered_and_messages_come_above_them() {
    let server = Server::start();
    let (url, state) = (server.url("/ws/chat"), tempfile::tempdir().unwrap());
    let mut typist = Typist::sit_down(&url, state.path(), "xterm");
    typist.sees("< welcome \"hello\"");
    typist.is_at_line(1);
    // An event that came is known to Tab.
    typist.types("wel\t");
    typist.sees("welcome");
    typist.types("\u{15}join {\"room\":\"a\"}\r");
    typist.sees("< joined \"a\"");
    typist.types("/id on\rsay hi\r");
    typist.sees("ms (say) \"hi\"");
    typist.types("orcs:auth {\"token\":\"x\"}\r");
    typist.sees("< error");
    typist.types("nonsense {\r");
    typist.sees("this is not JSON");
    typist.types("/quit\r");
    typist.sees("closed 1000 done");
    typist.leaves_with(0);
    let history = std::fs::read_to_string(state.path().join("orcs/ws-history")).unwrap();
    assert_eq!(
        history,
        "join {\"room\":\"a\"}\n/id on\nsay hi\nnonsense {\n/quit\n"
    );

    // The next one begins where that one ended: three lines up is what was said.
    let mut typist = Typist::sit_down(&url, state.path(), "xterm");
    typist.is_at_line(1);
    typist.types("\u{10}\u{10}\u{10}");
    typist.sees("say hi");
    // Ctrl-D on an empty line.
    typist.types("\u{15}\u{4}");
    typist.sees("closed 1000 done");
    typist.leaves_with(0);
}

#[test]
fn a_message_moves_the_line_that_is_typed_and_nothing_of_it_is_lost() {
    let (tell, told) = mpsc::channel();
    let (push, pushed) = mpsc::channel();
    let address = foreign(move |_, _, mut socket| {
        let news: String = pushed.recv().unwrap();
        socket.send(Message::text(news)).unwrap();
        tell.send(socket.read().unwrap()).unwrap();
        while socket.read().is_ok() {}
    });
    let state = tempfile::tempdir().unwrap();
    let mut typist = Typist::sit_down(&format!("ws://{address}/"), state.path(), "xterm");
    typist.is_at_line(1);
    typist.types("say half a li");
    typist.sees("say half a li");
    push.send("news".to_owned()).unwrap();
    // The line goes, the news come in its place, and it stands below them again.
    typist.sees("\r\u{1b}[J  < news\r\n> say half a li");
    typist.types("ne\r");
    let said = told.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(
        said.to_text().unwrap(),
        r#"{"event":"say","payload":"half a line"}"#
    );
    typist.types("/quit\r");
    typist.leaves_with(0);
}

#[test]
fn a_server_that_restarts_is_come_back_to() {
    let address = foreign(|number, _, mut socket| {
        if number == 0 {
            let code = 1012.into();
            let reason = "".into();
            _ = socket.close(Some(CloseFrame { code, reason }));
        }
        while let Ok(message) = socket.read() {
            if message.is_text() {
                _ = socket.send(message);
            }
        }
    });
    let state = tempfile::tempdir().unwrap();
    let mut typist = Typist::sit_down(&format!("ws://{address}/"), state.path(), "xterm");
    typist.sees("closed 1012 the server restarts");
    typist.sees("again in 250ms");
    typist.sees("open ");
    typist.types("say hi\r");
    typist.sees("< say \"hi\"");
    typist.types("/close 4000 bye\r");
    typist.sees("closed 4000 refused: bye");
    typist.leaves_with(0);
}

#[test]
fn who_waits_for_a_server_can_leave() {
    let (tell, told) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (tcp, _) = listener.accept().unwrap();
        // Nobody listens from now on.
        drop(listener);
        tell.send(tungstenite::accept(tcp).unwrap()).unwrap();
    });
    let state = tempfile::tempdir().unwrap();
    let mut typist = Typist::sit_down(&url, state.path(), "xterm");
    typist.is_at_line(1);
    drop(told.recv().unwrap());
    typist.sees("lost the connection");
    typist.sees("again in ");
    typist.types("join\r");
    typist.sees("this line was not sent");
    typist.is_at_line(2);
    typist.types("\u{3}");
    typist.leaves_with(130);
}

#[test]
fn ctrl_c_leaves_with_130() {
    let server = Server::start();
    let state = tempfile::tempdir().unwrap();
    let mut typist = Typist::sit_down(&server.url("/ws/chat"), state.path(), "xterm");
    typist.is_at_line(1);
    typist.types("half a line\u{3}");
    typist.sees("closed 1000 done");
    typist.leaves_with(130);
}

#[test]
fn who_is_closed_while_typing_gets_the_terminal_back() {
    let server = Server::start();
    let state = tempfile::tempdir().unwrap();
    let mut typist = Typist::sit_down(&server.url("/ws/chat"), state.path(), "xterm");
    typist.is_at_line(1);
    let before = rustix::termios::tcgetattr(&typist.keys).unwrap();
    typist.types("kick 4003\r");
    typist.sees("error: closed 4003 not allowed: go away");
    let keys = typist.keys.try_clone().unwrap();
    typist.leaves_with(1);
    let after = rustix::termios::tcgetattr(&keys).unwrap();
    assert!(
        !before
            .local_modes
            .contains(rustix::termios::LocalModes::ECHO),
        "the editor has it"
    );
    assert!(
        after
            .local_modes
            .contains(rustix::termios::LocalModes::ECHO),
        "it is as before"
    );
}

#[test]
fn a_terminal_that_can_do_nothing_takes_plain_lines() {
    let server = Server::start();
    let state = tempfile::tempdir().unwrap();
    let mut typist = Typist::sit_down(&server.url("/ws/chat"), state.path(), "dumb");
    typist.sees("< welcome");
    typist.types("join {\"room\":\"a\"}\n");
    typist.sees("< joined \"a\"");
    typist.types("/quit\n");
    typist.sees("closed 1000 done");
    typist.leaves_with(0);
}
