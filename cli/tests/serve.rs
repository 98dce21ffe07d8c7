//! `orcs serve` and `orcs routes` with an app that only looks like one: it has no
//! dependencies, so it builds in a moment.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{Ran, orcs, ran, run};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Describes itself when asked, else prints what it was started with.
const MAIN: &str = r##"
fn main() {
    let set = |key| std::env::var(key).unwrap_or_default();
    if set("ORCS_DESCRIBE") == "1" {
        println!("a line of the app's own");
        let port = set("PORT").parse().unwrap_or(42069);
        println!(r#"{{"name":"fake","hosts":["127.0.0.1","::1"],"port":{port},"routes":[{{"path":"/ws/chat","auth":"none","events":["join","message"],"connect":true,"disconnect":true,"fallback":false}},{{"path":"/ws/private","auth":"required","events":[],"connect":true}}],"later":1}}"#);
        return;
    }
    println!("pid {}", std::process::id());
    println!("cwd {}", std::env::current_dir().unwrap().display());
    println!("host {:?} port {:?}", set("HOST"), set("PORT"));
    std::process::exit(7);
}
"##;

fn app(main: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let manifest =
        "[workspace]\n[package]\nname = \"fake\"\nedition = \"2024\"\n[package.metadata.orcs]\n";
    fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(dir.path().join("src/main.rs"), main).unwrap();
    dir
}

fn in_app(app: &Path, args: &[&str]) -> Command {
    let mut command = orcs(app);
    command
        .args(args)
        .env("CARGO_TARGET_DIR", app.join("target"))
        .env("CARGO_TERM_COLOR", "never");
    command
}

fn run_in(app: &Path, args: &[&str]) -> Ran {
    ran(&in_app(app, args).output().unwrap())
}

#[test]
fn serve_says_where_and_becomes_the_app() {
    let app = app(MAIN);
    let below = app.path().join("src");
    let mut serve = in_app(app.path(), &["serve", "-p", "4711", "--host", "::1"]);
    let child = serve
        .current_dir(&below)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child.unwrap();
    let pid = child.id();
    let ran = ran(&child.wait_with_output().unwrap());
    let stdout: Vec<_> = ran.stdout.lines().collect();
    if cfg!(unix) {
        assert_eq!(
            stdout[0],
            format!("pid {pid}"),
            "signals must reach the app itself"
        );
    }
    assert_eq!(
        stdout[1],
        format!("cwd {}", app.path().canonicalize().unwrap().display())
    );
    assert_eq!(stdout[2], r#"host "::1" port "4711""#);
    assert_eq!(ran.code, 7, "the app's own exit code");
    let banner = ran.stderr.split_once("  fake\n").expect("a banner").1;
    assert_eq!(
        banner,
        "    page  http://localhost:4711/
    ws    ws://localhost:4711/ws/chat     2 events: join, message
    ws    ws://localhost:4711/ws/private  no events                token required
  stop with Ctrl-C
"
    );
}

#[test]
fn a_fresh_checkout_gets_its_env() {
    let app = app(MAIN);
    fs::write(app.path().join(".env.example"), "PORT=42069\nJWT_SECRET=\n").unwrap();
    let wrote = "  wrote .env from .env.example, with a secret of its own\n";
    assert!(run_in(app.path(), &["s"]).stderr.contains(wrote));
    let env = fs::read_to_string(app.path().join(".env")).unwrap();
    assert!(
        env.starts_with("PORT=42069\nJWT_SECRET=") && env.len() > 64,
        "{env}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(app.path().join(".env"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // The second start leaves it alone.
    assert!(!run_in(app.path(), &["dev"]).stderr.contains(wrote));
    assert_eq!(fs::read_to_string(app.path().join(".env")).unwrap(), env);
}

/// `exists` follows the link and says no; the app then started without its settings.
#[cfg(unix)]
#[test]
fn an_env_that_is_a_link_to_nowhere_is_reported() {
    let app = app(MAIN);
    fs::write(app.path().join(".env.example"), "JWT_SECRET=\n").unwrap();
    std::os::unix::fs::symlink("gone", app.path().join(".env")).unwrap();
    let ran = run_in(app.path(), &["serve"]);
    assert_eq!((ran.code, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr.contains("/.env is a link to nowhere\n  help: "),
        "{}",
        ran.stderr
    );
    assert!(!app.path().join("gone").exists());

    fs::write(app.path().join("gone"), "JWT_SECRET=mine\n").unwrap();
    assert_eq!(run_in(app.path(), &["serve"]).code, 7, "a link is fine");
}

#[test]
fn a_host_is_an_address() {
    let app = app(MAIN);
    for host in ["", "example.org", "127.0.0.1:80", "[::1]"] {
        let ran = run_in(app.path(), &["serve", "--host", host]);
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{host:?}");
        assert!(
            ran.stderr
                .contains("expected an IP address, such as 0.0.0.0 or ::1, or `localhost`"),
            "{}",
            ran.stderr
        );
    }
    let ran = run_in(app.path(), &["serve", "--host", "localhost"]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(ran.stdout.contains(r#"host "localhost""#), "{}", ran.stdout);
}

#[test]
fn routes_are_told_by_the_app() {
    let app = app(MAIN);
    let table = run_in(app.path(), &["routes"]);
    assert_eq!(
        table.stdout,
        "/ws/chat  open
  join
  message

/ws/private  token
"
    );
    let json = run_in(app.path(), &["routes", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["later"], 1, "unknown keys are passed on");
}

#[test]
fn a_build_that_fails_is_cargos_to_explain() {
    let app = app("fn main() { let x: u8 = \"\"; }");
    let ran = run_in(app.path(), &["serve"]);
    assert_eq!((ran.code, &*ran.stdout), (1, ""));
    assert!(ran.stderr.contains("mismatched types"), "{}", ran.stderr);
    assert!(
        ran.stderr
            .ends_with("error: the app does not build; what cargo says is above\n")
    );
}

#[test]
fn an_app_that_refuses_to_start_is_heard() {
    let app = app("fn main() { eprintln!(\"WS_MAX: `x` is no number\"); std::process::exit(1) }");
    let ran = run_in(app.path(), &["routes"]);
    assert_eq!((ran.code, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr
            .contains("\nWS_MAX: `x` is no number\nerror: the app does not start")
    );
}

#[test]
fn an_answer_that_is_no_description_is_refused() {
    let app = app("fn main() { println!(\"hello\") }");
    let ran = run_in(app.path(), &["routes"]);
    assert_eq!((ran.code, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr
            .contains("error: the app's description cannot be read"),
        "{}",
        ran.stderr
    );
}

#[test]
fn outside_of_an_app_the_exit_code_is_3() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("Cargo.toml"),
        "[package]\nname = \"other\"\n",
    )
    .unwrap();
    for command in ["serve", "dev", "s", "routes", "token"] {
        let ran = run(dir.path(), &[command]);
        assert_eq!((ran.code, &*ran.stdout), (3, ""), "{command}");
        assert_eq!(
            ran.stderr,
            "error: no orcs app here (looked for Cargo.toml with package.metadata.orcs up to /)
  help: orcs new myapp
"
        );
    }
    fs::write(dir.path().join("Cargo.toml"), "[package\n").unwrap();
    assert_eq!(
        run(dir.path(), &["serve"]).code,
        1,
        "a broken manifest may be the app's"
    );
}
