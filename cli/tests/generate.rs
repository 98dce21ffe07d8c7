//! `orcs generate`: what it writes and where, and that what is there stays.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{Ran, files_below, run};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

#[test]
fn nothing_is_ever_overwritten() {
    let app = app(LIST);
    for (path, args) in [
        ("routes/chat.rs", &["route", "chat"][..]),
        ("tests/game.rs", &["route", "game"]),
        ("middleware/gate.rs", &["middleware", "gate"]),
        ("routes/login.rs", &["auth"]),
        ("compose.yaml", &["docker"]),
        ("deploy/shop.socket", &["systemd"]),
    ] {
        let path = app.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        let before = everything(app.path());
        let ran = generate(app.path(), args);
        assert_eq!((ran.code, &*ran.stdout), (1, ""));
        assert!(
            ran.stderr.contains(" already exists\n  help: "),
            "{}",
            ran.stderr
        );
        assert_eq!(everything(app.path()), before);
        fs::remove_file(path).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_nowhere_is_not_written_through() {
    let app = app(LIST);
    std::os::unix::fs::symlink("../../gone", app.path().join("routes/chat.rs")).unwrap();
    let ran = generate(app.path(), &["route", "chat"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr
            .starts_with("error: routes/chat.rs already exists\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_dry_run_tells_all_and_writes_nothing() {
    let app = app(LIST);
    let before = everything(app.path());
    let ran = generate(app.path(), &["route", "chat", "--dry-run"]);
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    for part in [
        "--- new file routes/chat.rs\n//! `/ws/chat`: `message`.\n",
        "--- new file tests/chat.rs\n",
        "--- added to routes/mod.rs\npub mod chat;\n    Routes::new().add(shop::shop()).add(chat::chat())\n",
    ] {
        assert!(ran.stdout.contains(part), "no {part} in {}", ran.stdout);
    }
    let ran = generate(app.path(), &["route", "chat", "--dry-run", "--json"]);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["created"][0]["path"], "routes/chat.rs");
    assert!(
        told["changed"][0]["contents"]
            .as_str()
            .unwrap()
            .contains(".add(chat::chat())")
    );
    assert_eq!(everything(app.path()), before);

    let ran = generate(app.path(), &["route", "chat", "--json"]);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&told["dry_run"], &told["by_hand"]),
        (&false.into(), &Value::Array(vec![]))
    );
    assert!(app.path().join("routes/chat.rs").is_file());
}

#[test]
fn a_list_that_somebody_wrote_his_own_way_is_left_to_him() {
    let list = "pub fn every() -> orcs::Routes {\n  orcs::Routes::new()\n}\n";
    let app = app(list);
    let ran = generate(app.path(), &["route", "chat"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains(
            "  add to routes/mod.rs:\n    pub mod chat;\n    .add(chat::chat()), in the chain of `all()`\n"
        ),
        "{}",
        ran.stderr
    );
    assert_eq!(
        fs::read_to_string(app.path().join("routes/mod.rs")).unwrap(),
        list
    );
    assert!(app.path().join("routes/chat.rs").is_file());
}

#[test]
fn an_edited_list_keeps_what_somebody_wrote() {
    let app = app("//! Mine.
#![allow(unused)]

use orcs::prelude::*;

/// All: `Routes::new()`.
pub fn all() -> Routes {
    let routes = Routes::new()   // .add(old())
        .add( hello() );
    routes.http(|_manager| orcs::files(\"public\"))
}

fn hello() -> Route { ws(\"/ws\").on(\"hi\", hi) }
");
    assert_eq!(generate(app.path(), &["route", "chat"]).code, 0);
    assert_eq!(
        generate(app.path(), &["event", "hello", "wave", "how:string"]).code,
        0
    );
    assert_eq!(
        fs::read_to_string(app.path().join("routes/mod.rs")).unwrap(),
        "//! Mine.
#![allow(unused)]

pub mod chat;

use orcs::prelude::*;

/// All: `Routes::new()`.
pub fn all() -> Routes {
    let routes = Routes::new()   // .add(old())
        .add( hello() )
        .add(chat::chat());
    routes.http(|_manager| orcs::files(\"public\"))
}

fn hello() -> Route { ws(\"/ws\")
        .on(\"wave\", on_wave).on(\"hi\", hi) }

/// What comes with `wave`.
#[derive(Serialize, Deserialize)]
struct Wave {
    how: String,
}

async fn on_wave(client: Client, payload: Wave) {
    client.own_rooms().send(\"wave\", &payload);
}
"
    );
}

#[test]
fn what_cannot_work_is_refused_with_a_way_out() {
    let app = app(LIST);
    for (args, says) in [
        (&["route", "../../x"][..], "help: orcs generate route x\n"),
        (&["route", "fn"], "it is a Rust keyword"),
        (
            &["route", "middleware"],
            "help: orcs generate route middleware-2\n",
        ),
        (
            &["route", "orcs"],
            "the app depends on a package of that name",
        ),
        (
            &["route", "chat", "connect"],
            "write `.connect(..)` into the route",
        ),
        (
            &["route", "chat", "a-b", "a_b"],
            "`a-b` and `a_b` are too alike",
        ),
        (&["route", "chat", "a", "a"], "`a` is given twice"),
        (
            &["route", "chat", "--path", "/\"); x(\""],
            "is no path of a route",
        ),
        (
            &["route", "shop2", "--path", "/ws/shop"],
            "/ws/shop is already a route in routes/shop.rs",
        ),
        (&["event", "chat", "x"], "help: there are: shop"),
        (&["event", "shop", "buy"], "already has a handler of `buy`"),
        (
            &["event", "shop", "sell", "to:Strin"],
            "`to:Strin` is no field",
        ),
        (
            &["event", "shop", "sell", "a:u8", "a:u8"],
            "there are two fields `a`",
        ),
        (&["event", "shop", "orcs:auth"], "are the framework's own"),
        (
            &["middleware", "a b"],
            "help: orcs generate middleware a-b\n",
        ),
    ] {
        let before = everything(app.path());
        let ran = generate(app.path(), args);
        assert_eq!((ran.code, &*ran.stdout), (1, ""), "{args:?}");
        assert!(ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("\n  help: "),
            "{args:?}: {}",
            ran.stderr
        );
        assert_eq!(everything(app.path()), before);
    }
    let outside = tempfile::tempdir().unwrap();
    assert_eq!(generate(outside.path(), &["route", "chat"]).code, 3);
}

#[test]
fn an_app_without_the_test_kit_gets_no_test() {
    let app = app(LIST);
    let manifest = app.path().join("Cargo.toml");
    fs::write(
        &manifest,
        "[package]\nname = \"shop\"\n[package.metadata.orcs]\n",
    )
    .unwrap();
    let ran = generate(app.path(), &["route", "chat"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("no test was written"), "{}", ran.stderr);
    assert!(!app.path().join("tests").exists());
}

#[test]
fn a_framework_outside_of_the_app_gets_into_the_image() {
    let app = app(LIST);
    assert_eq!(generate(app.path(), &["docker"]).code, 0);
    let read = |path: &str| fs::read_to_string(app.path().join(path)).unwrap();
    assert!(read("Dockerfile").contains("COPY --from=framework src /build/orcs/src\n"));
    assert!(read("Dockerfile").contains("ENTRYPOINT [\"/usr/local/bin/shop\"]\n"));
    assert!(read("compose.yaml").contains("framework: \"../orcs\"\n"));
    assert!(read(".dockerignore").lines().any(|line| line == ".env"));
}

/// systemd's own look at the units, where it is installed.
#[cfg(target_os = "linux")]
#[test]
fn systemd_has_nothing_to_say_against_the_units() {
    let app = app(LIST);
    assert_eq!(generate(app.path(), &["systemd"]).code, 0);
    let service = app.path().join("deploy/shop.service");
    let text = fs::read_to_string(&service).unwrap();
    for line in ["Type=notify", "Requires=shop.socket", "NoNewPrivileges=yes"] {
        assert!(text.lines().any(|known| known == line), "no {line}");
    }
    // The program is not installed here.
    fs::write(&service, text.replace("/opt/shop/shop", "/bin/sh")).unwrap();
    let socket = app.path().join("deploy/shop.socket");
    let verify = Command::new("systemd-analyze")
        .arg("verify")
        .args([&service, &socket])
        .output();
    let Ok(verify) = verify else { return };
    let said = String::from_utf8_lossy(&verify.stderr);
    let about_ours: Vec<_> = said.lines().filter(|line| line.contains("shop.")).collect();
    assert!(about_ours.is_empty(), "{about_ours:?}");
}

const LIST: &str = "pub mod shop;

use orcs::Routes;

pub fn all() -> Routes {
    Routes::new().add(shop::shop())
}
";

/// An app that is never built.
fn app(list: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "Cargo.toml",
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n[package.metadata.orcs]\n
         [dependencies]\norcs = { package = \"orcs-rs\", path = \"../orcs\" }\n
         [dev-dependencies]\nserde_json = \"1\"
         orcs = { package = \"orcs-rs\", path = \"../orcs\", features = [\"testing\"] }\n",
    );
    write("routes/mod.rs", list);
    write(
        "routes/shop.rs",
        "use orcs::prelude::*;

pub fn shop() -> Route {
    ws(\"/ws/shop\").on(\"buy\", async |_client, ()| ())
}
",
    );
    dir
}

fn generate(app: &Path, args: &[&str]) -> Ran {
    let args: Vec<_> = ["generate"].iter().chain(args).copied().collect();
    run(app, &args)
}

/// Every file with its text.
fn everything(dir: &Path) -> Vec<(PathBuf, String)> {
    let read = |path: PathBuf| {
        let text = fs::read_to_string(dir.join(&path)).unwrap();
        (path, text)
    };
    files_below(dir).into_iter().map(read).collect()
}
