//! `orcs generate auth`: a login that checks passwords and signs tokens.

use super::list::{self, Entry};
use super::plan::Plan;
use super::under_test::UnderTest;
use super::{rustfmt, template};
use crate::app::App;
use crate::terminal::Failure;
use std::fs;

/// Write a login: POST /login checks a password and answers a token
///
/// Names and Argon2 hashes are kept in users.txt, which git does not see. It adds one
/// dependency, argon2, which cargo downloads with the next build.
#[derive(clap::Args)]
pub struct Args {}

pub fn plan(app: &App) -> Result<Plan, Failure> {
    let mut plan = Plan::default();
    for (path, text) in [
        (
            "routes/login.rs",
            include_str!("../../templates/generate/login.rs"),
        ),
        (
            "examples/add_user.rs",
            include_str!("../../templates/generate/add_user.rs"),
        ),
    ] {
        plan.create(path, rustfmt::new_file(app, text));
    }
    let under_test = UnderTest::of(app, "login", "orcs::Routes::new().http(login::http)")?;
    let test = template::render(
        include_str!("../../templates/generate/login_test.rs.hbs"),
        &under_test,
    )?;
    plan.create("tests/login.rs", rustfmt::new_file(app, &test));
    let entry = Entry {
        name: "login",
        declaration: "pub mod login;".to_owned(),
        method: "http",
        call: ".http(login::http)".to_owned(),
    };
    entry.enter(app, &mut plan)?;
    add_dependency(app, &mut plan)?;
    ignore_users(app, &mut plan);
    plan.next("add somebody: cargo run --example add_user ann");
    plan.next("log in: POST /login with {\"name\":\"ann\",\"password\":\"..\"}; the token opens routes with `.auth::<User>()`");
    Ok(plan)
}

fn add_dependency(app: &App, plan: &mut Plan) -> Result<(), Failure> {
    let before = list::read(app, MANIFEST)?;
    match with_dependency(&before) {
        Some(after) => plan.change(MANIFEST, before, after),
        None => plan.by_hand(
            MANIFEST,
            vec![format!("{DEPENDENCY}, below [dependencies]")],
        ),
    }
    Ok(())
}

const MANIFEST: &str = "Cargo.toml";

const DEPENDENCY: &str = "argon2 = \"0.6\"";

fn with_dependency(manifest: &str) -> Option<String> {
    let parsed: toml::Table = manifest.parse().ok()?;
    let has = |key: &str| {
        parsed
            .get("dependencies")
            .is_some_and(|known| known.get(key).is_some())
    };
    if has("argon2") {
        return Some(manifest.to_owned());
    }
    let head = "\n[dependencies]\n";
    let place = manifest.find(head)? + head.len();
    let (before, behind) = manifest.split_at(place);
    let behind = behind.trim_end();
    let with = format!(
        "{before}# Hashes the passwords of routes/login.rs.\n{DEPENDENCY}\n{behind}\n{FAST}"
    );
    with.parse::<toml::Table>().is_ok().then_some(with)
}

/// A hash is slow on purpose, and unoptimised takes seconds.
const FAST: &str = "
# A login takes a tenth of a second, not one.
[profile.dev.package.argon2]
opt-level = 3

[profile.dev.package.blake2]
opt-level = 3
";

/// Hashes of passwords are nothing for a repository.
fn ignore_users(app: &App, plan: &mut Plan) {
    let before = fs::read_to_string(app.root.join(".gitignore")).unwrap_or_default();
    if before.lines().any(|line| line == "/users.txt") {
        return;
    }
    let gap = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let after = format!("{before}{gap}/users.txt\n");
    match app.root.join(".gitignore").exists() {
        true => plan.change(".gitignore", before, after),
        false => plan.create(".gitignore", after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_added_once_and_nothing_else_changes() {
        let manifest = "[package]\nname = \"a\"\n\n[dependencies]\n# mine\nserde = \"1\"\n";
        let after = with_dependency(manifest).unwrap();
        assert_eq!(
            after,
            format!(
                "[package]\nname = \"a\"\n\n[dependencies]\n# Hashes the passwords of \
                 routes/login.rs.\nargon2 = \"0.6\"\n# mine\nserde = \"1\"\n{FAST}"
            )
        );
        assert_eq!(with_dependency(&after).unwrap(), after);
        assert_eq!(with_dependency("[package]\nname = \"a\"\n"), None);
    }
}
