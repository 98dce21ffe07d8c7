//! `orcs generate route`: a socket in a file of its own, on the list, with its test.

use super::event;
use super::list::Entry;
use super::names::{EventName, Field, FileName};
use super::plan::Plan;
use super::under_test::UnderTest;
use super::{middleware, rustfmt, template};
use crate::app::App;
use crate::terminal::{Failure, shell};
use serde::Serialize;
use std::fs;

/// Write a route: its file, its place on the list, and a test
///
/// For example: orcs generate route game move chat
#[derive(clap::Args)]
pub struct Args {
    /// Its name: routes/NAME.rs and the function in it
    name: String,

    /// The events it handles [default: message]
    events: Vec<String>,

    /// Where clients find it [default: /ws/NAME]
    #[arg(long)]
    path: Option<String>,

    /// Let in only clients with a valid token
    #[arg(long)]
    auth: bool,
}

pub fn plan(app: &App, args: &Args) -> Result<Plan, Failure> {
    let name = FileName::parse("route", &args.name)?;
    if name.as_str() == middleware::MODULE {
        let message = "`middleware` is the list of middlewares in routes/mod.rs";
        return Err(Failure::new(message).help(instead(args)));
    }
    let path = match &args.path {
        Some(path) => path.clone(),
        None => format!("/ws/{}", args.name),
    };
    let test_path = concrete(&path)?;
    let file = format!("routes/{}.rs", name.as_str());
    // Its own path is in it: that the file is there says more.
    if fs::symlink_metadata(app.root.join(&file)).is_err() {
        check_path_is_free(app, &name, &path)?;
    }
    let events = events(&args.events)?;

    let mut plan = Plan::default();
    let route = rustfmt::new_file(app, &render_route(&name, &path, args.auth, &events)?);
    plan.create(file, route);
    let entry = Entry {
        name: name.as_str(),
        declaration: format!("pub mod {};", name.as_str()),
        method: "add",
        call: format!(".add({0}::{0}())", name.as_str()),
    };
    entry.enter(app, &mut plan)?;
    if has_test_kit(app) {
        let alone = format!("orcs::Routes::new(){}", entry.call);
        let under_test = UnderTest::of(app, name.as_str(), &alone)?;
        let test = render_test(&path, &test_path, args.auth, &events, &under_test)?;
        let test = rustfmt::new_file(app, &test);
        plan.create(format!("tests/{}.rs", name.as_str()), test);
        plan.next(format!("try it: cargo test --test {}", name.as_str()));
    } else {
        plan.next("no test was written: Cargo.toml has no dev-dependencies `serde_json` and `orcs` with `testing`");
    }
    Ok(plan)
}

/// What to type when the file is there.
pub fn instead(args: &Args) -> String {
    format!("orcs generate route {}-2", shell::visible(&args.name))
}

fn events(names: &[String]) -> Result<Vec<EventName>, Failure> {
    let message = ["message".to_owned()];
    let names = if names.is_empty() { &message } else { names };
    let mut events: Vec<EventName> = Vec::new();
    for name in names {
        let event = EventName::parse(name)?;
        let is_same = |known: &&EventName| known.handler == event.handler;
        if let Some(known) = events.iter().find(is_same) {
            let message = match known.wire == event.wire {
                true => format!("`{}` is given twice", event.wire),
                false => format!("`{}` and `{}` are too alike", known.wire, event.wire),
            };
            return Err(Failure::new(message).help("give each event a name of its own"));
        }
        events.push(event);
    }
    Ok(events)
}

/// A path that fits the route: each name in it stands for something.
fn concrete(path: &str) -> Result<String, Failure> {
    let refuse = |reason: &str| {
        let message = format!("`{}` is no path of a route: {reason}", shell::visible(path));
        Failure::new(message).help("--path /ws/chat, or one for many: --path '/rooms/{room}'")
    };
    let Some(segments) = path.strip_prefix('/') else {
        return Err(refuse("it begins with `/`"));
    };
    if segments == "_orcs" || segments.starts_with("_orcs/") {
        return Err(refuse("paths below /_orcs/ are the framework's own"));
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    let mut concrete = String::new();
    for segment in segments.split('/') {
        let name = segment
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        let is_name = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        concrete.push('/');
        match name {
            Some(name) if is_name(name) => concrete.push_str("one"),
            None if !segment.is_empty() && segment.chars().all(is_plain) => {
                concrete.push_str(segment);
            }
            _ => {
                return Err(refuse(
                    "between slashes there are letters, digits, `-`, `_`, `.`, `~`, or a {name}",
                ));
            }
        }
    }
    Ok(concrete)
}

/// Two routes with one path would stop the start.
fn check_path_is_free(app: &App, name: &FileName, path: &str) -> Result<(), Failure> {
    let begins = format!("ws(\"{path}\")");
    let file = event::files(app)?
        .into_iter()
        .find(|(_, text)| text.contains(&begins));
    match file {
        Some((file, _)) => {
            let message = format!("{path} is already a route in {}", shell::visible(&file));
            let name = name.as_str();
            Err(Failure::new(message).help(format!("orcs generate route {name} --path {path}-2")))
        }
        None => Ok(()),
    }
}

/// Whether a test of routes compiles in this app.
fn has_test_kit(app: &App) -> bool {
    let manifest = fs::read_to_string(app.root.join("Cargo.toml")).unwrap_or_default();
    let manifest: toml::Table = manifest.parse().unwrap_or_default();
    let Some(dev) = manifest.get("dev-dependencies") else {
        return false;
    };
    let features = dev
        .get("orcs")
        .and_then(|orcs| orcs.get("features")?.as_array());
    let has_kit = features.is_some_and(|known| known.iter().any(|f| f.as_str() == Some("testing")));
    has_kit && dev.get("serde_json").is_some()
}

/// What each event of a new route carries.
fn fields() -> Vec<Field> {
    event::parse_fields(&["text:string".to_owned()]).expect("a field")
}

fn render_route(
    name: &FileName,
    path: &str,
    auth: bool,
    events: &[EventName],
) -> Result<String, Failure> {
    #[derive(Serialize)]
    struct Values<'a> {
        name: &'a str,
        path: &'a str,
        auth: bool,
        route_type: &'a str,
        events_in_words: String,
        events: Vec<EventValues<'a>>,
    }
    #[derive(Serialize)]
    struct EventValues<'a> {
        wire: &'a str,
        handler: &'a str,
        code: String,
    }
    let data = auth.then_some("User");
    let event = |event: &EventName| {
        // `User` is the one of the token.
        let mut event = event.clone();
        if auth && event.payload == "User" {
            event.payload.push_str("Payload");
        }
        event::code_of(&event, &fields(), data)
    };
    let codes: Vec<_> = events.iter().map(event).collect::<Result<_, _>>()?;
    let words: Vec<_> = events
        .iter()
        .map(|event| format!("`{}`", event.wire))
        .collect();
    let values = Values {
        name: name.as_str(),
        path,
        auth,
        route_type: if auth { "Route<User>" } else { "Route" },
        events_in_words: words.join(", "),
        events: events
            .iter()
            .zip(codes)
            .map(|(event, code)| EventValues {
                wire: &event.wire,
                handler: &event.handler,
                code: code.trim_end().to_owned(),
            })
            .collect(),
    };
    template::render(
        include_str!("../../templates/generate/route.rs.hbs"),
        &values,
    )
}

fn render_test(
    path: &str,
    test_path: &str,
    auth: bool,
    events: &[EventName],
    under_test: &UnderTest,
) -> Result<String, Failure> {
    #[derive(Serialize)]
    struct Values<'a> {
        under_test: &'a UnderTest,
        path: &'a str,
        test_path: &'a str,
        auth: bool,
        connect: String,
        events: Vec<EventValues<'a>>,
    }
    #[derive(Serialize)]
    struct EventValues<'a> {
        wire: &'a str,
        test: &'a str,
        sample: String,
    }
    let fields: Vec<_> = fields()
        .iter()
        .map(|field| format!("\"{}\": {}", field.wire, field.sample))
        .collect();
    let sample = format!("{{ {} }}", fields.join(", "));
    let event = |event: &'_ EventName| event.handler["on_".len()..].to_owned();
    let tests: Vec<_> = events.iter().map(event).collect();
    let values = Values {
        under_test,
        path,
        test_path,
        auth,
        connect: match auth {
            true => format!("connect_as(\"{test_path}\", &json!({{ \"sub\": \"ann\" }}))"),
            false => format!("connect(\"{test_path}\")"),
        },
        events: events
            .iter()
            .zip(&tests)
            .map(|(event, test)| EventValues {
                wire: &event.wire,
                test,
                sample: sample.clone(),
            })
            .collect(),
    };
    template::render(
        include_str!("../../templates/generate/test.rs.hbs"),
        &values,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_that_a_route_can_have() {
        assert_eq!(concrete("/ws/chat").unwrap(), "/ws/chat");
        assert_eq!(concrete("/rooms/{room}/ws").unwrap(), "/rooms/one/ws");
        for path in [
            "",
            "ws",
            "/",
            "/a//b",
            "/a b",
            "/\"",
            "/{",
            "/{}",
            "/{a:.*}",
            "/**",
            "/_orcs/x",
            "/%7B",
            "/caf\u{e9}",
        ] {
            assert!(concrete(path).is_err(), "{path:?}");
        }
    }
}
