//! Who is let in: tokens that may be there, the app's own word, and middleware.

use orcs::prelude::*;
use orcs::testing::{TestApp, start, start_app};
use orcs::{App, Initiator, close_code as code};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[derive(Serialize, Deserialize, Clone)]
struct User {
    sub: String,
}

async fn is_closed_with(app: &TestApp, path: &str, expected: (u16, &str)) {
    let mut client = app.connect(path).await;
    let close = client.expect_close().await;
    assert_eq!((close.code, close.reason.as_str()), expected, "{path}");
    assert_eq!(app.manager().get_stats().connections, 0);
}

#[tokio::test]
async fn an_optional_token_tells_who_it_is_and_none_is_fine() {
    let route = ws("/ws").auth_optional::<User>().connect(async |client| {
        let name = client.data().as_ref().map(|user| user.sub.as_str());
        client.send("hello", &name);
        assert_eq!(client.is_authenticated(), name.is_some());
        assert_eq!(client.user(), name);
    });
    let app = start(route).await;
    let mut ann = app.connect_as("/ws", &json!({"sub": "ann"})).await;
    assert_eq!(ann.expect::<Value>("hello").await, "ann");
    let mut somebody = app.connect("/ws").await;
    assert_eq!(somebody.expect::<Value>("hello").await, Value::Null);
    somebody.cut().await;
    ann.cut().await;
    is_closed_with(&app, "/ws?token=bad", (4401, "Unauthorized")).await;
}

#[tokio::test]
async fn an_admitter_makes_the_data_or_refuses_in_its_own_words() {
    struct Player {
        name: String,
    }
    let route = ws("/ws")
        .admit(async |request| {
            tokio::task::yield_now().await;
            let name = request.query("name").ok_or("who are you?")?;
            match name.as_str() {
                "mallory" => return Err(Refusal::new(4100, "not you").into()),
                "nobody" => return Err(Refusal::unauthorized().into()),
                "broken" => _ = "x".parse::<u8>()?,
                "panic" => panic!("a bug"),
                _ => request.identify(&name),
            }
            Ok(Player { name })
        })
        .connect(async |client| {
            client.send("hello", &(&client.data().name, client.user()));
        });
    let app = start(route).await;
    let mut ann = app.connect("/ws?x=1&name=J%C3%BCrgen+B").await;
    assert_eq!(
        ann.expect::<Value>("hello").await,
        json!(["Jürgen B", "Jürgen B"])
    );
    ann.cut().await;
    for (path, expected) in [
        ("/ws", (4401, "who are you?")),
        ("/ws?name=mallory", (4100, "not you")),
        ("/ws?name=nobody", (4401, "Unauthorized")),
        ("/ws?name=broken", (1011, "Internal error")),
        ("/ws?name=panic", (1011, "Internal error")),
    ] {
        is_closed_with(&app, path, expected).await;
    }
}

#[tokio::test]
async fn an_admission_that_takes_too_long_is_closed_with_4408() {
    let route = ws("/ws").admit(async |_request| {
        std::future::pending::<()>().await;
        Ok(())
    });
    let app = start(route).await;
    is_closed_with(&app, "/ws", (4408, "admission took too long")).await;
}

#[tokio::test]
async fn what_a_client_says_before_it_is_admitted_is_not_lost() {
    // The kit sends nothing before the handshake is over; what comes right behind it waits
    // for `connect` all the same.
    let route = ws("/ws")
        .admit(async |_request| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(())
        })
        .connect(async |_client| tokio::time::sleep(Duration::from_secs(1)).await)
        .on("say", async |_client, text: String| Reply(text));
    let app = start(route).await;
    let mut client = app.connect("/ws").await;
    assert_eq!(client.request::<String>("say", "hi").await, "hi");
}

#[tokio::test]
async fn middleware_runs_in_order_adds_data_and_refuses_with_candypacks_codes() {
    struct Tenant(String);
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&calls);
    let routes = Routes::new()
        .middleware("counted", async move |_request| {
            seen.fetch_add(1, Ordering::Relaxed);
        })
        .add(
            ws("/ws")
                .middleware(async |request| request.query("no").is_none())
                .through("counted")
                .middleware(async |request| {
                    let tenant = request.query("tenant").ok_or("no tenant")?;
                    request.insert(Tenant(tenant));
                    orcs::Result::Ok(())
                })
                .middleware(async |request| {
                    let tenant = request.get::<Tenant>().ok_or("not in order")?;
                    match tenant.0.as_str() {
                        "own" => Err(Refusal::new(4999, "own code").into()),
                        "panic" => panic!("a bug"),
                        _ => Ok(()),
                    }
                })
                .connect(async |client| {
                    assert!(client.get::<String>().is_none());
                    client.send(
                        "tenant",
                        &client.get::<Tenant>().map(|tenant| tenant.0.clone()),
                    );
                }),
        );
    let app = start(routes).await;
    let mut client = app.connect("/ws?tenant=acme").await;
    assert_eq!(client.expect::<Value>("tenant").await, "acme");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    client.cut().await;
    for (path, expected) in [
        ("/ws?no=1", (code::FORBIDDEN, "Forbidden")),
        ("/ws", (code::REJECTED, "no tenant")),
        ("/ws?tenant=own", (4999, "own code")),
        ("/ws?tenant=panic", (1011, "Internal error")),
    ] {
        is_closed_with(&app, path, expected).await;
    }
    assert_eq!(calls.load(Ordering::Relaxed), 4, "not after a refusal");
}

#[tokio::test]
async fn middleware_runs_behind_the_token_check() {
    let route = ws("/ws")
        .middleware(async |request| {
            let user = request.claims::<User>().ok_or("no claims")?;
            assert_eq!(request.user(), Some(user.sub.clone()));
            Ok(user.sub == "ann")
        })
        .auth::<User>()
        .connect(async |client| client.send("hello", &client.data().sub));
    let app = start(route).await;
    let mut ann = app.connect_as("/ws", &json!({"sub": "ann"})).await;
    assert_eq!(ann.expect::<Value>("hello").await, "ann");
    let mut bob = app.connect_as("/ws", &json!({"sub": "bob"})).await;
    assert_eq!(bob.expect_close().await.code, 4003);
    let mut nobody = app.connect("/ws").await;
    assert_eq!(nobody.expect_close().await.code, 4401, "not `no claims`");
}

#[tokio::test]
async fn the_query_that_an_app_sees_has_no_token() {
    let route = ws("/ws").auth::<User>().middleware(async |request| {
        assert_eq!(request.query("token"), None);
        assert_eq!(request.query("a"), Some("1".to_owned()));
        assert!(!format!("{request:?}").contains("token"));
    });
    let app = start(route).await;
    let token = app.token(&json!({"sub": "ann"}));
    let _client = app.connect(&format!("/ws?a=1&token={token}&b=2")).await;
    assert_eq!(app.manager().get_stats().connections, 1);
}

#[tokio::test]
async fn the_code_for_unauthorized_is_the_settings_or_the_profiles() {
    let routes = Routes::new()
        .add(ws("/set").auth::<User>())
        .add(ws("/candy").auth::<User>().profile(Profile::Candy))
        .add(
            ws("/own")
                .admit(async |_request| Err::<(), _>(Refusal::new(4401, "the app's own").into())),
        );
    let app = start_app(|mut config| {
        config.close_unauthorized = 4444;
        App::new(config, routes)
    })
    .await;
    is_closed_with(&app, "/set", (4444, "Unauthorized")).await;
    is_closed_with(&app, "/candy", (4001, "Unauthorized")).await;
    is_closed_with(&app, "/own", (4401, "the app's own")).await;
}

#[tokio::test]
async fn all_connections_of_a_user_are_closed_at_once() {
    let routes = Routes::new().add(ws("/a").auth::<Value>()).add(
        ws("/b")
            .auth::<Value>()
            .connect(async |client| client.join("lobby")),
    );
    let app = start(routes).await;
    let mut at_home = app.connect_as("/a", &json!({"sub": 7})).await;
    let mut at_work = app.connect_as("/b", &json!({"user_id": "7"})).await;
    let _other = app.connect_as("/b", &json!({"id": 8})).await;
    let manager = app.manager();
    assert_eq!(manager.disconnect_user("nobody", 4403, "banned"), 0);
    assert_eq!(manager.disconnect_user(7, 4403, "banned"), 2);
    assert_eq!(
        manager.disconnect_user(7, 4403, "banned"),
        0,
        "they are gone"
    );
    assert_eq!(manager.get_room_clients("lobby").len(), 1);
    for client in [&mut at_home, &mut at_work] {
        let close = client.expect_close().await;
        assert_eq!((close.code, close.reason.as_str()), (4403, "banned"));
        assert_eq!(close.by, Initiator::Server);
    }
}

#[tokio::test]
async fn a_middleware_that_nobody_has_stops_the_start() {
    let routes = Routes::new()
        .middleware("tenant", async |_request| ())
        .add(ws("/ws").through("tenat"));
    let mut config = orcs::Config::default();
    config.port = 0;
    let error = App::new(config, routes).start().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "/ws: no middleware is called `tenat`; there are: tenant"
    );
}
