//! The flags that every command has, and the exit codes.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{Ran, orcs, ran, run};
use std::fs;
use std::path::Path;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn with(dir: &Path, args: &[&str], variables: &[(&str, &str)]) -> Ran {
    ran(&orcs(dir)
        .args(args)
        .env("JWT_SECRET", SECRET)
        .envs(variables.iter().copied())
        .output()
        .unwrap())
}

/// An app whose program tells what cargo was told when it was built.
fn app() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let manifest =
        "[workspace]\n[package]\nname = \"fake\"\nedition = \"2024\"\n[package.metadata.orcs]\n";
    fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(dir.path().join("src/main.rs"), MAIN).unwrap();
    fs::write(dir.path().join("build.rs"), BUILD).unwrap();
    dir
}

const BUILD: &str = r#"
fn main() {
    for key in ["CARGO_NET_OFFLINE", "CARGO_TERM_COLOR"] {
        println!("cargo::rustc-env=SAW_{key}={}", std::env::var(key).unwrap_or_default());
        println!("cargo::rerun-if-env-changed={key}");
    }
}
"#;

const MAIN: &str = r##"
fn main() {
    let name = concat!("offline=", env!("SAW_CARGO_NET_OFFLINE"), " color=", env!("SAW_CARGO_TERM_COLOR"));
    println!(r#"{{"name":"{name}","hosts":[],"port":1,"routes":[]}}"#);
}
"##;

#[test]
fn a_folder_can_be_named_instead_of_entered() {
    let app = app();
    let elsewhere = tempfile::tempdir().unwrap();
    let dir = app.path().to_str().unwrap();
    fs::write(app.path().join(".env"), format!("JWT_SECRET={SECRET}\n")).unwrap();
    let token = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = orcs(elsewhere.path());
        command.args(args).envs(variables.iter().copied());
        ran(&command.output().unwrap())
    };
    assert_eq!(token(&["token"], &[]).code, 3);
    for args in [&["--cwd", dir, "token"][..], &["token", "--cwd", dir]] {
        assert_eq!(token(args, &[]).code, 0);
    }
    assert_eq!(token(&["token"], &[("ORCS_CWD", dir)]).code, 0);
    let typed = token(&["token", "--cwd", dir], &[("ORCS_CWD", "/nowhere")]);
    assert_eq!(typed.code, 0, "the flag wins: {}", typed.stderr);

    let nowhere = token(&["token", "--cwd", "no\u{1b}where"], &[]);
    assert_eq!((nowhere.code, &*nowhere.stdout), (1, ""));
    let says = r"error: cannot enter `no\u{1b}where`: ";
    assert!(nowhere.stderr.starts_with(says), "{}", nowhere.stderr);
}

#[test]
fn cargo_is_told_to_stay_offline_and_which_colours() {
    let app = app();
    let saw = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = orcs(app.path());
        command
            .args(["routes", "--json"])
            .args(args)
            .env("CARGO_TARGET_DIR", app.path().join("target"))
            .env_remove("CARGO_NET_OFFLINE")
            .env_remove("CARGO_TERM_COLOR")
            .envs(variables.iter().copied());
        let ran = ran(&command.output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let line: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        line["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(saw(&[], &[]), "offline= color=");
    let told = "offline=true color=never";
    assert_eq!(saw(&["--offline", "--color", "never"], &[]), told);
    let variables = [("ORCS_OFFLINE", "1"), ("ORCS_COLOR", "never")];
    assert_eq!(saw(&[], &variables), told);
    assert_eq!(saw(&[], &[("ORCS_OFFLINE", "0")]), "offline= color=");
}

#[test]
fn quiet_leaves_the_answer_and_the_errors() {
    let dir = tempfile::tempdir().unwrap();
    let loud = run(dir.path(), &["new", "one"]);
    assert!(loud.stderr.contains("created"), "{}", loud.stderr);
    let quiet = run(dir.path(), &["-q", "new", "two"]);
    assert_eq!((quiet.code, &*quiet.stderr), (0, ""));
    let quiet = with(dir.path(), &["new", "three"], &[("ORCS_QUIET", "1")]);
    assert_eq!((quiet.code, &*quiet.stderr), (0, ""));
    let refused = run(dir.path(), &["-q", "new", "two"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.starts_with("error: "), "{}", refused.stderr);
    assert_eq!(
        with(dir.path(), &["-q", "token"], &[])
            .stdout
            .lines()
            .count(),
        1
    );
}

#[test]
fn what_is_typed_wins_over_a_variable() {
    let dir = tempfile::tempdir().unwrap();
    let verbose = with(dir.path(), &["-v", "new", "one"], &[("ORCS_QUIET", "1")]);
    assert!(verbose.stderr.contains("created"), "{}", verbose.stderr);
    let quiet = with(dir.path(), &["-q", "new", "two"], &[("ORCS_VERBOSE", "1")]);
    assert_eq!(quiet.stderr, "");
    let last = run(dir.path(), &["-q", "-v", "new", "three"]);
    assert!(last.stderr.contains("created"), "{}", last.stderr);
}

#[test]
fn colours_are_for_who_asks() {
    let dir = tempfile::tempdir().unwrap();
    let is_coloured = |args: &[&str], variables: &[(&str, &str)]| {
        let args: Vec<_> = args.iter().copied().chain(["serve"]).collect();
        let ran = with(dir.path(), &args, variables);
        assert_eq!(ran.code, 3);
        ran.stderr.contains('\u{1b}')
    };
    assert!(!is_coloured(&[], &[]), "a pipe gets none");
    assert!(is_coloured(&["--color", "always"], &[]));
    assert!(is_coloured(&[], &[("ORCS_COLOR", "always")]));
    assert!(is_coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!is_coloured(&["--color=never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!is_coloured(
        &[],
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]
    ));
}

/// They are printed before the flags are known.
#[test]
fn help_and_usage_errors_obey_the_colour_too() {
    let dir = tempfile::tempdir().unwrap();
    for (args, is_coloured) in [
        (&["--help"][..], false),
        (&["--color", "always", "--help"], true),
        (&["nwe", "--color=always"], true),
        (&["nwe"], false),
    ] {
        let ran = run(dir.path(), args);
        let text = ran.stdout + &ran.stderr;
        assert_eq!(text.contains('\u{1b}'), is_coloured, "{args:?}: {text}");
    }
    let forced = with(
        dir.path(),
        &["nwe", "--color", "never"],
        &[("CLICOLOR_FORCE", "1")],
    );
    assert!(!forced.stderr.contains('\u{1b}'), "{}", forced.stderr);
}

#[test]
fn a_mistyped_value_gets_the_nearest() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(dir.path(), &["--color", "alway", "token"]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert!(ran.stderr.contains("'always'"), "{}", ran.stderr);
    for (args, tip) in [
        (&["nwe", "myapp"][..], "a similar subcommand exists: 'new'"),
        (
            &["-q", "token", "dceode"],
            "a similar subcommand exists: 'decode'",
        ),
        (&["completions", "zhs"], "a similar value exists: 'zsh'"),
    ] {
        let ran = run(dir.path(), args);
        assert_eq!((ran.code, &*ran.stdout), (2, ""));
        assert!(ran.stderr.contains(tip), "{}", ran.stderr);
    }
    let ran = run(dir.path(), &["token", "--ofline"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("'--offline'"), "{}", ran.stderr);
}
