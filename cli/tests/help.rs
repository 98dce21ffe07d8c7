//! The whole help, word by word, and what a mistyped command gets.

mod common;

use common::run;
use std::path::Path;

#[test]
fn the_help_is_the_one_we_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let mut help = String::new();
    for command in [
        &[][..],
        &["new"],
        &["serve"],
        &["routes"],
        &["token"],
        &["token", "decode"],
        &["secret"],
        &["doctor"],
        &["build"],
        &["test"],
        &["completions"],
        &["ws"],
        &["generate"],
        &["generate", "route"],
        &["generate", "event"],
        &["generate", "middleware"],
        &["generate", "auth"],
        &["generate", "docker"],
        &["generate", "systemd"],
    ] {
        let args: Vec<_> = command.iter().copied().chain(["--help"]).collect();
        let ran = run(dir.path(), &args);
        assert_eq!((ran.code, &*ran.stderr), (0, ""));
        help.push_str(&format!("$ orcs {}\n", args.join(" ")));
        // Editors take spaces at the end of a line away.
        for line in ran.stdout.lines().chain([""]) {
            help.push_str(line.trim_end());
            help.push('\n');
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help.txt");
    if std::env::var_os("UPDATE_HELP").is_some() {
        std::fs::write(&path, &help).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        help == written,
        "the help differs from cli/tests/help.txt; if that is meant: \
         UPDATE_HELP=1 cargo test -p cargo-orcs --test help\n\n{help}"
    );
}

#[test]
fn a_mistyped_command_gets_the_nearest() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(dir.path(), &["serv"]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert!(ran.stderr.contains("'serve'"), "{}", ran.stderr);
    let ran = run(dir.path(), &[]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert!(
        ran.stderr.contains("Usage: orcs [OPTIONS] <COMMAND>"),
        "{}",
        ran.stderr
    );
}
