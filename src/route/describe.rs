//! What an app tells about itself: `orcs routes` and `orcs serve` ask for it.

use super::Table;
use super::table::TellShape;
use crate::admit::Admission;
use crate::config::Config;
use crate::path::Pattern;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// One line of JSON:
/// `{"name":"app","hosts":["127.0.0.1","::1"],"port":42069,"routes":[{"path":"/ws/chat",..}]}`.
pub(crate) fn describe(name: &str, config: &Config, tables: &[Table]) -> String {
    let routes = tables
        .iter()
        .map(|table| RouteDescription {
            path: &table.path,
            auth: match &table.admission {
                _ if table.needs_token(config) => "required",
                Admission::OptionalToken(_) => "optional",
                Admission::Own(_) => "own",
                Admission::Open | Admission::Token(_) => "none",
            },
            events: table.event_names(),
            payloads: InOrder(payloads(table)),
            rules: table.rules.events().collect(),
            hooks: table.hook_names(),
            connect: table.connect.is_some(),
            disconnect: table.disconnect.is_some(),
            fallback: table.fallback.is_some(),
            codec: table.codec_name(),
            binary: table.takes_binary(),
            compression: table.grant(config).is_some(),
            max_payload: table.max_payload_bytes(config),
            limits: InOrder(table.own_limits.unusual(config)),
            default_rooms: table.route_rooms.default_rooms(),
            isolated: table.is_isolated(),
            params: table.pattern.iter().flat_map(Pattern::names).collect(),
            subprotocols: table.subprotocols.known(),
            disabled: !table.is_served(),
        })
        .collect();
    let hosts = config.hosts().iter().map(ToString::to_string).collect();
    serde_json::to_string(&Description {
        name,
        hosts,
        port: config.port,
        routes,
    })
    .expect("strings serialise")
}

/// What the payload of each event with a handler looks like.
fn payloads(table: &Table) -> Vec<(&str, Box<RawValue>)> {
    let told = |shape: TellShape| RawValue::from_string(shape()).expect("a shape is JSON");
    let payloads = table.payloads.iter();
    payloads
        .map(|(event, shape)| (&**event, told(*shape)))
        .collect()
}

#[derive(Serialize)]
struct Description<'a> {
    name: &'a str,
    hosts: Vec<String>,
    port: u16,
    routes: Vec<RouteDescription<'a>>,
}

#[derive(Serialize)]
struct RouteDescription<'a> {
    path: &'a str,
    auth: &'a str,
    events: Vec<&'a str>,
    /// `{"join":{"type":"object","fields":{"room":"string?"}}}`, for events with a handler.
    payloads: InOrder<&'a str, Box<RawValue>>,
    /// The events that `.reply(..)` speaks for.
    rules: BTreeSet<&'a str>,
    /// The moments, no events, at which something runs.
    hooks: Vec<&'a str>,
    connect: bool,
    disconnect: bool,
    fallback: bool,
    codec: &'a str,
    binary: bool,
    compression: bool,
    /// The longest message, in bytes.
    max_payload: usize,
    /// Those that are not the usual ones.
    limits: InOrder<&'a str, Value>,
    default_rooms: &'a [Box<str>],
    isolated: bool,
    /// The names in the path.
    params: Vec<&'a str>,
    subprotocols: &'a [Box<str>],
    disabled: bool,
}

/// An object whose members stay in the order in which they are said.
struct InOrder<K, V>(Vec<(K, V)>);

impl<K: Serialize, V: Serialize> Serialize for InOrder<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{self, Codec, Encoded, Incoming, Message, Outgoing};
    use crate::error::Result;
    use crate::profile::Profile;
    use crate::rate_limit::RateLimit;
    use crate::route::{Routes, Rule, ws};
    use serde_json::{Value, json};

    struct Morse;

    impl Codec for Morse {
        fn decode(&self, message: Message<'_>) -> Result<Incoming> {
            codec::Raw.decode(message)
        }

        fn encode(&self, outgoing: &Outgoing<'_>) -> Result<Encoded> {
            codec::Raw.encode(outgoing)
        }
    }

    #[test]
    fn a_route_tells_what_it_speaks() {
        for (route, name) in [
            (ws("/ws"), "envelope"),
            (ws("/ws").codec(codec::Typed), "typed"),
            (ws("/ws").profile(Profile::Candy), "auto"),
            (ws("/ws").profile(Profile::OpenSpeed), "raw"),
            (ws("/ws").codec(Morse), "Morse"),
        ] {
            let text = describe("app", &Config::default(), &[*route.table]);
            let told: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(told["routes"][0]["codec"], name);
        }
    }

    #[test]
    fn a_route_tells_its_pattern_and_what_it_speaks() {
        let routes = Routes::new()
            .add(
                ws("/rooms/{room}/:seat")
                    .subprotocols(["chat.v2", "chat.v1"])
                    .max_payload(1000),
            )
            .add(ws("/old/**").disabled());
        let told = describe("app", &Config::default(), &routes.tables);
        let told: Value = serde_json::from_str(&told).unwrap();
        let [room, old] = [&told["routes"][0], &told["routes"][1]];
        assert_eq!(room["path"], "/rooms/{room}/:seat");
        assert_eq!(room["params"], json!(["room", "seat"]));
        assert_eq!(room["subprotocols"], json!(["chat.v2", "chat.v1"]));
        assert_eq!(
            (&room["max_payload"], &old["max_payload"]),
            (&json!(1000), &json!(16 << 20))
        );
        assert_eq!(
            (&room["disabled"], &old["disabled"]),
            (&json!(false), &json!(true))
        );
    }

    #[test]
    fn a_route_tells_what_its_events_carry_and_what_else_it_does() {
        #[derive(serde::Deserialize)]
        #[expect(dead_code, reason = "only its shape is looked at")]
        struct Message {
            text: String,
            room: Option<String>,
        }
        let route = ws("/ws")
            .connect(async |_client| ())
            .pong(async |_client, _payload| ())
            .on("say", async |_client, _message: Message| ())
            .on("leave", async |_client, ()| ())
            .reply("hello", Rule::send("hi", &()))
            .reply("hello", Rule::send("again", &()))
            .reply("say", Rule::send("quiet", &()).when(Value::is_null))
            .default_room("lobby")
            .isolated()
            .rate_limit(RateLimit::per_second(5).burst(9));
        let told = describe("app", &Config::default(), &[*route.table]);
        let message = r#"{"type":"object","fields":{"text":"string","room":"string?"}}"#;
        for part in [
            r#""events":["hello","leave","say"]"#,
            &format!(r#""payloads":{{"say":{message},"leave":"null"}}"#),
            r#""rules":["hello","say"]"#,
            r#""hooks":["connect","pong"]"#,
            r#""limits":{"rate_limit":{"burst":9,"per_second":5}}"#,
            r#""default_rooms":["lobby"],"isolated":true"#,
        ] {
            assert!(told.contains(part), "no {part} in {told}");
        }
    }
}
