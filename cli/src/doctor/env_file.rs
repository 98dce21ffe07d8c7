//! `.env` as a file: there, its owner's, and not in git.

use super::check::Check;
use crate::app::App;
use std::fs;
use std::process::{Command, Stdio};

const NAME: &str = ".env";
const SAFE: &str = "git";

pub fn checks(app: &App) -> Vec<Check> {
    let mut checks = vec![file(app)];
    checks.extend(git(app));
    checks
}

fn file(app: &App) -> Check {
    match fs::metadata(app.root.join(".env")) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let message = "there is none: the defaults hold, and there is no secret";
            Check::warning(NAME, message, "orcs secret --write")
        }
        Err(e) => Check::failed(NAME, format!("it cannot be read: {e}"), "ls -l .env"),
        Ok(found) if is_open(&found) => {
            let message = "other users of this machine can read its secret";
            Check::warning(NAME, message, "chmod 600 .env")
        }
        Ok(_) => Check::ok(NAME, "there, and its owner's alone"),
    }
}

#[cfg(unix)]
fn is_open(found: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o004 != 0
}

#[cfg(not(unix))]
fn is_open(_: &fs::Metadata) -> bool {
    false
}

/// Whoever has the repository would have the secret; nothing where there is no git.
fn git(app: &App) -> Option<Check> {
    let says = |words: &[&str]| {
        let mut git = Command::new("git");
        git.args(words).current_dir(&app.root);
        git.stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        git.status().ok()?.code()
    };
    if says(&["rev-parse", "--git-dir"])? != 0 {
        return None;
    }
    if says(&["ls-files", "--error-unmatch", ".env"])? == 0 {
        let fix = "git rm --cached .env && echo .env >> .gitignore && orcs secret --write";
        return Some(Check::failed(
            SAFE,
            "git has .env, and with it the secret",
            fix,
        ));
    }
    if says(&["check-ignore", "-q", ".env"])? != 0 {
        let message = "git does not ignore .env: `git add .` would take the secret along";
        return Some(Check::warning(SAFE, message, "echo .env >> .gitignore"));
    }
    Some(Check::ok(SAFE, "ignores .env"))
}
