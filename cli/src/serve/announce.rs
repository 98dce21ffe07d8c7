//! Where the app can be reached: its page and its sockets.

use crate::app::{Description, RouteLine};
use crate::terminal::table;

/// Page and sockets, one line each, aligned.
pub fn lines(app: &Description) -> Vec<String> {
    let authority = authority(app);
    let mut rows = vec![[
        "page".into(),
        format!("http://{authority}/"),
        "".into(),
        "".into(),
    ]];
    for route in app.routes.iter().filter(|route| !route.disabled) {
        let url = format!("ws://{authority}{}", route.path);
        rows.push(["ws".into(), url, events(route), token(route)]);
    }
    table::align(&rows)
}

/// `localhost:42069`, or the one address that the app listens on.
pub fn authority(app: &Description) -> String {
    let local =
        |host: &String| ["127.0.0.1", "::1", "0.0.0.0", "::", "localhost"].contains(&&**host);
    let host = match app.hosts.first() {
        Some(host) if !app.hosts.iter().any(local) && host.contains(':') => format!("[{host}]"),
        Some(host) if !app.hosts.iter().any(local) => host.clone(),
        _ => "localhost".to_owned(),
    };
    match app.port {
        // The app itself will tell, as soon as it knows.
        0 => format!("{host}:<a free port>"),
        port => format!("{host}:{port}"),
    }
}

fn events(route: &RouteLine) -> String {
    let others = match (route.fallback, route.binary) {
        (true, true) => ", any other, and binary messages",
        (true, false) => ", and any other",
        (false, true) => ", and binary messages",
        (false, false) => "",
    };
    match &route.events[..] {
        [] if route.fallback && route.binary => "any event, and binary messages".to_owned(),
        [] if route.fallback => "any event".to_owned(),
        [] if route.binary => "binary messages".to_owned(),
        [] => "no events".to_owned(),
        [event] => format!("1 event: {event}{others}"),
        events => format!("{} events: {}{others}", events.len(), events.join(", ")),
    }
}

fn token(route: &RouteLine) -> String {
    match &*route.auth {
        "none" => String::new(),
        "own" => "own admission".to_owned(),
        auth => format!("token {auth}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn app(hosts: &[&str], port: u16) -> Description {
        let route = |path: &str, auth: &str, events: &[&str], fallback, binary| {
            let is_old = path.starts_with("/old");
            let told = json!({
                "path": path, "auth": auth, "events": events,
                "fallback": fallback, "binary": binary, "disabled": is_old,
            });
            serde_json::from_value(told).unwrap()
        };
        Description {
            name: "myapp".to_owned(),
            hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
            port,
            routes: vec![
                route("/ws/chat", "none", &["join", "message"], false, false),
                route("/ws/private", "required", &["whoami"], false, false),
                route("/ws/all", "none", &[], true, false),
                route("/ws/image", "none", &["name"], false, true),
                route("/ws/sound", "none", &[], false, true),
                route("/old/{room}", "none", &[], false, false),
            ],
        }
    }

    #[test]
    fn every_route_has_a_line() {
        assert_eq!(
            lines(&app(&["127.0.0.1", "::1"], 42069)),
            [
                "page  http://localhost:42069/",
                "ws    ws://localhost:42069/ws/chat     2 events: join, message",
                "ws    ws://localhost:42069/ws/private  1 event: whoami                     token required",
                "ws    ws://localhost:42069/ws/all      any event",
                "ws    ws://localhost:42069/ws/image    1 event: name, and binary messages",
                "ws    ws://localhost:42069/ws/sound    binary messages",
            ]
        );
    }

    #[test]
    fn the_address_is_one_that_can_be_opened() {
        assert_eq!(authority(&app(&["0.0.0.0"], 80)), "localhost:80");
        assert_eq!(authority(&app(&["192.0.2.7"], 80)), "192.0.2.7:80");
        assert_eq!(authority(&app(&["2001:db8::1"], 80)), "[2001:db8::1]:80");
        assert_eq!(authority(&app(&[], 0)), "localhost:<a free port>");
    }
}
