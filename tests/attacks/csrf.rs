//! Sockets that another site's page opens for a visitor who is logged in.

use crate::common::raw::{Answer, FIN, RawClient, TEXT, upgrade_request};
use crate::common::token;
use crate::kit::{Attack, MIB};
use crate::server::PRIVATE;

const FIN_TEXT: u8 = FIN | TEXT;
const SETTINGS: &[(&str, &str)] = &[("WS_AUTH_COOKIE", "login")];

/// A browser, for which its user has logged in.
struct Browser {
    cookies: String,
}

impl Browser {
    fn new() -> Self {
        let cookies = format!("login={}", token("ann"));
        Self { cookies }
    }

    /// What a page of ours does.
    async fn fetch_token(&mut self, attack: &Attack) -> String {
        let answer = attack.ask(&fetch(&self.cookies)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        if let Some(session) = answer.header("set-cookie") {
            let (session, _) = session.split_once(';').expect("with attributes");
            self.cookies += &format!("; {session}");
        }
        answer.header("x-orcs-token").expect("a token").to_owned()
    }

    async fn open(&self, attack: &Attack, protocol: &str) -> (RawClient, Answer) {
        let offer = match protocol {
            "" => String::new(),
            protocol => format!("Sec-WebSocket-Protocol: {protocol}\r\n"),
        };
        let cookies = &self.cookies;
        let lines = format!("Origin: http://localhost\r\nCookie: {cookies}\r\n{offer}");
        attack.knock(PRIVATE, &lines).await
    }
}

fn fetch(cookies: &str) -> String {
    format!("GET /_orcs/csrf HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n\r\n")
}

async fn is_let_in(client: &mut RawClient) {
    client.send_text(r#"{"event":"whoami","id":1}"#).await;
    let answer = r#"{"event":"orcs:ack","payload":"ann","id":1}"#;
    assert_eq!(client.text().await, answer);
}

#[tokio::test]
async fn tokens_that_this_browser_may_not_use_are_closed_with_4002() {
    let attack = Attack::begin("CSRF tokens that are none", SETTINGS).await;
    let mut browser = Browser::new();
    let used = browser.fetch_token(&attack).await;
    let (mut client, answer) = browser.open(&attack, &format!("orcs-token-{used}")).await;
    let agreed = answer.header("sec-websocket-protocol");
    assert_eq!(agreed, Some(&*format!("orcs-token-{used}")));
    is_let_in(&mut client).await;
    drop(client);
    let fresh = browser.fetch_token(&attack).await;
    let of_bob = Browser::new().fetch_token(&attack).await;
    let cut = &fresh[..fresh.len() - 1];
    for (offer, reason) in [
        (String::new(), "Missing token"),
        ("chat".to_owned(), "Missing token"),
        ("orcs-token-".to_owned(), "Missing token"),
        ("orcs-token-x".to_owned(), "Invalid token"),
        (format!("orcs-token-{cut}"), "Invalid token"),
        (format!("orcs-token-{fresh}A"), "Invalid token"),
        (format!("orcs-token-{used}"), "Invalid token"),
        (format!("orcs-token-{of_bob}"), "Invalid token"),
        (format!("candy-token-{used}"), "Invalid token"),
        (format!("orcs-token-{}", "A".repeat(8000)), "Invalid token"),
    ] {
        for _ in 0..10 {
            let (mut client, answer) = browser.open(&attack, &offer).await;
            assert_eq!(answer.status, 101, "{offer:.40}");
            let closed = client.closed().await;
            assert_eq!(closed, (4002, reason.to_owned()), "{offer:.40}");
        }
    }
    // None of it has used up the one that is good.
    let (mut client, _) = browser.open(&attack, &format!("orcs-token-{fresh}")).await;
    is_let_in(&mut client).await;
    drop(client);
    attack.ends("4002", 4 * MIB).await;
}

#[tokio::test]
async fn of_two_sockets_with_one_token_one_is_let_in() {
    let attack = Attack::begin("one CSRF token, 20 sockets at once", SETTINGS).await;
    let mut browser = Browser::new();
    let token = browser.fetch_token(&attack).await;
    let lines = format!(
        "Origin: http://localhost\r\nCookie: {}\r\nSec-WebSocket-Protocol: orcs-token-{token}\r\n",
        browser.cookies
    );
    let request = upgrade_request(PRIVATE, &lines);
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(attack.tcp().await);
    }
    for client in &mut clients {
        client.send(&request).await;
    }
    let mut inside = 0;
    for client in &mut clients {
        assert_eq!(client.answer().await.expect("an answer").status, 101);
        client.send_text(r#"{"event":"whoami","id":1}"#).await;
        let frame = client.frame().await;
        match frame.first {
            FIN_TEXT => inside += 1,
            _ => assert_eq!(frame.close().0, 4002),
        }
    }
    assert_eq!(inside, 1);
    drop(clients);
    attack.ends("4002 for all but one", 4 * MIB).await;
}

#[tokio::test]
async fn a_flood_of_sessions_is_bounded_and_keeps_nobody_out() {
    let attack = Attack::begin("10,000 sessions for CSRF tokens", SETTINGS).await;
    let mut browser = Browser::new();
    let token = browser.fetch_token(&attack).await;
    let mut flood = attack.tcp().await;
    let batch = fetch("a=b").repeat(100);
    for _ in 0..100 {
        flood.send(&batch).await;
        for _ in 0..100 {
            let answer = flood.answer().await.expect("an answer");
            assert_eq!(answer.status, 200);
        }
    }
    drop(flood);
    let (mut client, _) = browser.open(&attack, &format!("orcs-token-{token}")).await;
    is_let_in(&mut client).await;
    drop(client);
    // About 220 bytes for each; 65,536 of them are the most.
    attack.ends("a token each", 6 * MIB).await;
}
