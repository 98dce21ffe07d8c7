//! What `orcs serve` does when something beside it goes wrong.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::fake::{app, in_app, program};
use common::free_port;
use common::served::{Served, answers, is_alive};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

fn serve(app: &Path) -> (Served, u64, u64) {
    let mut served = in_app(app, &["serve", "-p", "0", "--json"]);
    let served = Served::start(&mut served);
    let ready = served.next("ready");
    let number = |key: &str| ready[key].as_u64().unwrap();
    let (port, pid) = (number("port"), number("pid"));
    (served, port, pid)
}

fn ends(pid: u64, patience: Duration) {
    let deadline = Instant::now() + patience;
    while is_alive(pid) {
        assert!(Instant::now() < deadline, "process {pid} still runs");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Nobody waits for it: the next one serves meanwhile.
#[test]
fn an_app_that_does_not_stop_is_killed_in_the_end() {
    let app = app(&program("one"));
    let env = app.path().join(".env");
    fs::write(&env, "DEAF=1\nWS_RESTART_SPREAD=0\n").unwrap();
    let (served, port, pid) = serve(app.path());
    fs::write(&env, "WS_RESTART_SPREAD=0\nWORD=new\n").unwrap();
    served.next("restarted");
    assert!(is_alive(pid), "it is given time");
    ends(pid, Duration::from_secs(20));
    answers(port, "one new");
}

/// For an app, a second signal means: at once.
#[test]
fn who_was_told_to_stop_is_not_hurried_by_ctrl_c_but_by_another_one() {
    let app = app(&program("one"));
    let env = app.path().join(".env");
    fs::write(&env, "DEAF=1\n").unwrap();
    let (mut served, _, old) = serve(app.path());
    fs::write(&env, "WORD=new\n").unwrap();
    let new = served.next("restarted")["pid"].as_u64().unwrap();
    served.signal("INT");
    ends(new, Duration::from_secs(10));
    served.said("waiting for the app to stop; another Ctrl-C ends it at once\n");
    assert!(is_alive(old), "its clients were cut off");
    served.signal("INT");
    assert_eq!(served.exit_code(), Some(0));
    ends(old, Duration::from_secs(10));
}

#[test]
fn a_port_that_the_apps_code_has_chosen_outlives_a_change_of_its_settings() {
    let (asked, chosen) = (free_port(), free_port());
    let app = app(&program("one").replace(
        r#"setting("PORT").parse().unwrap_or(42069)"#,
        &chosen.to_string(),
    ));
    let env = app.path().join(".env");
    fs::write(&env, format!("PORT={asked}\n")).unwrap();
    let served = Served::start(&mut in_app(app.path(), &["serve", "--json"]));
    assert_eq!(served.next("ready")["port"], asked);
    assert_eq!(served.next("restarted")["files"][0], "config");
    answers(chosen.into(), "one ");
    fs::write(&env, format!("PORT={asked}\nWORD=new\n")).unwrap();
    assert_eq!(served.next("restarted")["files"][0], ".env");
    answers(chosen.into(), "one new");
}

#[test]
fn a_port_that_changes_with_the_sources_is_moved_to_at_once() {
    let app = app(&program("one"));
    let (one, other) = (free_port(), free_port());
    let env = app.path().join(".env");
    fs::write(&env, format!("PORT={one}\n")).unwrap();
    let served = Served::start(&mut in_app(app.path(), &["serve", "--json"]));
    served.next("ready");
    served.said("watching");
    fs::write(&env, format!("PORT={other}\n")).unwrap();
    fs::write(app.path().join("src/main.rs"), program("two")).unwrap();
    served.next("swapped");
    answers(other.into(), "two ");
    served.said(&format!("page  http://localhost:{other}/"));
    assert!(
        served.is_quiet_but_for_builds(Duration::from_millis(300)),
        "it was started twice"
    );
}

/// An update of Rust does that.
#[test]
fn cargo_that_is_away_for_a_moment_ends_nothing() {
    let app = app(&program("one"));
    let cargo = app.path().join("cargo");
    let real = fs::canonicalize(env!("CARGO")).unwrap();
    symlink(&real, &cargo).unwrap();
    let mut serve = in_app(app.path(), &["serve", "-p", "0", "--json"]);
    let served = Served::start(serve.env("CARGO", &cargo));
    let port = served.next("ready")["port"].as_u64().unwrap();
    served.said("watching");
    fs::remove_file(&cargo).unwrap();
    let main = app.path().join("src/main.rs");
    fs::write(&main, program("two")).unwrap();
    let error = served.next("error")["message"].to_string();
    assert!(error.starts_with("\"cannot run cargo: "), "{error}");
    answers(port, "one ");
    symlink(&real, &cargo).unwrap();
    fs::write(&main, program("three")).unwrap();
    served.next("swapped");
    answers(port, "three ");
}

/// Cargo says a line for each crate, and the reason last.
#[test]
fn a_reason_behind_a_long_story_is_told() {
    let app = app(&program("one"));
    let cargo = app.path().join("cargo");
    let story = "#!/bin/sh\nfor i in $(seq 2000); do echo \"  Fresh crate $i\" >&2; done\n\
                 printf 'error: no\\n\\nCaused by:\\n  a cat\\n' >&2\nexit 101\n";
    fs::write(&cargo, story).unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let mut serve = in_app(app.path(), &["serve", "-p", "0", "--json"]);
    let served = Served::start(serve.env("CARGO", &cargo));
    let error = served.next("error");
    assert_eq!(error["excerpt"], "error: no\n\nCaused by:\n  a cat");
}
