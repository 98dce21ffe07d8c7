//! How somebody is told that he is not let in, and how a token in a cookie lets him in.

mod common;

use common::raw::{Answer, RawClient, upgrade_request};
use common::{App, eventually, start, start_with, token, within};
use orcs::Reject;
use orcs::prelude::*;
use serde_json::Value;

async fn ask(app: &App, path: &str, more: &str) -> Answer {
    let mut client = RawClient::tcp(app.address).await;
    client.request(&upgrade_request(path, more)).await
}

fn refusing(reject: Option<Reject>) -> Route {
    let route = ws("/ws").middleware(async |request| match request.query("why").as_deref() {
        Some("unauthorized") => Err(Refusal::unauthorized().into()),
        Some("candy") => Err(Refusal::new(4001, "Unauthorized").into()),
        Some("busy") => Err(Refusal::new(1013, "come back later").into()),
        Some("flood") => Err(Refusal::new(4429, "too often").into()),
        Some("bug") => "x".parse::<u8>().map(|_| true).map_err(Into::into),
        Some(_) => orcs::Result::Ok(false),
        None => Ok(true),
    });
    match reject {
        Some(reject) => route.reject(reject),
        None => route,
    }
}

#[tokio::test]
async fn a_refusal_by_http_is_a_status_with_the_reason_before_any_upgrade() {
    let by_route = start(refusing(Some(Reject::Http))).await;
    let by_setting = start_with(refusing(None), |config| config.reject = Reject::Http).await;
    for app in [by_route, by_setting] {
        for (why, status, reason) in [
            ("unauthorized", 401, "Unauthorized"),
            ("candy", 401, "Unauthorized"),
            ("busy", 503, "come back later"),
            ("flood", 429, "too often"),
            ("bug", 500, "Internal error"),
            ("forbidden", 403, "Forbidden"),
        ] {
            let answer = ask(&app, &format!("/ws?why={why}"), "").await;
            assert_eq!(answer.status, status);
            assert!(answer.text().ends_with(reason), "{}", answer.text());
            let kind = answer.header("content-type");
            assert_eq!(kind, Some("text/plain; charset=utf-8"));
            assert_eq!(answer.header("upgrade"), None);
        }
        assert_eq!(ask(&app, "/ws", "").await.status, 101);
    }
}

#[tokio::test]
async fn a_refusal_is_by_default_an_upgrade_and_a_close_that_a_browser_can_read() {
    let app = start_with(refusing(Some(Reject::Close)), |config| {
        config.reject = Reject::Http;
    })
    .await;
    for (why, expected) in [
        ("unauthorized", (4401, "Unauthorized".to_owned())),
        ("busy", (1013, "come back later".to_owned())),
        ("forbidden", (4003, "Forbidden".to_owned())),
    ] {
        let mut client = RawClient::connect(&app, &format!("/ws?why={why}")).await;
        assert_eq!(client.closed().await, expected);
    }
}

#[tokio::test]
async fn an_admission_ends_with_the_client_that_it_is_about() {
    let (began, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let route = ws("/ws").admit(async move |_request| {
        let asked = std::sync::Arc::new(());
        began
            .send(std::sync::Arc::downgrade(&asked))
            .expect("the test listens");
        std::future::pending::<()>().await;
        drop(asked);
        Ok(())
    });
    let app = start(route).await;
    let mut client = RawClient::tcp(app.address).await;
    client.send(upgrade_request("/ws", "")).await;
    let asked = within(begins.recv()).await.expect("it began");
    assert_eq!(asked.strong_count(), 1);
    client.reset();
    eventually(|| asked.strong_count() == 0).await;
    eventually(|| app.manager.get_stats().sockets == 0).await;
}

#[tokio::test]
async fn a_token_in_a_cookie_counts_where_the_settings_name_the_cookie() {
    #[derive(Deserialize)]
    struct User {
        sub: String,
    }
    let private = || {
        ws("/ws")
            .auth::<User>()
            .csrf(false)
            .connect(async |client| client.send("hello", &client.data().sub))
    };
    let token = token("ann");
    let cookie = format!("Cookie: a=ü; session={token}\r\nOrigin: http://localhost\r\n");
    let app = start_with(private(), |config| {
        config.auth_cookie = Some("session".to_owned());
    })
    .await;
    let mut client = RawClient::tcp(app.address).await;
    let answer = client.request(&upgrade_request("/ws", &cookie)).await;
    assert_eq!(answer.status, 101);
    let hello: Value = serde_json::from_str(&client.text().await).unwrap();
    assert_eq!(hello["payload"], "ann");

    let twice = format!("{cookie}Cookie: session=planted\r\n");
    let mut client = RawClient::tcp(app.address).await;
    assert_eq!(
        client.request(&upgrade_request("/ws", &twice)).await.status,
        101
    );
    assert_eq!(client.closed().await.0, 4401);

    let app = start(private()).await;
    let mut client = RawClient::tcp(app.address).await;
    assert_eq!(
        client
            .request(&upgrade_request("/ws", &cookie))
            .await
            .status,
        101
    );
    assert_eq!(client.closed().await.0, 4401, "cookies are not looked at");
}
