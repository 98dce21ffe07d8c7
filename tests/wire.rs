//! What is on the wire in plain mode, byte for byte, as an independent client reads it.

mod common;

use common::raw::RawClient;
use common::{App, WebSocket, start, within};
use orcs::Error;
use orcs::prelude::*;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

const PATH: &str = "/ws/wire";
const BAD_FRAME: &str =
    r#"{"event":"error","payload":{"message":"Invalid message format","code":"bad_frame"}}"#;
const INTERNAL: &str =
    r#"{"event":"error","payload":{"message":"Internal error","code":"internal"}}"#;

#[derive(Serialize, Deserialize)]
struct Text {
    text: String,
}

fn route() -> Route {
    ws(PATH)
        .on("echo", async |client, text: Text| {
            client.send("echo", &text)
        })
        .on("raw", async |client, payload: Value| {
            client.send("raw", &payload)
        })
        .on("sum", async |_client, (a, b): (i64, i64)| Reply(a + b))
        .on("nothing", async |_client, ()| {})
        .on("reject", async |_client, ()| -> orcs::Result {
            Err("a message needs a text".into())
        })
        .on("forbid", async |_client, ()| -> orcs::Result {
            Err(Error::new("forbidden", "not yours"))
        })
        .on("fail", async |_client, ()| -> orcs::Result {
            Err(std::io::Error::other("the password of db-7 is wrong"))?
        })
        .on("panic", async |_client, ()| -> orcs::Result {
            panic!("the password of db-7 is wrong")
        })
        .on("panic-later", async |_client, ()| -> orcs::Result {
            tokio::task::yield_now().await;
            panic!("the password of db-7 is wrong")
        })
}

async fn connected(route: Route) -> (App, WebSocket) {
    let app = start(route).await;
    let client = app.connect(PATH).await;
    (app, client)
}

/// Sends each text and reads one answer to each.
async fn answers<const N: usize>(client: &mut WebSocket, sent: [&str; N]) -> [String; N] {
    let mut answers = [const { String::new() }; N];
    for (text, answer) in sent.into_iter().zip(&mut answers) {
        client.send(text).await;
        *answer = client.text().await;
    }
    answers
}

#[tokio::test]
async fn an_event_is_an_event_and_a_payload_and_nothing_else() {
    let (_app, mut client) = connected(route()).await;
    let [answer] = answers(
        &mut client,
        [r#"{"event":"echo","payload":{"text":"hi \"there\" \u00e9\n"}}"#],
    )
    .await;
    assert_eq!(
        answer,
        r#"{"event":"echo","payload":{"text":"hi \"there\" é\n"}}"#
    );
}

#[tokio::test]
async fn white_space_and_unknown_members_change_nothing() {
    let (_app, mut client) = connected(route()).await;
    let [answer] = answers(
        &mut client,
        ["\n { \"later\" : [1] , \"payload\" : { \"text\" : \"hi\" } , \"event\" : \"echo\" } "],
    )
    .await;
    assert_eq!(answer, r#"{"event":"echo","payload":{"text":"hi"}}"#);
}

#[tokio::test]
async fn a_frame_that_is_no_envelope_is_told_so_and_the_connection_stays() {
    let (_app, mut client) = connected(route().max_bad_frames(0)).await;
    let deep = format!(r#"{{"event":"raw","payload":{}}}"#, "[".repeat(100_000));
    let long = format!(r#"{{"event":"{}","id":1}}"#, "e".repeat(129));
    for malformed in [
        "",
        " ",
        "{",
        "null",
        "7",
        "[]",
        "{}",
        r#""echo""#,
        r#"["echo",{"text":"hi"}]"#,
        r#"{"payload":{"text":"hi"}}"#,
        r#"{"event":null,"payload":{}}"#,
        r#"{"event":7}"#,
        r#"{"event":"","payload":{},"id":1}"#,
        r#"{"event":["echo"]}"#,
        r#"{"event":"echo","event":"echo"}"#,
        r#"{"event":"nothing"} x"#,
        r#"{"event":"nothing","id":true}"#,
        r#"{"event":"nothing","id":{}}"#,
        "{event:\"nothing\"}",
        "{\"event\":\"nothing\",\"payload\":\"\u{1}\"}",
        "\u{feff}{\"event\":\"nothing\"}",
        r#"{"event":"\ud800"}"#,
        &deep,
        &long,
    ] {
        let [answer] = answers(&mut client, [malformed]).await;
        assert_eq!(answer, BAD_FRAME, "{malformed:.60}");
    }
    let [answer] = answers(&mut client, [r#"{"event":"sum","payload":[1,2],"id":1}"#]).await;
    assert_eq!(answer, r#"{"event":"orcs:ack","payload":3,"id":1}"#);
}

#[tokio::test]
async fn an_envelope_cut_short_or_too_long_is_malformed_wherever_it_is() {
    let (_app, mut client) = connected(route().max_bad_frames(0)).await;
    for whole in [
        r#"{"event":"echo","payload":{"text":"hi"},"id":"a"}"#,
        r#"{"event":"raw","payload":[{"id":1},null],"id":70}"#,
        r#"{"event":"nothing","payload":null}"#,
    ] {
        for end in 0..whole.len() {
            let [answer] = answers(&mut client, [&whole[..end]]).await;
            assert_eq!(answer, BAD_FRAME, "{}", &whole[..end]);
        }
        for more in ["}", ",", " x", "\u{1}"] {
            let [answer] = answers(&mut client, [&format!("{whole}{more}")]).await;
            assert_eq!(answer, BAD_FRAME, "{whole}{more}");
        }
    }
}

#[tokio::test]
async fn a_payload_of_another_shape_never_reaches_the_handler() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let (_app, mut client) = connected(ws(PATH).on("join", async move |_client, _: Text| {
        counted.fetch_add(1, Ordering::Relaxed);
    }))
    .await;
    let answers = answers(
        &mut client,
        [
            r#"{"event":"join","payload":{}}"#,
            r#"{"event":"join","payload":{"text":7},"id":2}"#,
            r#"{"event":"join"}"#,
            r#"{"event":"join","payload":{"text":"hi"},"id":4}"#,
        ],
    )
    .await;
    assert_eq!(
        answers[0],
        r#"{"event":"error","payload":{"message":"missing field `text`","code":"validation"}}"#
    );
    assert_eq!(
        answers[1],
        r#"{"event":"error","payload":{"message":"invalid type: integer `7`, expected a string","code":"validation"},"id":2}"#
    );
    assert!(
        answers[2].ends_with(r#""code":"validation"}}"#),
        "{}",
        answers[2]
    );
    assert_eq!(answers[3], r#"{"event":"orcs:ack","payload":null,"id":4}"#);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_escaped_name_is_the_same_event() {
    let (_app, mut client) = connected(route()).await;
    let [answer] = answers(
        &mut client,
        [r#"{"event":"\u0065ch\u006f","payload":{"text":"hi"}}"#],
    )
    .await;
    assert_eq!(answer, r#"{"event":"echo","payload":{"text":"hi"}}"#);
}

#[tokio::test]
async fn an_unknown_event_is_ignored_unless_it_asks() {
    let (_app, mut client) = connected(route()).await;
    client.send(r#"{"event":"nobody","payload":1}"#).await;
    client.send(r#"{"event":"__proto__"}"#).await;
    let [answer] = answers(&mut client, [r#"{"event":"nobody","id":3}"#]).await;
    assert_eq!(
        answer,
        r#"{"event":"error","payload":{"message":"Unknown event","code":"unknown_event"},"id":3}"#
    );
}

#[tokio::test]
async fn a_route_may_refuse_unknown_events() {
    let (_app, mut client) = connected(route().refuse_unknown_events()).await;
    let [answer] = answers(&mut client, [r#"{"event":"nobody"}"#]).await;
    assert_eq!(
        answer,
        r#"{"event":"error","payload":{"message":"Unknown event","code":"unknown_event"}}"#
    );
}

#[tokio::test]
async fn a_reply_is_sent_to_who_asked_with_an_id_only() {
    let (_app, mut client) = connected(route()).await;
    client.send(r#"{"event":"sum","payload":[1,2]}"#).await;
    client
        .send(r#"{"event":"sum","payload":[3,4],"id":null}"#)
        .await;
    let answers = answers(
        &mut client,
        [
            r#"{"event":"sum","payload":[5,6],"id":7}"#,
            r#"{"event":"nothing","id":8}"#,
        ],
    )
    .await;
    assert_eq!(answers[0], r#"{"event":"orcs:ack","payload":11,"id":7}"#);
    assert_eq!(answers[1], r#"{"event":"orcs:ack","payload":null,"id":8}"#);
}

#[tokio::test]
async fn an_id_comes_back_exactly_as_it_was_written() {
    let (_app, mut client) = connected(route()).await;
    let longest = format!(r#""{}""#, "i".repeat(64));
    for id in [
        "0",
        "-0",
        "1e2",
        "1.50",
        "18446744073709551616",
        r#""""#,
        r#""a""#,
        r#""a\u0062""#,
        r#""\"""#,
        &longest,
    ] {
        let sent = format!(r#"{{"event":"nothing","id": {id} }}"#);
        let [answer] = answers(&mut client, [&sent]).await;
        assert_eq!(
            answer,
            format!(r#"{{"event":"orcs:ack","payload":null,"id":{id}}}"#)
        );
    }
}

#[tokio::test]
async fn numbers_pass_through_exactly() {
    let (_app, mut client) = connected(route()).await;
    let [answer] = answers(
        &mut client,
        [r#"{"event":"raw","payload":[9007199254740993,-1,true,null]}"#],
    )
    .await;
    assert_eq!(
        answer,
        r#"{"event":"raw","payload":[9007199254740993,-1,true,null]}"#
    );
}

#[tokio::test]
async fn lifecycle_names_are_not_a_clients_to_send() {
    let ends = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ends);
    let (_app, mut client) = connected(
        route()
            .connect(async |_client| {})
            .disconnect(async move |_client, _close| {
                counted.fetch_add(1, Ordering::Relaxed);
            })
            .fallback(async |client, _event, _payload| client.send("fallback", &())),
    )
    .await;
    for name in ["connect", "disconnect", "open", "close", "drain", "error"] {
        let sent = format!(r#"{{"event":"{name}","id":"x"}}"#);
        let [answer] = answers(&mut client, [&sent]).await;
        assert_eq!(
            answer,
            r#"{"event":"error","payload":{"message":"This event's name is reserved","code":"reserved_event"},"id":"x"}"#,
            "{name}"
        );
    }
    assert_eq!(ends.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_handlers_text_reaches_the_peer_as_rejected() {
    let (_app, mut client) = connected(route()).await;
    let answers = answers(
        &mut client,
        [
            r#"{"event":"reject"}"#,
            r#"{"event":"reject","id":9}"#,
            r#"{"event":"forbid","id":10}"#,
        ],
    )
    .await;
    assert_eq!(
        answers[0],
        r#"{"event":"error","payload":{"message":"a message needs a text","code":"rejected"}}"#
    );
    assert_eq!(
        answers[1],
        r#"{"event":"error","payload":{"message":"a message needs a text","code":"rejected"},"id":9}"#
    );
    assert_eq!(
        answers[2],
        r#"{"event":"error","payload":{"message":"not yours","code":"forbidden"},"id":10}"#
    );
}

#[tokio::test]
async fn the_cause_of_any_other_error_stays_here() {
    let (_app, mut client) = connected(route()).await;
    let answers = answers(
        &mut client,
        [r#"{"event":"fail"}"#, r#"{"event":"fail","id":1}"#],
    )
    .await;
    assert_eq!(answers[0], INTERNAL);
    assert_eq!(
        answers[1],
        r#"{"event":"error","payload":{"message":"Internal error","code":"internal"},"id":1}"#
    );
}

#[tokio::test]
async fn a_panic_costs_its_own_message_and_nothing_else() {
    let (app, mut client) = connected(route()).await;
    let mut other = app.connect(PATH).await;
    for event in ["panic", "panic-later"] {
        let sent = format!(r#"{{"event":"{event}"}}"#);
        let answers = answers(
            &mut client,
            [&sent, r#"{"event":"sum","payload":[1,2],"id":1}"#],
        )
        .await;
        assert_eq!(answers[0], INTERNAL, "{event}");
        assert_eq!(answers[1], r#"{"event":"orcs:ack","payload":3,"id":1}"#);
    }
    let [answer] = answers(&mut other, [r#"{"event":"nothing","id":1}"#]).await;
    assert_eq!(answer, r#"{"event":"orcs:ack","payload":null,"id":1}"#);
    assert_eq!(app.manager.get_stats().connections, 2);
}

/// Connects to a route whose `connect` fails; gives what the client and `disconnect` heard.
async fn refused_by(connect: impl FnOnce(Route) -> Route) -> ((u16, String), Vec<u16>) {
    let (ends, mut ended) = mpsc::unbounded_channel();
    let route = connect(ws(PATH))
        .on("late", async |client, ()| client.send("late", &()))
        .disconnect(async move |_client, close| {
            ends.send(close.code).expect("the test listens");
        });
    let app = start(route).await;
    let mut client = app.connect(PATH).await;
    let close = client.closed().await;
    let mut codes = vec![within(ended.recv()).await.expect("it ran")];
    client.close().await;
    app.stop().await;
    codes.extend(std::iter::from_fn(|| ended.try_recv().ok()));
    (close, codes)
}

#[tokio::test]
async fn a_connect_that_fails_closes_with_1011_and_disconnect_runs_once() {
    let (close, codes) = refused_by(|route| {
        route.connect(async |_client| -> orcs::Result { Err("the house is full".into()) })
    })
    .await;
    assert_eq!(close, (1011, "the house is full".to_owned()));
    assert_eq!(codes, [1011]);

    let (close, codes) = refused_by(|route| {
        route.connect(async |_client| -> orcs::Result {
            Err(std::io::Error::other("the password of db-7 is wrong"))?
        })
    })
    .await;
    assert_eq!(close, (1011, "Internal error".to_owned()));
    assert_eq!(codes, [1011]);
}

#[tokio::test]
async fn a_connect_that_panics_closes_with_1011_and_disconnect_runs_once() {
    for is_late in [false, true] {
        let (close, codes) = refused_by(|route| {
            route.connect(async move |_client| -> orcs::Result {
                if is_late {
                    tokio::task::yield_now().await;
                }
                panic!("the password of db-7 is wrong")
            })
        })
        .await;
        assert_eq!(close, (1011, "Internal error".to_owned()));
        assert_eq!(codes, [1011]);
    }
}

#[tokio::test]
async fn events_behind_a_connect_that_fails_are_not_handled() {
    let (_app, mut client) = {
        let calls = ws(PATH)
            .connect(async |_client| -> orcs::Result {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                Err("no".into())
            })
            .on("nothing", async |_client, ()| {});
        let app = start(calls).await;
        let client = RawClient::connect(&app, PATH).await;
        (app, client)
    };
    client.send_text(r#"{"event":"nothing","id":1}"#).await;
    assert_eq!(client.closed().await, (1011, "no".to_owned()));
}

#[tokio::test]
async fn binary_on_a_route_of_text_closes_with_1003() {
    let (_app, mut client) = connected(route()).await;
    let sent = futures_util::SinkExt::send(&mut client.0, Message::binary(vec![1, 2, 3]));
    within(sent).await.unwrap();
    assert_eq!(
        client.closed().await,
        (1003, "this route takes no binary messages".to_owned())
    );
}

#[tokio::test]
async fn a_fallback_gets_the_name_and_the_payload() {
    let (_app, mut client) = connected(
        route().fallback(async |_client, event: String, payload: Value| Reply((event, payload))),
    )
    .await;
    let answers = answers(
        &mut client,
        [
            r#"{"event":"n\u006fbody","payload":{"a":1},"id":1}"#,
            r#"{"event":"nothing","id":2}"#,
            r#"{"event":"orcs:later","id":3}"#,
        ],
    )
    .await;
    assert_eq!(
        answers[0],
        r#"{"event":"orcs:ack","payload":["nobody",{"a":1}],"id":1}"#
    );
    assert_eq!(answers[1], r#"{"event":"orcs:ack","payload":null,"id":2}"#);
    assert_eq!(
        answers[2],
        r#"{"event":"error","payload":{"message":"Unknown event","code":"unknown_event"},"id":3}"#,
        "the framework's own names are no fallback's"
    );
}

#[tokio::test]
async fn a_global_handler_runs_only_where_the_route_has_none() {
    let routes = Routes::new()
        .add(ws("/one").on("ping", async |_client, ()| Reply("one")))
        .add(ws("/two").fallback(async |_client, _event, _payload| Reply("fallback")));
    let app = start(routes).await;
    let mut one = app.connect("/one").await;
    let mut two = app.connect("/two").await;
    let [before] = answers(&mut two, [r#"{"event":"ping","id":1}"#]).await;
    assert_eq!(
        before,
        r#"{"event":"orcs:ack","payload":"fallback","id":1}"#
    );

    app.manager
        .on("ping", async |client: Client, ()| client.send("first", &()));
    app.manager.on("ping", async |_client, ()| Reply("global"));
    let [answer] = answers(&mut one, [r#"{"event":"ping","id":2}"#]).await;
    assert_eq!(answer, r#"{"event":"orcs:ack","payload":"one","id":2}"#);
    two.send(r#"{"event":"ping","id":3}"#).await;
    assert_eq!(two.text().await, r#"{"event":"first","payload":null}"#);
    assert_eq!(
        two.text().await,
        r#"{"event":"orcs:ack","payload":"global","id":3}"#
    );
}

#[tokio::test]
async fn events_are_handled_in_the_order_they_came() {
    let (_app, mut client) = connected(ws(PATH).on("number", async |_client, number: u32| {
        // Every other one waits: the next must not overtake it.
        if number.is_multiple_of(2) {
            tokio::task::yield_now().await;
        }
        Reply(number)
    }))
    .await;
    for number in 0..200 {
        let sent = format!(r#"{{"event":"number","payload":{number},"id":{number}}}"#);
        client.send(sent).await;
    }
    for number in 0..200 {
        assert_eq!(
            client.text().await,
            format!(r#"{{"event":"orcs:ack","payload":{number},"id":{number}}}"#)
        );
    }
}

/// The text of the error that the client hears next, and of what kind it is.
async fn error(client: &mut WebSocket) -> (String, String) {
    let mut error = client.expect("error").await;
    let text = |value: Value| value.as_str().expect("a text").to_owned();
    (text(error["message"].take()), text(error["code"].take()))
}

#[tokio::test]
async fn an_error_quotes_a_little_of_what_the_peer_wrote() {
    let (_app, mut client) = connected(
        route().on("find", async |_client, name: String| -> orcs::Result {
            Err(format!("nobody is {name}").into())
        }),
    )
    .await;
    // A letter, one of two bytes, one that serde writes as `\u{200b}`, one that JSON escapes.
    for letter in ["x", "é", "\u{200b}", "\""] {
        let payload = Value::from(letter.repeat(100_000));
        for (event, expected) in [("sum", "validation"), ("find", "rejected")] {
            client.emit(event, payload.clone()).await;
            let (message, code) = error(&mut client).await;
            assert_eq!(code, expected);
            // Whole characters of at most 4 bytes.
            assert!((253..=256).contains(&message.len()), "{message}");
        }
    }
    let [answer] = answers(&mut client, [r#"{"event":"nothing","id":1}"#]).await;
    assert_eq!(answer, r#"{"event":"orcs:ack","payload":null,"id":1}"#);
}

#[tokio::test]
async fn a_long_close_reason_is_cut_for_the_peer_and_for_disconnect() {
    // A close frame has room for 123 bytes: 61 of these letters.
    let cut = "é".repeat(61);
    let connects: [fn(Client) -> orcs::Result; 2] = [
        |client| {
            client.close(4000, &"é".repeat(500));
            Ok(())
        },
        |_client| Err("é".repeat(500).into()),
    ];
    for connect in connects {
        let (ends, mut ended) = mpsc::unbounded_channel();
        let route = ws(PATH)
            .connect(async move |client| connect(client))
            .disconnect(async move |_client, close| {
                ends.send(close.reason).expect("the test listens");
            });
        let (_app, mut client) = connected(route).await;
        assert_eq!(client.closed().await.1, cut);
        assert_eq!(within(ended.recv()).await.unwrap(), cut);
    }
}
