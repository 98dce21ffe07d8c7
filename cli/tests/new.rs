//! `orcs new`, without building what it writes.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{files_below, run, workspace};
use std::fs;
use std::path::Path;

fn env_of(app: &Path) -> String {
    fs::read_to_string(app.join(".env")).unwrap()
}

fn entries(dir: &Path) -> usize {
    fs::read_dir(dir).unwrap().count()
}

#[test]
fn it_writes_the_app_and_says_how_to_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(dir.path(), &["new", "apps/myapp"]);
    assert_eq!((ran.code, &*ran.stdout), (0, ""), "{}", ran.stderr);
    let files = files_below(&dir.path().join("apps/myapp"));
    let created = format!("  created myapp ({} files, chat template) in ", files.len());
    assert!(ran.stderr.starts_with(&created), "{}", ran.stderr);
    assert!(
        ran.stderr
            .ends_with("\n  Next:  cd apps/myapp && cargo run\n"),
        "{}",
        ran.stderr
    );
    assert!(
        !ran.stderr.contains('\u{1b}'),
        "colours without a terminal: {}",
        ran.stderr
    );
    for path in [
        "src/main.rs",
        "config/mod.rs",
        "routes/websocket.rs",
        ".cargo/config.toml",
        ".gitignore",
        "AGENTS.md",
        "Cargo.lock",
    ] {
        assert!(
            files.iter().any(|file| file == Path::new(path)),
            "no {path}"
        );
    }
    // Nothing but the app: what was written beside it is gone.
    assert_eq!(entries(&dir.path().join("apps")), 1);
}

#[test]
fn a_name_with_spaces_in_front_is_quoted() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(dir.path(), &["new", "my apps/chat"]);
    assert!(
        ran.stderr.contains("cd 'my apps/chat' && cargo run"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_exists_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("full")).unwrap();
    fs::write(dir.path().join("full/notes.txt"), "mine").unwrap();
    fs::write(dir.path().join("file"), "mine").unwrap();
    for (path, says) in [("full", "is not empty"), ("file", "is not a folder")] {
        let ran = run(dir.path(), &["new", path]);
        assert_eq!((ran.code, &*ran.stdout), (1, ""));
        assert!(
            ran.stderr
                .starts_with(&format!("error: `{path}` already exists and {says}\n"))
        );
        let help = format!("\n  help: orcs new {path}-2");
        assert!(ran.stderr.contains(&help), "{}", ran.stderr);
    }
    assert_eq!(entries(dir.path()), 2);
    assert_eq!(entries(&dir.path().join("full")), 1);
    assert_eq!(fs::read_to_string(dir.path().join("file")).unwrap(), "mine");
}

#[cfg(unix)]
#[test]
fn a_link_to_nowhere_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("gone", dir.path().join("myapp")).unwrap();
    for (path, says) in [
        (
            "myapp",
            "error: `myapp` already exists and is a link to nowhere\n  help: orcs new myapp-2\n",
        ),
        ("myapp/chat", "error: `myapp` is a link to nowhere\n"),
    ] {
        let ran = run(dir.path(), &["new", path]);
        assert_eq!((ran.code, &*ran.stderr), (1, says));
    }
    assert_eq!(entries(dir.path()), 1);
}

/// It was told that the place `already exists and is not a folder`.
#[cfg(unix)]
#[test]
fn a_path_too_long_is_told_in_short() {
    let dir = tempfile::tempdir().unwrap();
    let long = "x".repeat(100_000);
    for (path, says) in [
        (format!("{}/myapp", &long[..300]), "File name too long"),
        (format!("new/{}/myapp", &long[..300]), "File name too long"),
        (format!("{}myapp", "x/".repeat(3000)), "File name too long"),
        (long.clone(), "cannot be the name of an app"),
        (format!("{long}/My App"), "cannot be the name of an app"),
    ] {
        let ran = run(dir.path(), &["new", &path]);
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
        assert!(!ran.stderr.contains("already exists"), "{}", ran.stderr);
        assert!(ran.stderr.len() < 500, "{}", ran.stderr);
        assert_eq!(entries(dir.path()), 0);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_no_line_can_say_gets_no_cd() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let path = Path::new(std::ffi::OsStr::from_bytes(b"caf\xe9/myapp"));
    let output = common::orcs(dir.path())
        .arg("new")
        .arg(path)
        .output()
        .unwrap();
    let ran = common::ran(&output);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("\n  Next:  cargo run in that folder\n"),
        "{}",
        ran.stderr
    );
    assert!(dir.path().join(path).join("Cargo.toml").is_file());

    // The help cannot say the folder either.
    let path = path.with_file_name("My App");
    let output = common::orcs(dir.path())
        .arg("new")
        .arg(path)
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.ends_with("  help: orcs new my-app\n"), "{stderr}");
}

#[test]
fn an_empty_folder_is_filled() {
    let dir = tempfile::tempdir().unwrap();
    let app = dir.path().join("myapp");
    fs::create_dir(&app).unwrap();
    assert_eq!(run(dir.path(), &["new", "myapp"]).code, 0);
    assert!(app.join("routes/mod.rs").is_file());

    let here = dir.path().join("here");
    fs::create_dir(&here).unwrap();
    let ran = run(&here, &["new", "."]);
    assert!(ran.stderr.contains("created here (") && ran.stderr.ends_with("Next:  cargo run\n"));
    assert_eq!(files_below(&here), files_below(&app));
}

#[test]
fn a_hostile_name_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let long = "x".repeat(65);
    for (path, help) in [
        ("My App!", "orcs new my-app"),
        ("-rf", "orcs new rf"),
        ("apps/-rf", "orcs new apps/rf"),
        ("..", "orcs new myapp"),
        ("apps/..", "orcs new myapp"),
        ("/", "orcs new myapp"),
        (r"a\b", "orcs new a-b"),
        (r"a\b/myapp", "orcs new myapp"),
        ("a\nb/myapp", "orcs new myapp"),
        ("\u{202e}stac/myapp", "orcs new myapp"),
        ("a\u{2066}b/myapp", "orcs new myapp"),
        ("a\u{200b}/myapp", "orcs new myapp"),
        ("\u{feff}a/My App", "orcs new my-app"),
        ("\u{1b}[2Jmyapp", "orcs new 2jmyapp"),
        ("fn", "orcs new fn-app"),
        ("std", "orcs new std-app"),
        ("serde", "orcs new serde-app"),
        ("bytes", "orcs new bytes-app"),
        ("orcs", "orcs new orcs-app"),
        ("con", "orcs new con-app"),
        ("lpt1", "orcs new lpt1-app"),
        ("日本", "orcs new myapp"),
        ("$(touch pwned)", "orcs new touch-pwned"),
        (&long, &format!("orcs new {}", &long[..64])),
    ] {
        let ran = run(dir.path(), &["new", "--", path]);
        assert_eq!((ran.code, &*ran.stdout), (1, ""), "{path:?}");
        let lines: Vec<_> = ran.stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{path:?}: {}", ran.stderr);
        assert!(lines[0].starts_with("error: `"), "{}", lines[0]);
        let help = help.replace("2jmyapp", "app-2jmyapp");
        assert_eq!(lines[1], format!("  help: {help}"), "{path:?}");
        assert!(
            !ran.stderr
                .contains(['\u{1b}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}']),
            "{path:?} reaches the terminal"
        );
        assert_eq!(entries(dir.path()), 0, "{path:?} wrote something");
    }
}

#[cfg(unix)]
#[test]
fn a_place_that_cannot_be_written_is_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let ran = run(dir.path(), &["new", "file/myapp"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stderr, "error: `file` is not a folder\n");
    assert_eq!(entries(dir.path()), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_parent_that_takes_nothing_is_told() {
    let dir = tempfile::tempdir().unwrap();
    for path in ["/proc/myapp", "/proc/apps/myapp", "/sys/apps/myapp"] {
        let ran = run(dir.path(), &["new", path]);
        assert_eq!(ran.code, 1);
        let says = format!("error: cannot write `{path}`: ");
        assert!(ran.stderr.starts_with(&says), "{}", ran.stderr);
        assert!(ran.stderr.ends_with("nothing was left behind\n"));
    }
}

#[cfg(unix)]
#[test]
fn the_env_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), &["new", "myapp"]);
    let mode = fs::metadata(dir.path().join("myapp/.env"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let ignored = fs::read_to_string(dir.path().join("myapp/.gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "/.env"));
}

#[test]
fn no_two_apps_share_a_secret() {
    let dir = tempfile::tempdir().unwrap();
    let secret = |name: &str| {
        run(dir.path(), &["new", name]);
        let env = env_of(&dir.path().join(name));
        env.lines()
            .find_map(|line| line.strip_prefix("JWT_SECRET="))
            .unwrap()
            .to_owned()
    };
    let (one, two) = (secret("one"), secret("two"));
    assert_eq!((one.len(), two.len()), (64, 64));
    assert_ne!(one, two);
}

#[test]
fn the_app_depends_on_the_checkout_and_stands_alone() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(dir.path(), &["new", "myapp"]);
    let manifest = fs::read_to_string(dir.path().join("myapp/Cargo.toml")).unwrap();
    assert!(manifest.starts_with("[workspace]\n"));
    let manifest: toml::Table = manifest.parse().unwrap();
    assert!(manifest["workspace"].as_table().unwrap().is_empty());
    let path = workspace();
    assert_eq!(
        manifest["dependencies"]["orcs"]["path"].as_str(),
        path.to_str()
    );
    assert!(manifest["dependencies"]["orcs"].get("version").is_none());
    assert!(
        ran.stderr
            .contains(&format!("  framework: path {} (", path.display()))
    );
}

#[test]
fn another_checkout_can_be_named() {
    let dir = tempfile::tempdir().unwrap();
    let checkout = dir.path().join("it's \"orcs\"");
    fs::create_dir(&checkout).unwrap();
    fs::write(
        checkout.join("Cargo.toml"),
        "[package]\nname = \"orcs-rs\"\n",
    )
    .unwrap();
    let ran = run(
        dir.path(),
        &["new", "myapp", "--framework", "path:it's \"orcs\""],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let manifest = fs::read_to_string(dir.path().join("myapp/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let path = manifest["dependencies"]["orcs"]["path"].as_str();
    assert_eq!(
        path,
        Some("../it's \"orcs\""),
        "beside the checkout: relative"
    );
}

#[test]
fn a_framework_must_be_the_framework() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(dir.path(), &["new", "myapp", "--framework", "path:."]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr
            .starts_with("error: `.` does not hold the package `orcs-rs`\n")
    );
    let ran = run(dir.path(), &["new", "myapp", "--framework", "0.1"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("expected auto, path:DIR, git:URL"),
        "{}",
        ran.stderr
    );
    assert_eq!(entries(dir.path()), 0);
}
