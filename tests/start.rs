//! What an app needs to start, and what its settings and its state then do.

use orcs::prelude::*;
use orcs::testing::{self};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[tokio::test]
async fn a_route_that_cannot_work_stops_the_start() {
    type Start = fn() -> Routes;
    let cases: [(Start, &str); 15] = [
        (
            || ws("/a").on("connect", async |_client, ()| ()).into(),
            "use `.connect(..)`",
        ),
        (
            || ws("/a").on("error", async |_client, ()| ()).into(),
            "use `.error(..)`",
        ),
        (
            || ws("/a").on("orcs:ack", async |_client, ()| ()).into(),
            "reserved",
        ),
        (
            || ws("/a").on("", async |_client, ()| ()).into(),
            "1 to 128 bytes",
        ),
        (
            || {
                ws("/a")
                    .on("x", async |_client, ()| ())
                    .on("x", async |_client, ()| ())
                    .into()
            },
            "two handlers",
        ),
        (|| ws("chat").into(), "is not a path"),
        (
            || ws("/_orcs/chat").into(),
            "`/_orcs/chat`: paths below /_orcs/ are the framework's own; choose another",
        ),
        (
            || Routes::new().add(ws("/a")).add(ws("/a")),
            "two routes have the path `/a`",
        ),
        (
            || compressed(Compression::on().context_takeover().window_bits(8)),
            "/a: a window has 9 to 15 bits, not `8`",
        ),
        (
            || compressed(Compression::on().context_takeover().window_bits(16)),
            "9 to 15 bits",
        ),
        (
            || compressed(Compression::on().window_bits(12)),
            "add `.context_takeover()` or leave it out",
        ),
        (
            || dropping(SlowConsumer::DropOldest),
            "choose `SlowConsumer::Disconnect` or `DropNewest`",
        ),
        (
            || dropping(SlowConsumer::Latest),
            "no waiting message can be dropped",
        ),
        (
            || {
                ws("/a")
                    .rate_limit(RateLimit::per_second(9).burst(0))
                    .into()
            },
            "/a: `.burst(0)` would refuse every message",
        ),
        (
            || ws("/a").write_timeout(Duration::MAX).into(),
            "/a: `.write_timeout(..)` is more than a year",
        ),
    ];
    for (routes, expected) in cases {
        let mut config = orcs::Config::default();
        config.port = 0;
        let error = orcs::App::new(config, routes())
            .start()
            .await
            .expect_err(expected)
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}

fn compressed(compression: Compression) -> Routes {
    ws("/a").compression(compression).into()
}

/// A route that would drop what later messages refer to.
fn dropping(policy: SlowConsumer) -> Routes {
    let kept = Compression::on().context_takeover();
    ws("/a").slow_consumer(policy).compression(kept).into()
}

#[tokio::test]
async fn a_private_route_without_a_usable_secret_does_not_start() {
    let private = || ws("/p").auth::<serde_json::Value>();
    let start = async |change: fn(&mut orcs::Config)| {
        let mut config = orcs::Config::default();
        config.port = 0;
        change(&mut config);
        let error = orcs::App::new(config, private())
            .start()
            .await
            .expect_err("it must not start");
        error.to_string()
    };
    assert!(start(|_| ()).await.contains("JWT_SECRET is not set"));
    let error = start(|config| config.auth_enabled = false).await;
    assert!(error.contains("WS_AUTH_ENABLED is false"), "{error}");
}

#[tokio::test]
async fn a_setting_out_of_range_stops_the_start_also_when_code_set_it() {
    let mut config = orcs::Config::default();
    config.port = 0;
    config.max_payload_bytes = 0;
    let error = orcs::App::new(config, ws("/ws"))
        .start()
        .await
        .expect_err("unbounded");
    assert!(
        error.to_string().starts_with("WS_MAX_PAYLOAD_LENGTH: "),
        "{error}"
    );
}

#[tokio::test]
async fn ws_auth_required_closes_every_route_that_is_not_public() {
    let routes = || Routes::new().add(ws("/open")).add(ws("/public").public());
    let app = testing::start_app(|mut config| {
        config.auth_required = true;
        orcs::App::new(config, routes())
    })
    .await;
    assert_eq!(app.connect("/open").await.expect_close().await.code, 4401);
    app.connect("/public").await.expect_nothing().await;
    app.connect_as("/open", &json!({}))
        .await
        .expect_nothing()
        .await;
}

#[tokio::test]
async fn an_app_without_the_state_that_its_routes_need_does_not_start() {
    struct Db;
    struct Mailer;
    let routes = || {
        Routes::new()
            .add(ws("/open"))
            .add(ws("/ws").needs::<Db>())
            .needs::<Mailer>()
    };
    let app = || {
        let mut config = orcs::Config::default();
        config.port = 0;
        orcs::App::new(config, routes())
    };
    for (app, expected) in [
        (app(), "/ws: no state of type `start::"),
        (app().state(Mailer), "::Db`; give it to the app"),
        (app().state(Db), "the routes: no state of type `start::"),
    ] {
        let error = app.start().await.expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
    let server = app().state(Db).state(Mailer).start().await;
    server.expect("it has what it needs");
}

#[tokio::test]
async fn state_is_shared_with_all_handlers() {
    let route = ws("/ws").on("next", async |client, ()| {
        Reply(
            client
                .state::<AtomicUsize>()
                .fetch_add(1, Ordering::Relaxed),
        )
    });
    let app =
        testing::start_app(|config| orcs::App::new(config, route).state(AtomicUsize::new(7))).await;
    let (mut ann, mut bob) = (app.connect("/ws").await, app.connect("/ws").await);
    assert_eq!(ann.request::<usize>("next", &()).await, 7);
    assert_eq!(bob.request::<usize>("next", &()).await, 8);
    assert_eq!(
        app.manager()
            .state::<AtomicUsize>()
            .map(|next| next.load(Ordering::Relaxed)),
        Some(9)
    );
}
