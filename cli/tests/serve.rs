//! `orcs serve` and `orcs routes` with an app that only looks like one.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::fake::{app, in_app, program, run_in};
use common::served::{Served, get};
use common::{ran, run};
use std::fs;
use std::net::TcpListener;

#[test]
fn serve_says_where_the_app_is_and_stops_it() {
    let app = app(&program("one"));
    let mut command = in_app(
        &app.path().join("src"),
        &["serve", "-p", "0", "--json", "--", "-x", "y"],
    );
    let mut serve = Served::start(command.env("CARGO_TARGET_DIR", app.path().join("target")));
    let port = serve.next("ready")["port"].as_u64().unwrap();
    assert_eq!(get(port, "/"), "one ");
    serve.said("stop with Ctrl-C\n");
    let said = serve.stderr();
    let banner = said.split_once("  fake\n").expect("a banner").1;
    assert_eq!(
        banner,
        format!(
            "    page  http://localhost:{port}/
    ws    ws://localhost:{port}/ws/chat     2 events: join, message
    ws    ws://localhost:{port}/ws/private  no events                token required
  watching src/ .env  stop with Ctrl-C
"
        )
    );
    let cwd = app.path().canonicalize().unwrap();
    assert!(
        said.contains(&format!("\ncwd {}\n", cwd.display())),
        "{said}"
    );
    assert!(
        said.contains("host \"\" port \"0\" args [\"-x\", \"y\"]\n"),
        "{said}"
    );
    serve.signal("INT");
    assert_eq!(serve.exit_code(), Some(0));
}

#[test]
fn without_watching_it_ends_as_the_app_does() {
    let app = app(&program("one"));
    fs::write(app.path().join(".env"), "END=7\n").unwrap();
    let ran = run_in(app.path(), &["serve", "-p", "0", "--no-watch"]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("the app has had enough\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_fresh_checkout_gets_its_env() {
    let app = app(&program("one"));
    fs::write(
        app.path().join(".env.example"),
        "PORT=0\nEND=7\nJWT_SECRET=\n",
    )
    .unwrap();
    let wrote = "  wrote .env from .env.example, with a secret of its own\n";
    assert!(
        run_in(app.path(), &["s", "--no-watch"])
            .stderr
            .contains(wrote)
    );
    let env = fs::read_to_string(app.path().join(".env")).unwrap();
    assert!(
        env.starts_with("PORT=0\nEND=7\nJWT_SECRET=") && env.len() > 64,
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
    assert!(
        !run_in(app.path(), &["dev", "--no-watch"])
            .stderr
            .contains(wrote)
    );
    assert_eq!(fs::read_to_string(app.path().join(".env")).unwrap(), env);
}

/// `exists` follows the link and says no; the app then started without its settings.
#[cfg(unix)]
#[test]
fn an_env_that_is_a_link_to_nowhere_is_reported() {
    let app = app(&program("one"));
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

    fs::write(app.path().join("gone"), "PORT=0\nEND=7\n").unwrap();
    let ran = run_in(app.path(), &["serve", "--no-watch"]);
    assert_eq!(ran.code, 7, "a link is fine");
}

#[test]
fn a_host_is_an_address() {
    let app = app(&program("one"));
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
    fs::write(app.path().join(".env"), "PORT=0\nEND=7\n").unwrap();
    let ran = run_in(app.path(), &["serve", "--no-watch", "--host", "localhost"]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(ran.stdout.contains(r#"host "localhost""#), "{}", ran.stdout);
}

#[test]
fn routes_are_told_by_the_app() {
    let app = app(&program("one"));
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
fn a_build_that_fails_is_the_compilers_to_explain() {
    let app = app("fn main() { let x: u8 = \"\"; }");
    let ran = run_in(app.path(), &["serve", "-p", "0", "--no-watch"]);
    assert_eq!((ran.code, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr
            .contains(" x src/main.rs:1:25 mismatched types\n"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("fn main() { let x: u8 = \"\"; }\n"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .ends_with("error: the app does not build; what the compiler says is above\n")
    );
}

#[test]
fn a_build_that_cargo_refuses_is_cargos_to_explain() {
    let app = app(&program("one"));
    let manifest = fs::read_to_string(app.path().join("Cargo.toml")).unwrap();
    fs::write(
        app.path().join("Cargo.toml"),
        manifest.replace("2024", "1066"),
    )
    .unwrap();
    let ran = run_in(app.path(), &["serve", "-p", "0", "--no-watch"]);
    assert_eq!((ran.code, &*ran.stdout), (1, ""));
    assert!(ran.stderr.contains("1066"), "{}", ran.stderr);
}

#[test]
fn crates_that_are_missing_are_to_be_fetched() {
    let app = app(&program("one"));
    let manifest = fs::read_to_string(app.path().join("Cargo.toml")).unwrap();
    let manifest = manifest + "[dependencies]\nserde = \"1\"\n";
    fs::write(app.path().join("Cargo.toml"), manifest).unwrap();
    let mut serve = in_app(app.path(), &["serve", "-p", "0", "--no-watch"]);
    let serve = serve
        .env("CARGO_HOME", app.path().join("empty"))
        .env("CARGO_NET_OFFLINE", "true");
    let ran = ran(&serve.output().unwrap());
    assert_eq!((ran.code, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr
            .contains("no matching package named `serde` found\n"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains(": cargo fetch, once"), "{}", ran.stderr);
}

#[test]
fn a_taken_port_is_told_before_anything_is_built() {
    let app = app(&program("one"));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ran = run_in(app.path(), &["serve", "-p", &port.to_string()]);
    assert_eq!((ran.code, &*ran.stdout), (1, ""));
    let by = format!(
        "error: port {port} is taken by process {} (",
        std::process::id()
    );
    assert!(ran.stderr.contains(&by), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("  help: orcs serve -p "),
        "{}",
        ran.stderr
    );
    assert!(!app.path().join("target").exists());
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
