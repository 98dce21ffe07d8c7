//! The layers of `src/`: who may import from whom, and where there is no runtime.

use std::fs;
use std::path::Path;

/// Each layer imports from itself and from those before it.
const LAYERS: [(&str, &[&str]); 7] = [
    (
        "words",
        &[
            "envelope",
            "id",
            "close",
            "compression",
            "error",
            "config",
            "event",
            "lock",
            "copy",
            "slow",
            "rate_limit",
            "codec",
            "search",
            "text",
            "json",
            "profile",
            "reject",
            "origin",
            "proxy",
            "path",
        ],
    ),
    ("proto", &["proto"]),
    ("hub", &["hub"]),
    ("cluster", &["cluster"]),
    (
        "API",
        &[
            "manager",
            "client",
            "route",
            "auth",
            "csrf",
            "admit",
            "target",
            "outgoing",
            "panic",
            "rooms",
            "turn_holder",
        ],
    ),
    ("server", &["server"]),
    ("fuzzing", &["fuzzing"]),
];

/// Layers that are plain calls: whoever uses them brings the runtime and the time.
const WITHOUT_RUNTIME: [&str; 3] = ["words", "proto", "hub"];
const RUNTIME: [&str; 4] = ["async", "tokio", "Instant", "SystemTime::now"];

/// HTTP's libraries, and where they are known.
const HTTP: [&str; 3] = ["warp", "hyper", "hyper_util"];
const HTTP_IN: [&str; 4] = ["server/", "route/routes.rs", "auth/jwks/fetch.rs", "lib.rs"];

#[test]
fn every_file_keeps_to_its_layer() {
    let mut broken = Vec::new();
    let mut files = 0;
    each_file(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        "",
        &mut |path, text| {
            files += 1;
            broken.extend(broken_rules(path, text));
        },
    );
    assert!(files > 20, "src/ was found");
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn an_import_from_a_later_layer_is_found() {
    for (path, text, expected) in [
        (
            "hub/room.rs",
            "//! A room.\n\nuse crate::manager::WebSocketManager;\n",
            "src/hub/room.rs:3: hub imports `manager` of the API layer; \
             a layer imports from itself and from those before it",
        ),
        (
            "id.rs",
            "use crate::proto::frame;\n",
            "src/id.rs:1: words imports `proto` of the proto layer; \
             a layer imports from itself and from those before it",
        ),
        (
            "proto/frame.rs",
            "use crate::{close, hub::{self, Member}};\n",
            "src/proto/frame.rs:1: proto imports `hub` of the hub layer; \
             a layer imports from itself and from those before it",
        ),
        (
            "client.rs",
            "use crate::{\n    close::Close,\n    server::App,\n};\n",
            "src/client.rs:1: API imports `server` of the server layer; \
             a layer imports from itself and from those before it",
        ),
        (
            "hub/mod.rs",
            "fn f() {\n    crate::outgoing::text(|_| ());\n}\n",
            "src/hub/mod.rs:2: hub imports `outgoing` of the API layer; \
             a layer imports from itself and from those before it",
        ),
        (
            "hub/mod.rs",
            "#[cfg(test)]\nmod tests {\n    pub(crate) use crate::client::Client;\n}\n",
            "src/hub/mod.rs:3: hub imports `client` of the API layer; \
             a layer imports from itself and from those before it",
        ),
        (
            "hub/mod.rs",
            "use crate::Client;\n",
            "src/hub/mod.rs:1: `crate::Client` hides its layer; \
             import from the module that has it",
        ),
        (
            "id.rs",
            "use super::server::App;\n",
            "src/id.rs:1: words imports `server` of the server layer; \
             a layer imports from itself and from those before it",
        ),
        (
            "dashboard.rs",
            "",
            "src/dashboard.rs: `dashboard` has no layer; give it one in tests/layers.rs",
        ),
    ] {
        assert_eq!(broken_rules(path, text), [expected]);
    }
}

#[test]
fn a_runtime_below_the_api_is_found() {
    for (path, line) in [
        ("hub/outbox.rs", "async fn send() {}"),
        ("proto/frame.rs", "use tokio::io::AsyncRead;"),
        ("id.rs", "let now = std::time::Instant::now();"),
        ("close.rs", "let now = SystemTime::now();"),
        ("hub/mod.rs", "let send = async |_| ();"),
    ] {
        let broken = broken_rules(path, &format!("//! A file.\n{line}\n"));
        assert_eq!(broken.len(), 1, "{line}: {broken:?}");
        assert!(
            broken[0].starts_with(&format!("src/{path}:2: ")),
            "{broken:?}"
        );
        assert!(
            broken[0].ends_with("has no runtime and no clock"),
            "{broken:?}"
        );
    }
}

#[test]
fn http_outside_the_server_is_found() {
    for (path, line) in [
        ("manager.rs", "use warp::Filter;"),
        ("route/mod.rs", "type Body = hyper::body::Incoming;"),
        (
            "hub/mod.rs",
            "#[cfg(test)] mod tests { use hyper_util::rt::TokioIo; }",
        ),
    ] {
        let broken = broken_rules(path, line);
        assert_eq!(broken.len(), 1, "{line}: {broken:?}");
        assert!(broken[0].ends_with(
            "are known in src/server/, src/route/routes.rs and src/auth/jwks/fetch.rs only"
        ));
    }
}

#[test]
fn what_keeps_to_the_rules_is_no_finding() {
    for (path, text) in [
        ("hub/mod.rs", "use crate::{close::Close, id::ClientId};\n"),
        (
            "server/app.rs",
            "use crate::auth;\nuse warp::Filter;\nuse tokio::net;\n",
        ),
        ("route/routes.rs", "use warp::Filter;\n"),
        ("lib.rs", "pub use crate::{Client, ws};\npub use warp;\n"),
        (
            "close.rs",
            "/// See [`Server`](crate::Server), an async fn of tokio.\n",
        ),
        ("error.rs", "fn f() {} // crate::server, tokio\n"),
        ("hub/outbox.rs", "fn asynchronous() {}\nstruct MyInstant;\n"),
        ("hub/tests.rs", "async fn f() {}\n"),
        (
            "proto/frame.rs",
            "#[cfg(test)]\nmod tests {\n    use super::*;\n    async fn f() {}\n}\n",
        ),
    ] {
        assert_eq!(broken_rules(path, text), [""; 0], "{path}: {text}");
    }
}

/// What a file of `src/` does against the rules, as sentences.
fn broken_rules(path: &str, text: &str) -> Vec<String> {
    let code = without_comments(text);
    let mut broken = Vec::new();
    if !HTTP_IN.iter().any(|place| path.starts_with(place)) {
        for (line, word) in words(&code, &HTTP) {
            broken.push(format!(
                "src/{path}:{line}: `{word}` and the like are known in src/server/, src/route/routes.rs and src/auth/jwks/fetch.rs only"
            ));
        }
    }
    if matches!(path, "lib.rs" | "main.rs") {
        return broken;
    }
    let module = path.split(['/', '.']).next().unwrap_or(path);
    let Some(own) = layer_of(module) else {
        broken.push(format!(
            "src/{path}: `{module}` has no layer; give it one in tests/layers.rs"
        ));
        return broken;
    };
    let (name, _) = LAYERS[own];
    let mut imports = paths(&code, "crate::");
    // The way round: `super` up to the crate's root. In a test module it is one short
    // of it, so only names of other modules count.
    let beside = paths(&code, &"super::".repeat(depth(path)));
    imports.extend(
        beside
            .into_iter()
            .filter(|(_, name)| layer_of(name).is_some()),
    );
    for (line, import) in imports {
        match layer_of(&import) {
            Some(other) if other <= own => {}
            Some(other) => broken.push(format!(
                "src/{path}:{line}: {name} imports `{import}` of the {} layer; \
                 a layer imports from itself and from those before it",
                LAYERS[other].0
            )),
            None => broken.push(format!(
                "src/{path}:{line}: `crate::{import}` hides its layer; import from the module that has it"
            )),
        }
    }
    if WITHOUT_RUNTIME.contains(&name) && !path.ends_with("tests.rs") {
        for (line, word) in words(without_tests(&code), &RUNTIME) {
            broken.push(format!(
                "src/{path}:{line}: `{word}`: {name} has no runtime and no clock"
            ));
        }
    }
    broken
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS
        .iter()
        .position(|(_, modules)| modules.contains(&module))
}

/// How many `super` lead from a file to the crate's root.
fn depth(path: &str) -> usize {
    path.split('/').filter(|part| *part != "mod.rs").count()
}

/// The names right behind `prefix`, also those of a group, each with its line.
fn paths(code: &str, prefix: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].ends_with(|before: char| is_word(before) || before == ':') {
            continue;
        }
        let line = line_of(code, at);
        let behind = &code[at + prefix.len()..];
        let Some(group) = behind.strip_prefix('{') else {
            found.push((line, first_word(behind)));
            continue;
        };
        let mut depth = 0;
        let mut begins = true;
        for (at, letter) in group.char_indices() {
            match letter {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                _ if depth == 0 && begins && !letter.is_whitespace() => {
                    found.push((line, first_word(&group[at..])));
                    begins = false;
                }
                _ => {}
            }
        }
    }
    found
}

/// Where any of these words stands, each with its line.
fn words<'a>(code: &str, wanted: &[&'a str]) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    for word in wanted {
        for (at, _) in code.match_indices(word) {
            let (before, behind) = (&code[..at], &code[at + word.len()..]);
            if !before.ends_with(is_word) && !behind.starts_with(is_word) {
                found.push((line_of(code, at), *word));
            }
        }
    }
    found
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|letter| is_word(*letter)).collect()
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn line_of(code: &str, at: usize) -> usize {
    1 + code[..at].matches('\n').count()
}

/// The same lines, without what stands behind `//`.
fn without_comments(text: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(line))
        .collect();
    lines.join("\n")
}

/// What stands above a file's test module.
fn without_tests(code: &str) -> &str {
    let tests = code.match_indices("#[cfg(test)]").find(|(at, attribute)| {
        code[at + attribute.len()..]
            .trim_start()
            .starts_with("mod ")
    });
    tests.map_or(code, |(at, _)| &code[..at])
}

/// Visits every Rust file below `folder`, with its path from `src/` on.
fn each_file(folder: &Path, prefix: &str, visit: &mut impl FnMut(&str, &str)) {
    for entry in fs::read_dir(folder).expect("a folder of src/") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        if path.is_dir() {
            each_file(&path, &format!("{prefix}{name}/"), visit);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).expect("a readable file");
            visit(&format!("{prefix}{name}"), &text);
        }
    }
}
