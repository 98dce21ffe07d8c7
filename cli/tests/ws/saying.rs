//! Something is said, and what comes back is printed.

use crate::server::{Server, command, ws, ws_with};
use serde_json::Value;
use std::fs;

#[test]
fn an_event_is_sent_and_its_answer_waited_for() {
    let server = Server::start();
    let ran = ws(&[
        &server.url("/ws/chat"),
        "-r",
        "lobby",
        "-e",
        "say",
        "-d",
        "hi there",
        "-e",
        "say",
        "-d",
        "{\"a\": 1}",
    ]);
    assert_eq!(ran.code, 1, "an object is no text: {}", ran.stderr);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(
        lines[..2],
        ["  < welcome \"hello\"", "  < joined \"lobby\""]
    );
    assert!(
        lines[2].starts_with("  < ack ") && lines[2].ends_with(" ms (join)"),
        "{lines:?}"
    );
    assert!(
        lines[3].starts_with("  < ack ") && lines[3].ends_with(" ms (say) \"hi there\""),
        "{lines:?}"
    );
    assert!(
        lines[4].starts_with("  < error ") && lines[4].contains("\"code\":\"validation\""),
        "{lines:?}"
    );
    assert!(
        ran.stderr.contains("  > say \"hi there\"\n"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("error: `say` was refused: "),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_is_answered_well_is_a_success() {
    let server = Server::start();
    let ran = ws(&[&server.url("/ws/chat"), "-e", "say", "-d", "hi"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.starts_with("  open ") && ran.stderr.ends_with("  closed 1000 done\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_answer_that_does_not_come_is_a_failure() {
    let server = Server::start();
    let ran = ws(&[&server.url("/ws/chat"), "-e", "slow", "--timeout", "200ms"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr
            .contains("error: no answer to `slow` within 200ms\n"),
        "{}",
        ran.stderr
    );
    let ran = ws(&[&server.url("/ws/chat"), "-e", "slow", "--for", "100ms"]);
    assert_eq!(ran.code, 0, "only listened: {}", ran.stderr);
}

#[test]
fn so_many_messages_are_enough() {
    let server = Server::start();
    let ran = ws(&[&server.url("/ws/chat"), "-r", "a", "--count", "2"]);
    assert_eq!(
        (
            ran.code,
            ran.stdout
                .lines()
                .filter(|line| !line.contains("ack"))
                .count()
        ),
        (0, 2)
    );
    let ran = ws(&[
        &server.url("/ws/chat"),
        "-r",
        "a",
        "--count",
        "3",
        "--for",
        "100ms",
    ]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("error: 2 of 3 messages came in time\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_pipe_that_stays_open_is_not_waited_for() {
    let server = Server::start();
    let (reader, _writer) = std::io::pipe().unwrap();
    for bound in [["--for", "200ms"], ["--count", "1"]] {
        let mut listen = command(&[&server.url("/ws/chat")]);
        listen.args(bound).stdin(reader.try_clone().unwrap());
        let ran = crate::common::ran(&listen.output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(ran.stdout, "  < welcome \"hello\"\n");
    }
}

#[test]
fn each_message_is_a_line_of_json() {
    let server = Server::start();
    let ran = ws(&[&server.url("/ws/chat"), "--json", "-e", "say", "-d", "hi"]);
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    let lines: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            ["kind", "direction", "event"]
                .map(|key| line[key].as_str().unwrap_or("-"))
                .join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "open - -",
            "message out say",
            "message in welcome",
            "message in orcs:ack",
            "close - -"
        ]
    );
    assert_eq!(
        (&lines[3]["payload"], &lines[3]["id"]),
        (&"hi".into(), &1.into())
    );
    assert!(lines[3]["ms"].is_number() && lines.iter().all(|line| line["time"].is_string()));
    assert_eq!(lines[4]["code"], 1000);
}

#[test]
fn lines_may_come_from_a_pipe() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("some.bin");
    fs::write(&file, [1, 2, 3]).unwrap();
    let lines = format!(
        "# a comment\nsay hi\n/id on\nsay again\n/binary 00ff\n/binary {}\n/ping\n",
        file.display()
    );
    let ran = ws_with(&lines, &[&server.url("/ws/chat"), "--for", "300ms"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let shown: Vec<_> = ran
        .stdout
        .lines()
        .map(|line| line.split(" ms").next().unwrap_or_default())
        .collect();
    assert_eq!(shown[0], "  < welcome \"hello\"");
    assert_eq!(ran.stdout.matches("< ack").count(), 1, "{}", ran.stdout);
    for part in [
        "  < (2 bytes) 00ff\n",
        "  < (3 bytes) 010203\n",
        "  < pong ",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let ran = ws_with("say {\n", &[&server.url("/ws/chat")]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("error: this is not JSON: "),
        "{}",
        ran.stderr
    );
}

#[test]
fn who_is_closed_is_told_why_and_what_to_type() {
    let server = Server::start();
    let ran = ws(&[&server.url("/ws/private"), "-e", "whoami"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("error: closed 4401 no valid token: "),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("  help: `orcs ws --sub ann` signs"),
        "{}",
        ran.stderr
    );
    let ran = ws(&[&server.url("/ws/chat"), "-e", "kick", "-d", "4003"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr
            .contains("error: closed 4003 not allowed: go away\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_script_can_tell_failures_apart() {
    let server = Server::start();
    let url = server.url("/ws/chat");
    for (args, code, says) in [
        (
            &["ws://127.0.0.1:1/", "-e", "a"][..],
            69,
            "error: cannot reach `ws://127.0.0.1:1/`: nobody listens there\n",
        ),
        (
            &["ws://no-such-host.invalid/", "-e", "a"],
            69,
            "no address of this name",
        ),
        (&[], 3, "error: no orcs app here"),
        (&["/ws/chat"], 3, "error: no orcs app here"),
        (&[&url, "-d", "1"], 2, "error: a -d without its -e\n"),
        (
            &[&url, "-e", "a", "-d", "{"],
            2,
            "error: -d `{`: this is not JSON: ",
        ),
        (
            &["ftp://localhost/"],
            2,
            "error: `ftp://` is no WebSocket\n",
        ),
        (
            &[&url, "--token-from-env", "NOBODY_SET_THIS"],
            2,
            "error: the variable `NOBODY_SET_THIS` holds no token\n",
        ),
        (&[&url, "-H", "no colon"], 2, "expected NAME: VALUE"),
        (&[&url, "--count", "0"], 2, "--count"),
    ] {
        let ran = ws(args);
        assert_eq!(
            (ran.code, &*ran.stdout),
            (code, ""),
            "{args:?}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn a_refused_handshake_shows_its_status_and_the_first_line_of_its_page() {
    let server = Server::start();
    let ran = ws(&[&server.url("/nowhere?token=hidden"), "-e", "a"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr
            .contains("/nowhere`: the server answered 404 Not Found: "),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .contains("  help: `orcs routes` lists the paths\n"),
        "{}",
        ran.stderr
    );
    assert!(
        !ran.stderr.contains("hidden"),
        "a query may hold a token: {}",
        ran.stderr
    );
}

#[test]
fn without_a_url_it_is_the_app_somebody_stands_in() {
    let server = Server::start();
    let app = tempfile::tempdir().unwrap();
    let manifest =
        "[workspace]\n[package]\nname = \"fake\"\nedition = \"2024\"\n[package.metadata.orcs]\n";
    fs::write(app.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(app.path().join("src")).unwrap();
    let main = format!(
        r##"fn main() {{ print!("{{}}", r#"{{"name":"fake","hosts":["127.0.0.1"],"port":{},"routes":[{{"path":"/ws/private","auth":"required","events":[]}},{{"path":"/ws/chat","auth":"none","events":["say"]}}]}}"#) }}"##,
        server.address.port()
    );
    fs::write(app.path().join("src/main.rs"), main).unwrap();
    let in_app = |args: &[&str]| {
        let mut command = command(args);
        command
            .current_dir(app.path())
            .env("CARGO_TARGET_DIR", app.path().join("target"))
            .env("JWT_SECRET", crate::server::SECRET);
        crate::common::ran(&command.output().unwrap())
    };
    let ran = in_app(&["-e", "say", "-d", "hi"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains(&server.url("/ws/chat")),
        "the first open one: {}",
        ran.stderr
    );
    assert!(ran.stdout.contains("(say) \"hi\""), "{}", ran.stdout);
    let ran = in_app(&["/ws/private", "--sub", "ann", "-e", "whoami"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("(whoami) \"ann\""), "{}", ran.stdout);
    let ran = in_app(&["--sub", "ann", "--token-by", "query", "-e", "whoami"]);
    assert!(
        ran.stdout.contains("(whoami) \"ann\""),
        "the first one for who has a token: {}",
        ran.stderr
    );
}
