//! `orcs secret`.
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{orcs, ran, run};
use std::fs;

const OLD: &str = "0123456789abcdef0123456789abcdef";

fn app(env: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("Cargo.toml"), "[package.metadata.orcs]\n").unwrap();
    fs::write(dir.path().join(".env"), env).unwrap();
    dir
}

fn is_secret(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit())
}

#[test]
fn each_is_new_and_needs_no_app() {
    let nowhere = tempfile::tempdir().unwrap();
    let [one, two] = [(); 2].map(|()| run(nowhere.path(), &["secret"]));
    assert_eq!((one.code, &*one.stderr), (0, ""));
    assert!(is_secret(one.stdout.trim_end()), "{}", one.stdout);
    assert_ne!(one.stdout, two.stdout);
    assert_eq!(run(nowhere.path(), &["secret", "--write"]).code, 3);
}

#[test]
fn it_takes_the_old_ones_place_and_old_tokens_end() {
    let env = format!("# mine\nPORT=1\nJWT_SECRET={OLD}\nLOG_LEVEL=info");
    let app = app(&env);
    let token = run(app.path(), &["token"]).stdout;
    let ran = run(app.path(), &["secret", "--write"]);
    assert_eq!((ran.code, &*ran.stdout), (0, ""));
    assert_eq!(
        ran.stderr,
        "  wrote a new JWT_SECRET into .env
  tokens that the old one signed end when the app starts again; orcs token signs new ones
"
    );
    let now = fs::read_to_string(app.path().join(".env")).unwrap();
    let (before, rest) = now.split_once("JWT_SECRET=").unwrap();
    let (secret, after) = rest.split_once('\n').unwrap();
    assert_eq!((before, after), ("# mine\nPORT=1\n", "LOG_LEVEL=info"));
    assert!(is_secret(secret) && secret != OLD);
    assert_eq!(run(app.path(), &["token", "decode", token.trim()]).code, 1);
    let files = fs::read_dir(app.path()).unwrap().count();
    assert_eq!(files, 2, "nothing lies beside it");
}

#[test]
fn who_has_no_env_gets_the_examples() {
    let app = app("");
    fs::remove_file(app.path().join(".env")).unwrap();
    fs::write(app.path().join(".env.example"), "PORT=1\nJWT_SECRET=\n").unwrap();
    let ran = run(app.path(), &["secret", "--write"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let env = fs::read_to_string(app.path().join(".env")).unwrap();
    let secret = env.strip_prefix("PORT=1\nJWT_SECRET=").unwrap();
    assert!(is_secret(secret.trim_end()));
}

#[test]
fn a_secret_that_cannot_be_replaced_whole_stays() {
    let env = "JWT_SECRET='first\nsecond'\n";
    let app = app(env);
    let ran = run(app.path(), &["secret", "--write"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("spans several lines\n  help: "),
        "{}",
        ran.stderr
    );
    assert_eq!(fs::read_to_string(app.path().join(".env")).unwrap(), env);
}

#[test]
fn the_environment_wins_and_that_is_said() {
    let app = app("JWT_SECRET=\n");
    let mut secret = orcs(app.path());
    secret.args(["secret", "--write"]).env("JWT_SECRET", OLD);
    let ran = ran(&secret.output().unwrap());
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr
            .ends_with("  but JWT_SECRET in the environment wins over .env\n")
    );
    assert!(!ran.stderr.contains(OLD));
}

#[cfg(unix)]
#[test]
fn rights_and_links_stay() {
    use std::os::unix::fs::PermissionsExt;
    let app = app("");
    let (env, real) = (app.path().join(".env"), app.path().join("real"));
    fs::remove_file(&env).unwrap();
    fs::write(&real, format!("JWT_SECRET={OLD}\n")).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real", &env).unwrap();
    assert_eq!(run(app.path(), &["secret", "--write"]).code, 0);
    assert!(fs::symlink_metadata(&env).unwrap().is_symlink());
    assert_eq!(
        fs::metadata(&real).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert!(!fs::read_to_string(&real).unwrap().contains(OLD));

    fs::remove_file(&real).unwrap();
    let ran = run(app.path(), &["secret", "--write"]);
    assert_eq!(ran.code, 1, "a link to nowhere");
}
