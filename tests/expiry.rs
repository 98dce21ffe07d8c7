//! A token runs out while its client is connected.

use orcs::prelude::*;
use orcs::testing::{TestApp, TestClient, start};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[derive(Deserialize)]
struct User {
    #[expect(dead_code, reason = "only its presence matters here")]
    sub: String,
}

const MINUTE: Duration = Duration::from_secs(60);

fn in_seconds(seconds: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("a clock after 1970").as_secs() + seconds
}

async fn app() -> TestApp {
    start(
        ws("/ws")
            .auth::<User>()
            .expiring(MINUTE, async |client, left| {
                client.send("renew", &left.as_secs().div_ceil(10));
            })
            .on("say", async |_client, text: String| Reply(text))
            .on("work", async |_client, seconds: u64| {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }),
    )
    .await
}

async fn ann(app: &TestApp, seconds: u64) -> TestClient {
    let claims = json!({"sub": "ann", "exp": in_seconds(seconds)});
    app.connect_as("/ws", &claims).await
}

#[tokio::test]
async fn a_client_whose_token_runs_out_is_closed_with_4440_after_the_grace() {
    let app = app().await;
    let mut ann = ann(&app, 300).await;
    app.advance(4 * MINUTE - Duration::from_secs(5)).await;
    ann.expect_nothing().await;
    app.advance(Duration::from_secs(5)).await;
    assert_eq!(ann.expect::<u64>("renew").await, 6, "tens of seconds left");
    app.advance(MINUTE + Duration::from_secs(20)).await;
    assert_eq!(
        ann.request::<String>("say", "still here").await,
        "still here"
    );
    app.advance(Duration::from_secs(6)).await;
    let close = ann.expect_close().await;
    assert_eq!(close.code, 4440);
    assert_eq!(close.reason, "the token ran out and was not renewed");
}

#[tokio::test]
async fn a_renewed_token_lets_a_client_stay() {
    let app = app().await;
    let mut ann = ann(&app, 120).await;
    app.advance(MINUTE).await;
    let _: u64 = ann.expect("renew").await;
    let token = app.token(&json!({"sub": "ann", "exp": in_seconds(600)}));
    let renewed: Value = ann.request("orcs:auth", &json!({"token": token})).await;
    let exp = renewed["exp"].as_u64().unwrap();
    assert!((595..=600).contains(&exp), "{renewed}");
    app.advance(8 * MINUTE).await;
    ann.expect_nothing().await;
    app.advance(MINUTE).await;
    let _: u64 = ann.expect("renew").await;
    app.advance(MINUTE + Duration::from_secs(30)).await;
    assert_eq!(ann.expect_close().await.code, 4440);
}

#[tokio::test]
async fn a_renewal_without_an_id_is_not_answered() {
    let app = app().await;
    let mut ann = ann(&app, 300).await;
    let token = app.token(&json!({"sub": "ann", "exp": in_seconds(600)}));
    ann.send("orcs:auth", &json!({"token": token})).await;
    ann.expect_nothing().await;
    app.advance(6 * MINUTE).await;
    assert_eq!(
        ann.request::<String>("say", "still here").await,
        "still here"
    );
}

#[tokio::test]
async fn only_the_same_user_may_renew() {
    let app = app().await;
    let mut ann = ann(&app, 300).await;
    let exp = in_seconds(600);
    for (payload, code) in [
        (
            json!({"token": app.token(&json!({"sub": "bob", "exp": exp}))}),
            "forbidden",
        ),
        (
            json!({"token": app.token(&json!({"exp": exp}))}),
            "forbidden",
        ),
        (json!({"token": "a.b.c"}), "unauthorized"),
        (
            json!({"token": app.token(&json!({"sub": "ann", "exp": in_seconds(0) - 60}))}),
            "unauthorized",
        ),
        (json!({"jwt": "a.b.c"}), "validation"),
        (json!("a.b.c"), "validation"),
    ] {
        ann.send("orcs:auth", &payload).await;
        let error: Value = ann.expect("error").await;
        assert_eq!(error["code"], code, "{error}");
    }
    assert_eq!(
        ann.request::<String>("say", "still here").await,
        "still here"
    );
    app.advance(4 * MINUTE).await;
    let _: u64 = ann.expect("renew").await;
    app.advance(2 * MINUTE).await;
    assert_eq!(ann.expect_close().await.code, 4440, "nothing was renewed");
}

#[tokio::test]
async fn who_came_without_a_token_cannot_renew_one() {
    let app = start(ws("/ws").auth_optional::<User>()).await;
    let mut somebody = app.connect("/ws").await;
    let token = app.token(&json!({"sub": "ann"}));
    somebody.send("orcs:auth", &json!({"token": token})).await;
    let error: Value = somebody.expect("error").await;
    assert_eq!(error["code"], "forbidden");
}

#[tokio::test]
async fn a_token_that_is_as_good_as_over_is_told_of_at_once() {
    let app = app().await;
    let mut ann = ann(&app, 30).await;
    assert_eq!(ann.expect::<u64>("renew").await, 3);
    app.advance(MINUTE).await;
    assert_eq!(ann.expect_close().await.code, 4440);
}

#[tokio::test]
async fn a_renewal_is_by_the_tokens_user_whatever_the_app_calls_him() {
    let route = ws("/ws").auth::<User>().middleware(async |request| {
        request.identify("number seven");
    });
    let app = start(route).await;
    let mut ann = ann(&app, 300).await;
    for (sub, is_renewed) in [("ann", true), ("number seven", false)] {
        let token = app.token(&json!({"sub": sub, "exp": in_seconds(600)}));
        ann.send_text(
            &json!({"event": "orcs:auth", "payload": {"token": token}, "id": 1}).to_string(),
        )
        .await;
        let answer: Value = serde_json::from_str(&ann.expect_text().await).expect("JSON");
        assert_eq!(answer["event"] == "orcs:ack", is_renewed, "{answer}");
    }
}

#[tokio::test]
async fn behind_a_slow_handler_what_is_left_is_what_is_left_then() {
    let app = app().await;
    let mut ann = ann(&app, 120).await;
    app.advance(MINUTE - Duration::from_secs(5)).await;
    ann.send("work", &25).await;
    app.advance(Duration::from_secs(20)).await;
    ann.expect_nothing().await;
    app.advance(Duration::from_secs(5)).await;
    assert_eq!(ann.expect::<u64>("renew").await, 4, "tens of seconds left");
}

#[tokio::test]
async fn who_renews_behind_a_slow_handler_is_not_told_of_the_old_token() {
    let app = app().await;
    let mut ann = ann(&app, 120).await;
    app.advance(MINUTE - Duration::from_secs(5)).await;
    ann.send("work", &25).await;
    let token = app.token(&json!({"sub": "ann", "exp": in_seconds(600)}));
    ann.send("orcs:auth", &json!({"token": token})).await;
    app.advance(Duration::from_secs(30)).await;
    ann.expect_nothing().await;
    assert_eq!(
        ann.request::<String>("say", "still here").await,
        "still here"
    );
    // The new token was looked at behind the slow handler, and is good from then on.
    app.advance(9 * MINUTE).await;
    assert_eq!(ann.expect::<u64>("renew").await, 6, "told of the new one");
}
