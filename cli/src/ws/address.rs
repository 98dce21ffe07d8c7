//! Which server is meant: the app somebody stands in, or any URL.

use super::keyboard::Words;
use crate::app::{App, Description, Kind, RouteLine, Shape, settings_from_here};
use crate::terminal::{Failure, shell};
use orcs::Config;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A URL, and what is known of what answers there.
#[derive(Debug, Default)]
pub struct Address {
    pub url: String,
    /// The app's own events, by name.
    events: Vec<String>,
    payloads: BTreeMap<String, Shape>,
    /// Whether it is the app somebody stands in.
    pub is_ours: bool,
    /// Other paths that could have been meant.
    pub others: Vec<String>,
}

impl Address {
    /// Reads what was typed: a URL, a path of this app, or nothing. `is_typing`: somebody would
    /// be glad of the app's events for a URL of it.
    pub fn find(typed: Option<&str>, has_token: bool, is_typing: bool) -> Result<Self, Failure> {
        match typed {
            Some(path) if path.starts_with('/') => Self::of_path(path),
            Some(url) => {
                let url = absolute(url)?;
                let ours = if is_typing { our_path(&url) } else { None };
                let known = ours.and_then(|path| Some(described().ok()?.at(&path)));
                Ok(Self {
                    url,
                    ..known.unwrap_or_default()
                })
            }
            None => {
                let help = "orcs ws ws://localhost:42069/ws/chat needs no build";
                described()
                    .map_err(|failure| failure.or_help(help))?
                    .pick(has_token)
            }
        }
    }

    fn of_path(path: &str) -> Result<Self, Failure> {
        let app = App::find()?;
        match describe(&app) {
            Ok(description) => {
                let url = format!("{}{path}", description.base()?);
                Ok(Self {
                    url,
                    ..description.at(path)
                })
            }
            // An app that does not build may be running all the same.
            Err(_) => {
                let config = settings_from_here(Some(&app))?;
                Ok(Self {
                    url: format!("{}{path}", base(&hosts(&config), config.port)?),
                    is_ours: true,
                    ..Self::default()
                })
            }
        }
    }

    /// Teaches Tab what the app says of itself.
    pub fn teach(&self, words: &Words) {
        for event in &self.events {
            words.learn(event, self.payloads.get(event).and_then(skeleton));
        }
    }
}

impl Description {
    fn base(&self) -> Result<String, Failure> {
        base(&self.hosts, self.port)
    }

    /// What is known of a path; of one that no route is written as, what all routes take.
    fn at(self, path: &str) -> Address {
        let path = path.split('?').next().unwrap_or_default();
        let mut known = Address {
            is_ours: true,
            ..Address::default()
        };
        let is_there = self.routes.iter().any(|route| route.path == path);
        for route in self.routes {
            if route.path == path || !is_there {
                known.events.extend(route.events);
                known.payloads.extend(route.payloads.0);
            }
        }
        known
    }

    /// The first route that can be meant: of one path, of envelopes, and open to who has no token.
    fn pick(self, has_token: bool) -> Result<Address, Failure> {
        let base = self.base()?;
        let is_plain = |route: &&RouteLine| {
            let is_spoken = matches!(route.codec.as_deref(), None | Some("envelope" | "auto"));
            is_spoken && !route.disabled && !route.path.contains(['{', ':', '*', '?'])
        };
        let plain: Vec<_> = self.routes.iter().filter(is_plain).collect();
        let open = plain.iter().find(|route| has_token || route.auth == "none");
        let Some(path) = open.or(plain.first()).map(|route| route.path.clone()) else {
            let paths: Vec<_> = self
                .routes
                .iter()
                .map(|route| shell::visible(&route.path))
                .collect();
            let message = match paths.len() {
                0 => "the app has no sockets".to_owned(),
                _ => format!("which path? the app has {}", paths.join(", ")),
            };
            return Err(Failure::usage(message).help("orcs ws /rooms/lobby"));
        };
        let others = plain
            .iter()
            .map(|route| &route.path)
            .filter(|other| **other != path);
        let others = others.cloned().collect();
        Ok(Address {
            url: format!("{base}{path}"),
            others,
            ..self.at(&path)
        })
    }
}

fn described() -> Result<Description, Failure> {
    describe(&App::find()?)
}

fn describe(app: &App) -> Result<Description, Failure> {
    let (description, _) = app.build(false)?.describe(&[])?;
    Ok(description)
}

fn hosts(config: &Config) -> Vec<String> {
    config.host.iter().map(IpAddr::to_string).collect()
}

/// `ws://localhost:42069`
fn base(hosts: &[String], port: u16) -> Result<String, Failure> {
    if port == 0 {
        return Err(Failure::usage("PORT=0 picks another port at each start")
            .help("orcs ws ws://localhost:PORT/ws/chat, with the one that `orcs serve` printed"));
    }
    let host = match hosts {
        [host] => match host.parse() {
            Ok(IpAddr::V4(ip)) if ip.is_unspecified() => "127.0.0.1".to_owned(),
            Ok(IpAddr::V6(ip)) if ip.is_unspecified() => "[::1]".to_owned(),
            Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
            _ => host.clone(),
        },
        _ => "localhost".to_owned(),
    };
    Ok(format!("ws://{host}:{port}"))
}

/// The path of a URL that is the app's somebody stands in.
fn our_path(url: &str) -> Option<String> {
    let rest = url.strip_prefix("ws://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = authority.rsplit_once(':')?;
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let app = App::find().ok().filter(|_| is_here)?;
    let config = settings_from_here(Some(&app)).ok()?;
    (port.parse() == Ok(config.port)).then(|| path.to_owned())
}

/// Completes what is typed to a URL: `localhost:42069/ws/chat`, `:42069/ws`, `https://example.com`.
fn absolute(typed: &str) -> Result<String, Failure> {
    let url = match typed.split_once("://") {
        None if typed.starts_with(':') => format!("ws://localhost{typed}"),
        None => format!("ws://{typed}"),
        Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => format!("ws://{rest}"),
            "wss" | "https" => format!("wss://{rest}"),
            _ => {
                let message = format!("`{}://` is no WebSocket", shell::visible(scheme));
                return Err(Failure::usage(message).help("orcs ws ws://localhost:42069/ws/chat"));
            }
        },
    };
    // A fragment never travels.
    let url = url.split('#').next().unwrap_or_default().to_owned();
    if cfg!(not(feature = "tls")) && url.starts_with("wss://") {
        return Err(
            Failure::new("this `orcs` was built without TLS, which wss:// needs").help(
                "cargo run --package cargo-orcs -- ws wss://..., or: cargo install --path cli",
            ),
        );
    }
    Ok(url)
}

/// `{"room":"","text":""}`: what has to be said, with nothing in it.
fn skeleton(payload: &Shape) -> Option<String> {
    let Kind::Object(fields) = &payload.kind else {
        return None;
    };
    let needed = fields.iter().filter(|(_, shape)| !shape.optional);
    let needed = needed.map(|(name, shape)| {
        let value = match &shape.kind {
            Kind::Word(word) => match &**word {
                "string" => "\"\"",
                "number" | "integer" => "0",
                "boolean" => "false",
                _ => "null",
            },
            Kind::Array(_) | Kind::Tuple(_) => "[]",
            Kind::Object(_) | Kind::Map(_) => "{}",
            Kind::Enum(_) => "null",
        };
        format!("{}:{value}", serde_json::Value::from(name.as_str()))
    });
    let needed: Vec<_> = needed.collect();
    Some(format!("{{{}}}", needed.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(routes: &str) -> Description {
        serde_json::from_str(&format!(
            r#"{{"name":"a","hosts":["127.0.0.1","::1"],"port":7,"routes":{routes}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn what_is_typed_becomes_a_url() {
        for (typed, url) in [
            ("ws://h/a?b=1#c", "ws://h/a?b=1"),
            ("http://h:1/", "ws://h:1/"),
            ("localhost:42069/ws/chat", "ws://localhost:42069/ws/chat"),
            (":42069/ws", "ws://localhost:42069/ws"),
        ] {
            assert_eq!(absolute(typed).unwrap(), url);
        }
        assert!(absolute("ftp://h").is_err());
        #[cfg(feature = "tls")]
        assert_eq!(absolute("HTTPS://h/").unwrap(), "wss://h/");
    }

    #[test]
    fn the_first_open_route_of_envelopes_is_meant() {
        let routes = r#"[
            {"path":"/rooms/{room}","auth":"none","events":["x"]},
            {"path":"/old","auth":"none","events":["x"],"disabled":true},
            {"path":"/raw","auth":"none","events":["message"],"codec":"raw"},
            {"path":"/private","auth":"required","events":["tell"],"codec":"envelope"},
            {"path":"/chat","auth":"none","events":["join"],"codec":"envelope","payloads":{"join":{"type":"object","fields":{"room":"string","seat":"integer","note":"string?"}}}}]"#;
        let address = description(routes).pick(false).unwrap();
        assert_eq!(
            (&*address.url, &*address.events),
            ("ws://localhost:7/chat", &["join".to_owned()][..])
        );
        assert_eq!(address.others, ["/private"]);
        assert_eq!(
            skeleton(&address.payloads["join"]).as_deref(),
            Some(r#"{"room":"","seat":0}"#)
        );
        assert_eq!(
            description(routes).pick(true).unwrap().url,
            "ws://localhost:7/private"
        );
        assert!(
            description(r#"[{"path":"/rooms/{room}","auth":"none","events":[]}]"#)
                .pick(false)
                .is_err()
        );
    }

    #[test]
    fn a_url_names_where_the_app_can_be_reached() {
        let base = |hosts: &[&str]| {
            base(
                &hosts
                    .iter()
                    .map(|host| (*host).to_owned())
                    .collect::<Vec<_>>(),
                7,
            )
            .unwrap()
        };
        assert_eq!(base(&["127.0.0.1", "::1"]), "ws://localhost:7");
        assert_eq!(base(&["0.0.0.0"]), "ws://127.0.0.1:7");
        assert_eq!(base(&["::"]), "ws://[::1]:7");
        assert_eq!(base(&["10.0.0.7"]), "ws://10.0.0.7:7");
    }
}
