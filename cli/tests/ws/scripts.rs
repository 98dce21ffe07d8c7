//! Scripts say what they expect.

use crate::server::{Server, ws, ws_with};
use std::fs;

#[test]
fn a_script_says_and_expects() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("chat.ws");
    let steps = "\
# what a newcomer sees
wait welcome
join {\"room\":\"lobby\"}
expect joined \"lobby\"
/id on
say hi
expect orcs:ack \"hi\"
say \"\"
expect error {\"message\":\"a message needs a text\"}
sleep 10ms
/binary 00
wait binary
kick 4000
expect close {\"code\":4000,\"reason\":\"go away\"}
";
    fs::write(&script, steps).unwrap();
    let ran = ws(&[
        &server.url("/ws/chat"),
        "--script",
        script.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn the_first_step_that_fails_is_named_by_its_line() {
    let server = Server::start();
    let url = server.url("/ws/chat");
    for (steps, says) in [
        (
            "wait welcome\nsay hi\nwait nothing\n",
            "error: stdin:3: `wait nothing` did not come within 200ms\n",
        ),
        (
            "expect welcome \"goodbye\"\n",
            "error: stdin:1: `expect welcome \"goodbye\"` did not come\n  help: the last `welcome` was \"hello\"\n",
        ),
        (
            "kick 4003\nwait joined\n",
            "error: stdin:2: `wait joined` did not come: closed 4003 not allowed: go away\n",
        ),
        (
            "kick 4003\nsleep 50ms\nsay hi\n",
            "error: stdin:3: closed 4003 not allowed: go away\n",
        ),
        (
            "kick 4003\nsleep 50ms\n",
            "error: closed 4003 not allowed: go away\n",
        ),
    ] {
        let ran = ws_with(steps, &[&url, "--script", "-", "--timeout", "200ms"]);
        assert_eq!(ran.code, 1, "{steps}: {}", ran.stderr);
        assert!(ran.stderr.ends_with(says), "{steps}: {}", ran.stderr);
    }
}

#[test]
fn a_script_with_a_slip_is_not_begun() {
    let ran = ws_with("join\nexpect\n", &["ws://127.0.0.1:1/", "--script", "-"]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert!(
        ran.stderr
            .starts_with("error: stdin:2: `expect` takes an event"),
        "{}",
        ran.stderr
    );
    let ran = ws(&["ws://127.0.0.1:1/", "--script", "/no/such/file"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.starts_with("error: cannot read /no/such/file: "),
        "{}",
        ran.stderr
    );
}

#[test]
fn leaving_early_is_no_failure() {
    let server = Server::start();
    let ran = ws_with(
        "/close 4000 enough\nwait never\n",
        &[&server.url("/ws/chat"), "--script", "-"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.ends_with("  closed 4000 refused: enough\n"),
        "{}",
        ran.stderr
    );
}
