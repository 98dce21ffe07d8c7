//! The showcase's plain HTTP: what is asked and told beside the sockets.
#[path = "../routes/mod.rs"]
mod routes;

mod common;

use common::raw::{Answer, RawClient};
use common::{App, start, start_with, token};
use serde_json::{Value, json};

/// `headers` are whole lines; a body is JSON.
async fn ask(app: &App, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    RawClient::tcp(app.address).await.request(&request).await
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

#[tokio::test]
async fn a_note_by_http_reaches_all_devices_of_its_user_and_nobody_else() {
    let app = start(routes::all()).await;
    let devices = |user: &str| format!("/ws/notifications?token={}", token(user));
    let mut phone = app.connect(&devices("bob")).await;
    let mut laptop = app.connect(&devices("bob")).await;
    let mut eve = app.connect(&devices("eve")).await;
    for client in [&mut phone, &mut laptop, &mut eve] {
        client.expect("unread-count").await;
    }

    // Whom it is from says the token, whatever the body says.
    let body = r#"{"text":"lunch?","from":"the boss"}"#;
    let answer = ask(&app, "POST", "/notify/bob", &bearer(&token("ann")), body).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, r#"{"devices":2}"#)
    );
    for client in [&mut phone, &mut laptop] {
        let notification = client.expect("notification").await;
        assert_eq!(notification, json!({"from": "ann", "text": "lunch?"}));
    }

    let answer = ask(&app, "POST", "/notify/eve", &bearer(&token("ann")), body).await;
    assert_eq!(answer.body, r#"{"devices":1}"#);
    assert_eq!(eve.expect("notification").await["text"], "lunch?");
    let answer = ask(&app, "POST", "/notify/nobody", &bearer(&token("ann")), body).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, r#"{"devices":0}"#)
    );
}

#[tokio::test]
async fn only_who_has_a_valid_token_may_notify() {
    let app = start_with(routes::all(), |config| {
        config.auth_cookie = Some("session".to_owned());
    })
    .await;
    let devices = format!("/ws/notifications?token={}", token("bob"));
    let mut bob = app.connect(&devices).await;
    bob.expect("unread-count").await;
    let good = token("ann");
    let body = r#"{"text":"spam"}"#;
    for headers in [
        String::new(),
        bearer("x"),
        bearer(&format!("{good}x")),
        bearer(""),
        format!("Authorization: Basic {good}\r\n"),
        // Of two, a proxy may have looked at the other one.
        bearer(&good) + &bearer(&good),
        // What a page of another host could make a browser send.
        format!("Cookie: session={good}\r\n"),
    ] {
        let answer = ask(&app, "POST", "/notify/bob", &headers, body).await;
        assert_eq!(answer.status, 401, "{headers}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert!(!answer.text().contains(&good), "{}", answer.text());
    }
    let query = format!("/notify/bob?token={good}");
    assert_eq!(ask(&app, "POST", &query, "", body).await.status, 401);
    // The next thing he reads is the one that was allowed.
    let body = r#"{"text":"real"}"#;
    ask(&app, "POST", "/notify/bob", &bearer(&good), body).await;
    assert_eq!(bob.expect("notification").await["text"], "real");
}

#[tokio::test]
async fn a_note_that_is_none_is_refused() {
    let app = start(routes::all()).await;
    let ann = bearer(&token("ann"));
    for (method, body, status) in [
        ("POST", "", 400),
        ("POST", "lunch", 400),
        ("POST", r#"{"from":"ann"}"#, 400),
        ("GET", "", 405),
        ("PUT", r#"{"text":"x"}"#, 405),
    ] {
        let answer = ask(&app, method, "/notify/bob", &ann, body).await;
        assert_eq!(answer.status, status, "{method} {body}");
    }
    let long = json!({"text": "x".repeat(16 << 10)}).to_string();
    let answer = ask(&app, "POST", "/notify/bob", &ann, &long).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_room_tells_how_many_are_in_it_whatever_its_name() {
    let app = start(routes::all()).await;
    let mut ann = app.connect("/ws/chat").await;
    ann.expect("welcome").await;
    ann.emit("join", json!({"room": "café / bar"})).await;
    ann.expect("user-joined").await;
    for (path, room, connections) in [
        ("/rooms/general/info", "general", 1),
        ("/rooms/caf%C3%A9%20%2F%20bar/info", "café / bar", 1),
        ("/rooms/nowhere/info", "nowhere", 0),
    ] {
        let answer = ask(&app, "GET", path, "", "").await;
        let info: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(info, json!({"room": room, "connections": connections}));
    }
}
