//! Servers that are no orcs app, or mean ill.

use crate::common::ran;
use crate::server::{command, foreign, ws, ws_with};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use tungstenite::Message;
use tungstenite::protocol::CloseFrame;

fn url(address: SocketAddr) -> String {
    format!("ws://{address}/any?a=1")
}

/// Sends every text and every binary message back.
fn echo() -> SocketAddr {
    foreign(|_, _, mut socket| {
        while let Ok(message) = socket.read() {
            if message.is_text() || message.is_binary() {
                _ = socket.send(message);
            }
        }
    })
}

/// A server that says this to everybody, and then waits for the close.
fn saying(messages: Vec<Message>) -> SocketAddr {
    foreign(move |_, _, mut socket| {
        for message in &messages {
            _ = socket.send(message.clone());
        }
        while socket.read().is_ok() {}
    })
}

#[test]
fn what_is_typed_goes_out_as_it_is() {
    let lines = "/raw plain text\n{\"type\":\"x\", \"n\":1.0}\njoin {\"room\":\"a\"}\n";
    let ran = ws_with(lines, &[&url(echo()), "--raw", "--for", "300ms"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        ran.stdout,
        "plain text\n{\"type\":\"x\", \"n\":1.0}\n{\"event\":\"join\",\"payload\":{\"room\":\"a\"}}\n"
    );
}

#[test]
fn a_server_that_knows_no_ids_can_be_asked_too() {
    let ran = ws(&[
        &url(echo()),
        "-e",
        "join",
        "--no-id",
        "--raw",
        "--count",
        "1",
    ]);
    assert_eq!(
        (ran.code, &*ran.stdout),
        (0, "{\"event\":\"join\",\"payload\":null}\n")
    );
}

#[test]
fn the_handshake_says_what_was_asked() {
    let (tell, told) = mpsc::channel();
    let address = foreign(move |_, request, mut socket| {
        let first = socket.read().unwrap();
        tell.send((request, first)).unwrap();
        while socket.read().is_ok() {}
    });
    let ran = ws(&[
        &url(address),
        "-H",
        "X-Team: red",
        "--origin",
        "https://page.example",
        "--subprotocol",
        "v2",
        "--subprotocol",
        "v1",
        "--token",
        "secret-token",
        "--token-by",
        "message",
        "--no-id",
        "-e",
        "hi",
        "--for",
        "200ms",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.starts_with("  open ") && ran.stderr.contains("/any  v2\n"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("secret-token"));
    let (request, first) = told.recv().unwrap();
    let header = |name| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(header("x-team").as_deref(), Some("red"));
    assert_eq!(header("origin").as_deref(), Some("https://page.example"));
    assert_eq!(header("sec-websocket-protocol").as_deref(), Some("v2, v1"));
    assert_eq!(request.uri().query(), Some("a=1"));
    assert_eq!(
        first.to_text().unwrap(),
        r#"{"event":"orcs:auth","payload":{"token":"secret-token"}}"#
    );
}

#[test]
fn nothing_that_a_server_says_steers_the_terminal() {
    let address = foreign(|_, _, mut socket| {
        for text in [
            "\u{1b}[2Jgone",
            "{\"event\":\"\\u001b[2J\",\"payload\":\"\u{202e}\u{9b}2J\"}",
        ] {
            _ = socket.send(Message::text(text));
        }
        _ = socket.close(Some(CloseFrame {
            code: 4123.into(),
            reason: "\u{1b}]0;own\u{7}".into(),
        }));
        while socket.read().is_ok() {}
    });
    for style in [&[][..], &["--json"]] {
        let address = url(address);
        let mut args = vec![&*address, "--watch"];
        args.extend(style);
        let ran = ws(&args);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        for text in [&ran.stdout, &ran.stderr] {
            let steers = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
            assert!(!text.contains(steers), "{text:?}");
        }
        assert!(ran.stdout.contains("gone") && ran.stderr.contains("4123"));
    }
    let ran = ws(&[&url(address), "--watch", "--raw"]);
    assert!(
        ran.stdout.starts_with("\u{1b}[2Jgone\n"),
        "as it came, into a pipe"
    );
}

#[test]
fn a_page_instead_of_a_socket_cannot_steer_it_either() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        _ = tcp.read(&mut [0; 4096]);
        _ = tcp.write_all(b"HTTP/1.1 503 Busy\r\ncontent-length: 20\r\n\r\n");
        // The page comes later than its header.
        thread::sleep(Duration::from_millis(50));
        _ = tcp.write_all(b"\n\x1b[2Jnot now\nand more");
    });
    let ran = ws(&[&url(address), "-e", "a"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr
            .contains(r"the server answered 503 Service Unavailable: \u{1b}[2Jnot now"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_server_that_only_listens_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let start = Instant::now();
    let ran = ws(&[&url(address), "-e", "a", "--timeout", "200ms"]);
    assert_eq!(ran.code, 69, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("it does not answer the handshake"),
        "{}",
        ran.stderr
    );
    assert!(start.elapsed() < Duration::from_secs(3));
    drop(listener);
}

#[test]
fn a_message_without_end_is_not_taken() {
    let address = foreign(|_, _, mut socket| {
        let mut frame = vec![0x81, 127];
        frame.extend(u64::to_be_bytes(1 << 40));
        _ = socket.get_mut().write_all(&frame);
        let closed = socket.read();
        assert!(matches!(closed, Ok(Message::Close(Some(frame))) if u16::from(frame.code) == 1009));
    });
    let ran = ws(&[&url(address), "-e", "a"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("error: lost the connection: ") && ran.stderr.contains("too long"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_server_that_takes_nothing_is_given_up() {
    let address = foreign(|_, _, socket| {
        thread::sleep(Duration::from_secs(60));
        drop(socket);
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("much");
    std::fs::File::create(&file)
        .unwrap()
        .set_len(16 << 20)
        .unwrap();
    let lines = format!("/binary {}\n", file.display()).repeat(4);
    let ran = ws_with(&lines, &[&url(address), "--for", "20s", "--raw"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr
            .contains("lost the connection: the server takes nothing"),
        "{}",
        ran.stderr
    );
    std::fs::File::create(&file)
        .unwrap()
        .set_len((16 << 20) + 1)
        .unwrap();
    let ran = ws_with(&lines, &[&url(echo()), "--raw"]);
    assert!(
        ran.stderr.contains("is longer than 16 MiB"),
        "{}",
        ran.stderr
    );
}

#[test]
fn who_watches_comes_back() {
    let address = foreign(|number, _, mut socket| {
        _ = socket.send(Message::text(format!(
            "{{\"event\":\"visit\",\"payload\":{number}}}"
        )));
        let joined = socket.read().unwrap();
        _ = socket.send(joined);
        match number {
            0 => {
                let frame = CloseFrame {
                    code: 1012.into(),
                    reason: "".into(),
                };
                _ = socket.close(Some(frame));
            }
            // No close frame at all.
            1 => return,
            _ => {}
        }
        while socket.read().is_ok() {}
    });
    let ran = ws(&[&url(address), "--watch", "-r", "a", "--count", "6"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let visits: Vec<_> = ran
        .stdout
        .lines()
        .filter(|line| line.contains("visit"))
        .collect();
    assert_eq!(visits, ["  < visit 0", "  < visit 1", "  < visit 2"]);
    assert!(
        ran.stderr
            .contains("  closed 1012 the server restarts\n  again in 250ms\n"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("  lost the connection: "),
        "{}",
        ran.stderr
    );
}

#[test]
fn who_reads_no_more_ends_it() {
    let address = saying(vec![Message::text("x"); 100]);
    let (reader, writer) = std::io::pipe().unwrap();
    let mut watch = command(&[&url(address), "--watch"]);
    let child = watch
        .stdout(writer)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The command holds the other end until it has started.
    drop(watch);
    drop(reader);
    assert_eq!(ran(&child.wait_with_output().unwrap()).code, 0);
}
