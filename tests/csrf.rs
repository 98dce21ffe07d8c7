//! Sockets that another site's page opens, and CandyPack's handshakes.

mod common;

use common::raw::{Answer, RawClient, upgrade_request};
use common::{App, start, start_with, token};
use orcs::prelude::*;
use serde_json::Value;

/// A browser on a page of ours: it keeps its session, and says where its pages are from.
struct Browser {
    cookie: Option<String>,
}

impl Browser {
    fn new() -> Self {
        Self { cookie: None }
    }

    async fn fetch_token(&mut self, app: &App) -> String {
        let cookie = self
            .cookie
            .as_ref()
            .map_or_else(String::new, |cookie| format!("Cookie: {cookie}\r\n"));
        let request = format!("GET /_orcs/csrf HTTP/1.1\r\nHost: localhost\r\n{cookie}\r\n");
        let answer = RawClient::tcp(app.address).await.request(&request).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        if let Some(set_cookie) = answer.header("set-cookie") {
            self.cookie = set_cookie.split(';').next().map(str::to_owned);
        }
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(answer.header("x-candy-token"), body["token"].as_str());
        body["token"].as_str().expect("a text").to_owned()
    }

    /// Opens a socket; `more` are cookies beside the session's.
    async fn open(&self, app: &App, path: &str, more: &str, protocol: &str) -> (RawClient, Answer) {
        let session = self.cookie.as_deref().unwrap_or("a=b");
        let protocol = match protocol {
            "" => String::new(),
            offered => format!("Sec-WebSocket-Protocol: {offered}\r\n"),
        };
        let headers = format!("Origin: http://localhost\r\nCookie: {session}{more}\r\n{protocol}");
        let mut client = RawClient::tcp(app.address).await;
        let answer = client.request(&upgrade_request(path, &headers)).await;
        (client, answer)
    }

    async fn is_closed_with(
        &self,
        app: &App,
        (path, more, protocol): (&str, &str, &str),
        expected: (u16, &str),
    ) {
        let (mut client, answer) = self.open(app, path, more, protocol).await;
        assert_eq!(answer.status, 101);
        let (code, reason) = client.closed().await;
        assert_eq!((code, reason.as_str()), expected, "{path} {protocol}");
    }
}

fn hello(route: Route<Value>) -> Route<Value> {
    route.connect(async |client| client.send("hello", &client.user()))
}

#[tokio::test]
async fn who_is_known_by_a_cookie_brings_a_token_that_only_our_pages_can_read() {
    let routes = Routes::new()
        .add(hello(ws("/ws").auth::<Value>()))
        .add(hello(ws("/off").auth::<Value>()).csrf(false))
        .add(hello(ws("/own").admit(async |request| {
            Ok(request.claims::<Value>().unwrap_or_default())
        })))
        .add(ws("/open").connect(async |client| client.send("hello", &client.user())))
        .http(orcs::csrf_tokens);
    let app = start_with(routes, |config| {
        config.auth_cookie = Some("login".to_owned());
    })
    .await;
    let jwt = token("ann");
    let login = format!("; login={jwt}");
    let mut browser = Browser::new();
    browser
        .is_closed_with(&app, ("/ws", &login, ""), (4002, "Missing token"))
        .await;
    let (mut client, _) = browser.open(&app, "/off", &login, "").await;
    assert!(client.text().await.contains("ann"));

    browser
        .is_closed_with(&app, ("/own", &login, ""), (4002, "Missing token"))
        .await;
    let (mut client, _) = browser.open(&app, "/open", &login, "").await;
    assert!(client.text().await.contains("null"), "nobody in particular");

    let first = browser.fetch_token(&app).await;
    let offer = format!("orcs-token-{first}");
    let (mut client, answer) = browser.open(&app, "/ws", &login, &offer).await;
    assert_eq!(
        answer.header("sec-websocket-protocol"),
        Some(offer.as_str())
    );
    assert!(client.text().await.contains("ann"));
    let again = ("/ws", login.as_str(), offer.as_str());
    browser
        .is_closed_with(&app, again, (4002, "Invalid token"))
        .await;

    // Another browser's token, and one of a session that was made up.
    let of_bob = format!("orcs-token-{}", Browser::new().fetch_token(&app).await);
    browser
        .is_closed_with(&app, ("/ws", &login, &of_bob), (4002, "Invalid token"))
        .await;
    let forged = Browser {
        cookie: Some("orcs_session=AAAAAAAAAAAAAAAAAAAAAA.AAAA".to_owned()),
    };
    let next = format!("orcs-token-{}", browser.fetch_token(&app).await);
    forged
        .is_closed_with(&app, ("/ws", &login, &next), (4002, "Invalid token"))
        .await;

    // A token that is shown, not sent along by itself, proves intent.
    let protocol = format!("token, {jwt}");
    let (mut client, answer) = browser.open(&app, "/ws", &login, &protocol).await;
    assert_eq!(answer.header("sec-websocket-protocol"), Some("token"));
    assert!(client.text().await.contains("ann"));
}

#[tokio::test]
async fn candypacks_handshakes_get_the_answers_its_documents_state() {
    let routes = Routes::new()
        .add(
            ws("/chat")
                .profile(Profile::Candy)
                .middleware(async |request| match request.query("as").as_deref() {
                    Some("false") => Ok(false),
                    Some("other") => Err("Middleware rejected".into()),
                    _ => orcs::Result::Ok(true),
                })
                .connect(async |client| client.send("message", "welcome")),
        )
        .add(ws("/members").profile(Profile::Candy).auth::<Value>())
        .http(orcs::csrf_tokens);
    let app = start(routes).await;
    let mut browser = Browser::new();
    for prefix in ["candy-token-", "odac-token-"] {
        let offer = format!("{prefix}{}", browser.fetch_token(&app).await);
        let (mut client, answer) = browser.open(&app, "/chat", "", &offer).await;
        assert_eq!(
            answer.header("sec-websocket-protocol"),
            Some(offer.as_str())
        );
        assert_eq!(client.text().await, "welcome");
    }
    browser
        .is_closed_with(&app, ("/chat", "", ""), (4002, "Missing token"))
        .await;
    browser
        .is_closed_with(
            &app,
            ("/chat", "", "candy-token-x"),
            (4002, "Invalid token"),
        )
        .await;
    browser
        .is_closed_with(&app, ("/members", "", ""), (4001, "Unauthorized"))
        .await;
    for (path, expected) in [
        ("/chat?as=false", (4003, "Forbidden")),
        ("/chat?as=other", (4000, "Middleware rejected")),
    ] {
        let offer = format!("candy-token-{}", browser.fetch_token(&app).await);
        browser
            .is_closed_with(&app, (path, "", &offer), expected)
            .await;
    }
}

#[tokio::test]
async fn a_session_keeps_its_newest_fifty_tokens() {
    let routes = Routes::new()
        .add(
            ws("/ws")
                .csrf(true)
                .connect(async |client| client.send("hello", &())),
        )
        .http(orcs::csrf_tokens);
    let app = start(routes).await;
    let mut browser = Browser::new();
    let mut tokens = Vec::new();
    for _ in 0..51 {
        tokens.push(format!("orcs-token-{}", browser.fetch_token(&app).await));
    }
    browser
        .is_closed_with(&app, ("/ws", "", &tokens[0]), (4002, "Invalid token"))
        .await;
    for offer in [&tokens[1], &tokens[50]] {
        let (mut client, _) = browser.open(&app, "/ws", "", offer).await;
        assert!(client.text().await.contains("hello"));
    }
}
