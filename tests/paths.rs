//! Routes for many paths, over real connections: which one a request means, and what its
//! handlers learn of the path, the query and the headers.

mod common;

use common::log::lines_with;
use common::raw::{RawClient, upgrade_request};
use common::{App, start};
use orcs::prelude::*;
use orcs::{Config, testing};
use serde_json::json;

/// Says which route it is, and what it was told.
fn told(path: &'static str, name: &'static str) -> Route {
    ws(path).connect(async move |client| {
        let value = client.param::<String>(name)?;
        client.send(path, &value);
        orcs::Result::Ok(())
    })
}

/// What a socket on `path` is told first.
async fn first(app: &App, path: &str) -> String {
    let mut client = RawClient::tcp(app.address).await;
    let answer = client.request(&upgrade_request(path, "")).await;
    assert_eq!(answer.status, 101, "{path}: {answer:?}");
    client.text().await
}

async fn status(app: &App, request: &str) -> u16 {
    RawClient::tcp(app.address)
        .await
        .request(request)
        .await
        .status
}

#[tokio::test]
async fn a_path_leads_to_its_route_and_tells_its_names() {
    let app = start(
        Routes::new()
            .add(told("/rooms/{room}", "room"))
            .add(told("/users/:id/inbox", "id"))
            .add(told("/orders/{order:[0-9]+}", "order"))
            .add(told("/orders/{word}", "word"))
            .add(told("/files/**/{name}.json", "name"))
            .add(ws("/rooms/lobby").connect(async |client| client.send("exact", &client.path())))
            .add(
                ws("/rooms/the-lobby").connect(async |client| client.send("exact", &client.path())),
            ),
    )
    .await;
    for (path, event, payload) in [
        ("/rooms/den", "/rooms/{room}", "den"),
        ("/rooms/a%20b%2Fc", "/rooms/{room}", "a b/c"),
        ("/rooms/a+b?room=x", "/rooms/{room}", "a+b"),
        ("/rooms/caf%C3%A9", "/rooms/{room}", "caf\u{e9}"),
        ("/rooms/lobby", "exact", "/rooms/lobby"),
        ("/rooms/the%2Dlobby", "exact", "/rooms/the%2Dlobby"),
        ("/users/ann/inbox", "/users/:id/inbox", "ann"),
        ("/orders/12", "/orders/{order:[0-9]+}", "12"),
        ("/orders/12x", "/orders/{word}", "12x"),
        ("/files/a/b/c.json", "/files/**/{name}.json", "c"),
        ("/files/c.json", "/files/**/{name}.json", "c"),
    ] {
        let expected = json!({"event": event, "payload": payload}).to_string();
        assert_eq!(first(&app, path).await, expected, "{path}");
    }
}

#[tokio::test]
async fn what_fits_no_route_is_answered_with_404_before_the_upgrade() {
    let app = start(Routes::new().add(told("/rooms/{room}", "room"))).await;
    let long = format!("/rooms/{}", "a/".repeat(3000));
    for path in [
        "/rooms",
        "/rooms/",
        "/rooms//",
        "/rooms/a/",
        "/rooms/a/b",
        "/ROOMS/a",
        "/rooms/%",
        "/rooms/%zz",
        "/rooms/%61",
        "/rooms/%ff",
        "/rooms%2Fa",
        long.as_str(),
    ] {
        assert_eq!(
            status(&app, &upgrade_request(path, "")).await,
            404,
            "{path}"
        );
    }
    for (letters, expected) in [(4089, 101), (4090, 404), (12_000, 404)] {
        let path = format!("/rooms/{}", "a".repeat(letters));
        let status = status(&app, &upgrade_request(&path, "")).await;
        assert_eq!(status, expected, "{letters}");
    }
    let plain = "GET /rooms/a HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(status(&app, plain).await, 426);
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_no_such_path() {
    let by_number = |path| {
        ws(path).admit(async |request| {
            let number: u32 = request.param("number")?;
            request.identify(number);
            Ok(number)
        })
    };
    let in_connect = ws("/c/{number}").connect(async |client| {
        client.param::<u32>("number")?;
        orcs::Result::Ok(())
    });
    let in_event = ws("/e/{number}").on("look", async |client, ()| {
        orcs::Result::Ok(Reply(client.param::<u32>("number")?))
    });
    let app = start(
        Routes::new()
            .add(by_number("/a/{number}").on("who", async |client, ()| Reply(*client.data())))
            .add(by_number("/h/{number}").reject(Reject::Http))
            .add(in_connect)
            .add(in_event),
    )
    .await;
    let mut seven = app.connect("/a/7").await;
    seven.send(r#"{"event":"who","id":1}"#).await;
    assert_eq!(seven.expect("orcs:ack").await, 7);
    for path in ["/a/x", "/c/x"] {
        let closed = app.connect(path).await.closed().await;
        assert_eq!(closed, (4404, "`x` is no `number`".to_owned()), "{path}");
    }
    assert_eq!(status(&app, &upgrade_request("/h/-1", "")).await, 404);
    let mut asking = app.connect("/e/x").await;
    asking.send(r#"{"event":"look","id":1}"#).await;
    let error = asking.expect("error").await;
    assert_eq!(
        error,
        json!({"message": "`x` is no `number`", "code": "not_found"})
    );
}

#[tokio::test]
async fn a_name_that_the_path_has_not_is_an_internal_error() {
    let app = start(told("/rooms/{room}", "rom")).await;
    let closed = app.connect("/rooms/a").await.closed().await;
    assert_eq!(closed, (1011, "Internal error".to_owned()));
}

#[tokio::test]
async fn a_refusal_in_connect_closes_with_its_code() {
    let app =
        start(
            Routes::new()
                .add(ws("/own").connect(async |_client| {
                    orcs::Result::<()>::Err(Refusal::new(4100, "full").into())
                }))
                .add(ws("/who").connect(async |_client| {
                    orcs::Result::<()>::Err(Refusal::unauthorized().into())
                })),
        )
        .await;
    let closed = async |path| app.connect(path).await.closed().await;
    assert_eq!(closed("/own").await, (4100, "full".to_owned()));
    assert_eq!(closed("/who").await, (4401, "Unauthorized".to_owned()));
}

#[tokio::test]
async fn a_handler_reads_path_query_and_the_headers_that_are_kept() {
    let route = ws("/rooms/{room}")
        .keep_headers(["user-agent", "X-Team"])
        .on("ask", async |client, ()| {
            let header = |name| client.header(name).map(str::to_owned);
            orcs::Result::Ok(Reply((
                client.path().to_owned(),
                client.param::<String>("room")?,
                [client.query("a"), client.query("token"), client.query("b")],
                [header("User-Agent"), header("x-team"), header("host")],
            )))
        });
    let app = start(route).await;
    let mut client = RawClient::tcp(app.address).await;
    let request = upgrade_request(
        "/rooms/a%20b?a=caf%C3%A9+1&token=secret&a=2",
        "User-Agent: test/1\r\nX-Team: \u{e9}\r\n",
    );
    assert_eq!(client.request(&request).await.status, 101);
    client.send_text(r#"{"event":"ask","id":1}"#).await;
    let answer: serde_json::Value = serde_json::from_str(&client.text().await).unwrap();
    assert_eq!(
        answer["payload"],
        json!([
            "/rooms/a%20b",
            "a b",
            ["caf\u{e9} 1", null, null],
            ["test/1", null, null]
        ])
    );
}

#[tokio::test]
async fn nobody_makes_the_server_keep_much_of_a_request() {
    let app = start(ws("/ws").keep_headers(["x-note"])).await;
    let (short, long) = ("a".repeat(4000), "a".repeat(4100));
    for (path, more, expected) in [
        (format!("/ws?{short}"), String::new(), 101),
        (format!("/ws?{long}"), String::new(), 414),
        (format!("/ws?token={long}"), String::new(), 101),
        ("/ws".to_owned(), format!("X-Note: {short}\r\n"), 101),
        ("/ws".to_owned(), format!("X-Note: {long}\r\n"), 431),
        ("/ws".to_owned(), format!("X-Other: {long}\r\n"), 101),
    ] {
        let status = status(&app, &upgrade_request(&path, &more)).await;
        assert_eq!(status, expected, "{}", &path[..8.min(path.len())]);
    }
}

#[tokio::test]
async fn paths_that_cannot_be_told_apart_stop_the_start_and_are_both_named() {
    for (one, other) in [
        ("/a/{x}", "/a/:y"),
        ("/a/*", "/a/{y}"),
        ("/{a:[0-9]+}", "/{b:[0-9]+}"),
        ("/caf%C3%A9", "/caf\u{e9}"),
        ("/a/**/**", "/a/**"),
    ] {
        let why = refused(Routes::new().add(ws(one)).add(ws(other))).await;
        assert!(why.contains(one) && why.contains(other), "{why}");
    }
    let why = refused(ws("/a/{b").into()).await;
    assert!(
        why.contains("`/a/{b` is not a path") && why.contains("example: "),
        "{why}"
    );
    let why = refused(ws("/a").keep_headers(["user agent"]).into()).await;
    assert!(
        why.contains("/a: `user agent` is not the name of a header"),
        "{why}"
    );
}

#[tokio::test]
async fn no_route_takes_what_the_framework_answers_itself() {
    for path in ["/**", "/{a}/{b}", "/*/{b}", "/_orcs*/{b}"] {
        let app = start(Routes::new().add(ws(path)).http(orcs::csrf_tokens)).await;
        for own in ["/_orcs/metrics", "/_orcs/csrf"] {
            let plain = format!("GET {own} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assert_eq!(status(&app, &plain).await, 200, "{path}: {own}");
        }
        for (asked, expected) in [
            ("/_orcs/chat", 404),
            ("/%5Forcs/chat", 404),
            ("/%5forcs/chat", 404),
            ("/_orcs-2/chat", 101),
        ] {
            let status = status(&app, &upgrade_request(asked, "")).await;
            assert_eq!(status, expected, "{path}: {asked}");
        }
    }
    for path in ["/_orcs/{a}", "/%5Forcs/chat", "/_orcs/"] {
        let why = refused(ws(path).into()).await;
        let expected = format!("`{path}`: paths below /_orcs/ are the framework's own");
        assert!(why.contains(&expected), "{why}");
    }
}

async fn refused(routes: Routes) -> String {
    let mut config = Config::default();
    config.port = 0;
    let started = orcs::App::new(config, routes).start().await;
    started.expect_err("it must not start").to_string()
}

#[tokio::test]
async fn the_kit_leads_paths_as_the_server_does() {
    let route = ws("/rooms/{room}").connect(async |client| {
        let room: String = client.param("room")?;
        client.send("welcome", &(room, client.query("user")));
        orcs::Result::Ok(())
    });
    let app = testing::start(route).await;
    let mut client = app.connect("/rooms/a%20b?user=ann").await;
    let (room, user): (String, String) = client.expect("welcome").await;
    assert_eq!((room.as_str(), user.as_str()), ("a b", "ann"));
}

#[tokio::test]
#[should_panic(expected = "no route `/rooms/a/b`; there are: /rooms/{room}")]
async fn the_kit_names_the_routes_there_are() {
    let app = testing::start(ws("/rooms/{room}")).await;
    app.connect("/rooms/a/b").await;
}

#[tokio::test]
#[should_panic(expected = "no route `/_orcs/csrf`; there are: /**")]
async fn the_kit_keeps_the_frameworks_own_paths_too() {
    let app = testing::start(ws("/**")).await;
    app.connect("/_orcs/csrf").await;
}

#[tokio::test]
async fn a_mistaken_name_is_told_in_the_log_with_those_there_are() {
    assert!(lines_with(&["keeps no header"]).is_empty());
    let route =
        ws("/rooms/{room}/{seat}")
            .keep_headers(["user-agent"])
            .on("look", async |client, ()| {
                let is_there = client.header("user-agents").is_some();
                client.send("is there", &is_there);
                client.param::<String>("set").map(Reply)
            });
    let app = testing::start(route).await;
    let mut client = app.connect("/rooms/a/1").await;
    client.send("look", &()).await;
    assert!(!client.expect::<bool>("is there").await);
    for expected in [
        "no `set` in the route's path; it has: room, seat",
        "/rooms/{room}/{seat} keeps no header `user-agents`; add `.keep_headers([\"user-agents\"])`",
    ] {
        assert_eq!(lines_with(&[expected]).len(), 1, "{expected}");
    }
}
