//! `orcs routes`: what the app answers to, told by the app itself.

use crate::app::{App, RouteLine};
use crate::terminal::{Failure, answer, table};

/// List the app's sockets and their events
///
/// Builds the app and asks it; no port is opened, so it may run meanwhile.
#[derive(clap::Args)]
pub struct Args {
    /// Print the app's whole description as one line of JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let program = App::find()?.build(false)?;
    let (description, line) = program.describe(&[])?;
    let text = if args.json {
        line
    } else {
        table(&description.routes).join("\n")
    };
    answer::print(&text)
}

fn table(routes: &[RouteLine]) -> Vec<String> {
    let mut rows = vec![["PATH", "AUTH", "EVENTS"].map(str::to_owned)];
    for route in routes {
        let mut events = route.events.clone();
        if route.fallback {
            events.push("(any other)".to_owned());
        }
        if route.binary {
            events.push("(binary)".to_owned());
        }
        let events = if route.disabled {
            "(disabled)".to_owned()
        } else if events.is_empty() {
            "-".to_owned()
        } else {
            events.join(", ")
        };
        rows.push([route.path.clone(), route.auth.clone(), events]);
    }
    table::align(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_shown_as_they_are_written_and_what_is_disabled_as_such() {
        let routes: Vec<RouteLine> = serde_json::from_str(
            r#"[{"path":"/rooms/{room}","auth":"none","events":["join"]},
                {"path":"/old/**","auth":"none","events":["join"],"disabled":true}]"#,
        )
        .unwrap();
        assert_eq!(
            table(&routes),
            [
                "PATH           AUTH  EVENTS",
                "/rooms/{room}  none  join",
                "/old/**        none  (disabled)",
            ]
        );
    }
}
