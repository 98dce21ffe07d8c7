//! `orcs completions`.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::run;
use std::process::Command;

#[test]
fn every_shell_gets_a_script_that_names_the_commands() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(dir.path(), &["completions", shell]);
        // A shell may read it at each of its starts, so nothing else is said.
        assert_eq!((ran.code, &*ran.stderr), (0, ""), "{shell}");
        for command in ["serve", "doctor", "completions", "offline"] {
            assert!(
                ran.stdout.contains(command),
                "{shell} does not know {command}"
            );
        }
    }
    let typo = run(dir.path(), &["completions", "fsh"]);
    assert_eq!((typo.code, &*typo.stdout), (2, ""));
    assert!(typo.stderr.contains("'fish'"), "{}", typo.stderr);
}

#[test]
fn bash_completes_a_command() {
    let dir = tempfile::tempdir().unwrap();
    let script = run(dir.path(), &["completions", "bash"]).stdout;
    std::fs::write(dir.path().join("orcs"), script).unwrap();
    let complete = "source ./orcs && COMP_WORDS=(orcs doc) COMP_CWORD=1 && _orcs orcs doc orcs && echo \"${COMPREPLY[*]}\"";
    let bash = Command::new("bash")
        .args(["-c", complete])
        .current_dir(dir.path())
        .output();
    let Ok(bash) = bash else {
        eprintln!("left out: there is no bash here");
        return;
    };
    assert_eq!(
        String::from_utf8_lossy(&bash.stdout),
        "doctor\n",
        "{}",
        String::from_utf8_lossy(&bash.stderr)
    );
}
