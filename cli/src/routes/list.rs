//! The list of routes: a block for each, on lines of a terminal's width.

use super::limits;
use crate::app::RouteLine;
use crate::terminal::shell;

/// All routes, an empty line between two.
pub fn of(routes: &[RouteLine]) -> String {
    let blocks: Vec<_> = routes.iter().map(|route| block(route).join("\n")).collect();
    blocks.join("\n\n")
}

/// The path and how one gets in, then a line for each event.
fn block(route: &RouteLine) -> Vec<String> {
    let mut traits = vec![match route.auth.as_str() {
        "none" => "open",
        "required" => "token",
        "optional" => "token optional",
        "own" => "own admission",
        other => other,
    }];
    let codec = route.codec.as_deref().filter(|codec| *codec != "envelope");
    let codec = codec.map(|codec| format!("speaks {codec}"));
    traits.extend(codec.as_deref());
    traits.extend(route.isolated.then_some("isolated"));
    traits.extend(route.compression.then_some("compressed"));
    traits.extend(route.disabled.then_some("disabled"));
    let path = shell::visible(&route.path);
    let mut lines = vec![format!("{path}  {}", traits.join(", "))];

    let rows = rows(route);
    let widths = rows.iter().map(|(name, _)| name.chars().count());
    let name_width = widths.max().unwrap_or(0).min(MAX_NAME_WIDTH);
    for (name, text) in rows {
        let indent = "  ".len() + name_width + "  ".len();
        let mut parts = wrap(&text, WIDTH - indent).into_iter();
        let first = parts.next().unwrap_or_default();
        lines.push(
            format!("  {name:name_width$}  {first}")
                .trim_end()
                .to_owned(),
        );
        lines.extend(parts.map(|part| format!("{:indent$}{part}", "")));
    }
    lines
}

/// What stands below the path: a name, and what there is to say of it.
fn rows(route: &RouteLine) -> Vec<(String, String)> {
    let mut rows: Vec<_> = route
        .events
        .iter()
        .map(|event| of_event(route, event))
        .collect();
    let mut add = |name: &str, text: String| rows.push((name.to_owned(), text));
    if route.fallback {
        add("(any other)", "any".to_owned());
    }
    if route.binary {
        add("(binary)", String::new());
    }
    let list = |names: &[String]| shell::visible(names.join(", "));
    for (name, text) in [
        ("(rooms)", list(&route.default_rooms)),
        ("(limits)", limits::in_words(&route.limits)),
        ("(hooks)", list(&route.hooks)),
        ("(subprotocols)", list(&route.subprotocols)),
    ] {
        if !text.is_empty() {
            add(name, text);
        }
    }
    rows
}

fn of_event(route: &RouteLine, event: &String) -> (String, String) {
    let payload = route.payload(event).map(ToString::to_string);
    // An event that carries nothing is said by its name alone.
    let payload = payload.filter(|payload| payload != "null");
    let rule = route
        .rules
        .contains(event)
        .then_some("(answered by a rule)");
    let said: Vec<_> = payload.as_deref().into_iter().chain(rule).collect();
    // A long payload is wrapped, and so is not shortened as other texts are.
    let said = said.join("  ").replace(shell::is_unseen, "\u{fffd}");
    (shell::visible(event), said)
}

/// Lines of at most this width where the text has a place to break: behind a comma or a bar.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let is_place = |c: char| c == ',' || c == '|';
    for part in text.split_inclusive(is_place) {
        let line = lines.last_mut().expect("there is a first line");
        if !line.is_empty() && line.chars().count() + part.trim_end().chars().count() > width {
            lines.push(part.trim_start().to_owned());
        } else {
            line.push_str(part);
        }
    }
    lines
}

/// Of a terminal that nobody has widened.
const WIDTH: usize = 80;

/// A longer name moves what is said of it to the right.
const MAX_NAME_WIDTH: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn list_of(json: &str) -> String {
        of(&serde_json::from_str::<Vec<RouteLine>>(json).unwrap())
    }

    #[test]
    fn a_route_tells_its_events_and_all_that_is_not_usual() {
        let list = list_of(
            r#"[{"path":"/ws/chat","auth":"none","events":["join","leave","ping"],
                 "payloads":{"join":{"type":"object","fields":{"room":"string?"}},"leave":"null"},
                 "rules":["ping"],"hooks":["connect","disconnect"],"codec":"envelope",
                 "limits":{"max_payload":1024},"default_rooms":["lobby"]},
                {"path":"/rooms/{room}","auth":"required","events":[],"codec":"typed",
                 "isolated":true,"binary":true,"fallback":true,"disabled":true,
                 "subprotocols":["v2","v1"]}]"#,
        );
        assert_eq!(
            list,
            "\
/ws/chat  open
  join      {room?: string}
  leave
  ping      (answered by a rule)
  (rooms)   lobby
  (limits)  max_payload 1 KiB
  (hooks)   connect, disconnect

/rooms/{room}  token, speaks typed, isolated, disabled
  (any other)     any
  (binary)
  (subprotocols)  v2, v1"
        );
    }

    #[test]
    fn an_older_app_tells_less_and_is_listed_too() {
        let list = list_of(r#"[{"path":"/ws","auth":"own","events":["join"]}]"#);
        assert_eq!(list, "/ws  own admission\n  join");
    }

    #[test]
    fn a_long_payload_stays_within_the_terminal() {
        let fields: Vec<_> = (0..20)
            .map(|n| format!("\"field{n}\":\"string\""))
            .collect();
        let list = list_of(&format!(
            r#"[{{"path":"/ws","auth":"none","events":["save"],
                 "payloads":{{"save":{{"type":"object","fields":{{{}}}}}}}}}]"#,
            fields.join(",")
        ));
        assert!(list.lines().count() > 4);
        for line in list.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        assert!(list.contains("\n        field"), "{list}");
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        let list = list_of(
            r#"[{"path":"/\u001b[2J","auth":"none","events":["\u001b[31m"],
                 "payloads":{"\u001b[31m":{"type":"object","fields":{"\u001b":"string"}}}}]"#,
        );
        assert!(!list.contains('\u{1b}'), "{list}");
    }
}
