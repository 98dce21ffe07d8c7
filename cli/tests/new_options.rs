//! What the options of `orcs new` change.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{Ran, alone, files_below, orcs, ran, run};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn an_unknown_template_gets_the_nearest_and_the_list() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(dir.path(), &["new", "myapp", "--template", "chatt"]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    for says in ["'chatt'", "[possible values: chat", "'chat'"] {
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
    assert!(!dir.path().join("myapp").exists());
}

#[test]
fn json_says_what_was_made_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(dir.path(), &["new", "apps/myapp", "--json"]);
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    let made: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let app = dir.path().join("apps/myapp");
    assert_eq!(made["path"].as_str(), app.to_str());
    assert_eq!(
        (&made["name"], &made["template"]),
        (&"myapp".into(), &"chat".into())
    );
    let files: Vec<_> = files_below(&app);
    let said: Vec<_> = made["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| Path::new(file.as_str().unwrap()))
        .collect();
    assert_eq!(said, files);
    assert!(made["framework"].as_str().unwrap().starts_with("path:"));
    assert!(made["ms"].is_u64());
    assert!(ran.stdout.starts_with(r#"{"path":""#) && ran.stdout.lines().count() == 1);
}

#[test]
fn agents_md_can_be_left_out() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), &["new", "with"]);
    run(dir.path(), &["new", "without", "--no-agents-md"]);
    assert!(dir.path().join("with/AGENTS.md").exists());
    assert!(!dir.path().join("without/AGENTS.md").exists());
}

#[test]
fn a_new_app_is_a_repository_unless_it_lies_in_one() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), &["new", "one"]);
    assert!(dir.path().join("one/.git/HEAD").is_file());
    run(dir.path(), &["new", "one/two"]);
    assert!(!dir.path().join("one/two/.git").exists());
    run(dir.path(), &["new", "three", "--no-git"]);
    assert!(!dir.path().join("three/.git").exists());

    // An empty folder becomes one as well.
    fs::create_dir(dir.path().join("four")).unwrap();
    run(dir.path(), &["new", "four"]);
    assert!(dir.path().join("four/.git/HEAD").is_file());

    // Inside a hook, git is told to work somewhere else.
    let elsewhere = dir.path().join("elsewhere");
    let output = orcs(dir.path())
        .args(["new", "five"])
        .env("GIT_DIR", &elsewhere)
        .output();
    assert_eq!(ran(&output.unwrap()).code, 0);
    assert!(dir.path().join("five/.git/HEAD").is_file());
    assert!(!elsewhere.exists());
}

#[test]
fn a_repository_without_files_becomes_the_app() {
    let dir = tempfile::tempdir().unwrap();
    let app = dir.path().join("myapp");
    fs::create_dir_all(app.join(".git")).unwrap();
    fs::write(app.join(".git/config"), "mine").unwrap();
    let ran = run(&app, &["new", "."]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(app.join("Cargo.toml").is_file());
    // As it was: git did not begin once more.
    assert_eq!(fs::read_dir(app.join(".git")).unwrap().count(), 1);
}

/// A folder on PATH with programs of these names and texts, and nothing else.
fn programs(dir: &Path, scripts: &[(&str, &str)]) -> std::path::PathBuf {
    let bin = dir.join("bin");
    fs::create_dir(&bin).unwrap();
    for (name, script) in scripts {
        let path = bin.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    bin
}

#[test]
fn an_app_needs_no_git() {
    let dir = tempfile::tempdir().unwrap();
    // Leaves half a repository and fails, as on a full disk.
    let bin = programs(dir.path(), &[("git", "/bin/mkdir .git; exit 1")]);
    for (app, path) in [
        ("failing", bin.as_path()),
        ("missing", Path::new("/nowhere")),
    ] {
        let output = orcs(dir.path())
            .args(["new", app])
            .env("PATH", path)
            .output();
        let ran = ran(&output.unwrap());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(dir.path().join(app).join("Cargo.toml").is_file());
        assert!(!dir.path().join(app).join(".git").exists());
    }
}

#[test]
fn the_next_step_is_this_very_command_when_it_is_on_path() {
    let dir = tempfile::tempdir().unwrap();
    let bin = programs(dir.path(), &[]);
    let next = |app: &str| {
        let output = orcs(dir.path())
            .args(["new", app])
            .env("PATH", &bin)
            .output();
        ran(&output.unwrap())
            .stderr
            .lines()
            .last()
            .unwrap()
            .to_owned()
    };
    assert_eq!(next("one"), "  Next:  cd one && cargo run");
    symlink(env!("CARGO_BIN_EXE_orcs"), bin.join("orcs")).unwrap();
    assert_eq!(next("two"), "  Next:  cd two && orcs serve");
    // A stranger's program of the same name.
    fs::remove_file(bin.join("orcs")).unwrap();
    fs::write(bin.join("orcs"), "").unwrap();
    assert_eq!(next("three"), "  Next:  cd three && cargo run");
}

/// `orcs new` with a cargo of our own, and a build wanted.
fn new_with_cargo(dir: &Path, script: &str, envs: &[(&str, &str)]) -> Ran {
    let bin = programs(dir, &[("cargo", script)]);
    let mut orcs = orcs(dir);
    orcs.args(["new", "myapp"]).env_remove("ORCS_NO_BUILD");
    orcs.env("CARGO", bin.join("cargo"))
        .envs(envs.iter().copied());
    ran(&orcs.output().unwrap())
}

fn wait_until(what: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !what() {
        assert!(Instant::now() < deadline, "it does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_first_build_begins_in_the_background() {
    let dir = tempfile::tempdir().unwrap();
    let (done, wait) = (dir.path().join("done"), dir.path().join("wait"));
    fs::write(&wait, "").unwrap();
    // Held until the test has seen that `orcs new` did not wait for it.
    let script = format!(
        "echo \"$@\" in \"$PWD\"; while [ -e {} ]; do /bin/sleep 0.01; done; echo >{}",
        wait.display(),
        done.display()
    );
    let ran = new_with_cargo(dir.path(), &script, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("in the background"), "{}", ran.stderr);
    assert!(!done.exists());
    let messages = dir.path().join("myapp/target/first-build.jsonl");
    wait_until(|| fs::read_to_string(&messages).is_ok_and(|text| !text.is_empty()));
    let app = dir.path().join("myapp").canonicalize().unwrap();
    assert_eq!(
        fs::read_to_string(&messages).unwrap(),
        format!("build --quiet --message-format=json in {}\n", app.display())
    );

    // The folder may go meanwhile.
    fs::remove_dir_all(&app).unwrap();
    fs::remove_file(&wait).unwrap();
    wait_until(|| done.exists());
    assert!(!app.exists());
}

#[test]
fn no_build_begins_in_ci_or_when_nobody_wants_it() {
    for env in [("CI", "true"), ("ORCS_NO_BUILD", "true")] {
        let dir = tempfile::tempdir().unwrap();
        let ran = new_with_cargo(dir.path(), "echo", &[env]);
        assert!(!ran.stderr.contains("background"), "{}", ran.stderr);
        assert!(!dir.path().join("myapp/target").exists(), "{env:?}");
    }
    let dir = tempfile::tempdir().unwrap();
    let mut orcs = orcs(dir.path());
    orcs.args(["new", "myapp"])
        .env_remove("ORCS_NO_BUILD")
        .env("CARGO", "/nowhere/cargo");
    let ran = ran(&orcs.output().unwrap());
    assert_eq!(ran.code, 0);
    assert!(!ran.stderr.contains("background"), "{}", ran.stderr);
    assert!(!dir.path().join("myapp/target").exists());
}

#[test]
fn force_writes_among_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let app = dir.path().join("myapp");
    fs::create_dir_all(app.join("routes")).unwrap();
    fs::write(app.join("LICENSE"), "mine").unwrap();
    fs::write(app.join("routes/mine.rs"), "mine").unwrap();
    fs::write(app.join(".env"), "PORT=1\n").unwrap();
    let ran = run(dir.path(), &["new", "myapp", "--force"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(fs::read_to_string(app.join("LICENSE")).unwrap(), "mine");
    assert_eq!(
        fs::read_to_string(app.join("routes/mine.rs")).unwrap(),
        "mine"
    );
    assert_eq!(fs::read_to_string(app.join(".env")).unwrap(), "PORT=1\n");
    assert!(app.join("routes/mod.rs").is_file() && app.join(".git").is_dir());

    // Once more changes nothing.
    assert_eq!(run(dir.path(), &["new", "myapp", "--force"]).code, 0);
}

#[test]
fn force_changes_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let app = dir.path().join("myapp");
    fs::create_dir(&app).unwrap();
    fs::write(app.join("README.md"), "mine").unwrap();
    // What is written into it would land outside.
    symlink(dir.path(), app.join("src")).unwrap();
    let ran = run(dir.path(), &["new", "myapp", "--force"]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.stderr,
        "error: `myapp` has other files of these names: README.md, src/main.rs\n  \
         help: move them away, or orcs new myapp-2\n"
    );
    assert_eq!(fs::read_dir(&app).unwrap().count(), 2);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_full_disk_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    // No file may be longer than a block, and writing more is an error instead of a signal.
    let script = format!(
        "trap '' XFSZ; ulimit -f 1; exec {} new apps/myapp",
        env!("CARGO_BIN_EXE_orcs")
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(dir.path())
        .output();
    let ran = ran(&output.unwrap());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("nothing was left behind"),
        "{}",
        ran.stderr
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn questions_need_a_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(dir.path(), &["new", "-i"]);
    assert_eq!((ran.code, &*ran.stdout), (1, ""));
    assert_eq!(
        ran.stderr,
        "error: -i asks questions, and there is no terminal to answer on\n  help: orcs new myapp\n"
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn answers_at_a_terminal_make_an_app_and_the_command_for_the_next() {
    let dir = tempfile::tempdir().unwrap();
    // `script` gives the command a terminal, and types what it reads.
    let command = concat!(env!("CARGO_BIN_EXE_orcs"), " new -i");
    let mut script = alone("script", dir.path());
    script.args(["-qec", command, "/dev/null"]);
    script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().unwrap();
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(b"our-chat\n\nn\n\n").unwrap();
    drop(keys);
    let output = child.wait_with_output().unwrap();
    let says = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{says}");
    assert!(
        says.contains("  the same without questions:  orcs new our-chat --no-git"),
        "{says}"
    );
    assert!(dir.path().join("our-chat/Cargo.toml").is_file());
    assert!(!dir.path().join("our-chat/.git").exists());
}
