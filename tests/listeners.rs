//! Handlers that one client has for itself.

mod common;

use common::kit::{app, error_code, one};
use common::log::lines_with;
use orcs::prelude::*;
use orcs::{Listener, testing};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;

/// Answers `say` with its own name, and tells on `listen` what it hears by itself.
fn route() -> Route {
    ws("/ws")
        .on("say", async |_client, _payload: Value| Reply("the route"))
        .on("listen", async |client, event: String| {
            client.on(&event, async |_client, text: String| Reply(text))
        })
        .on("stop", async |client, event: String| client.off(&event))
        .refuse_unknown_events()
}

#[tokio::test]
async fn a_client_is_asked_before_its_route_until_it_stops() {
    let app = app(route(), |_| {}).await;
    let (mut ann, mut bob) = (app.connect("/ws").await, app.connect("/ws").await);
    assert_eq!(ann.request::<String>("say", "ann").await, "the route");
    ann.send("listen", "say").await;
    // However the envelope is written, also as it is read at a glance.
    for text in [
        r#"{"event":"say","payload":"ann","id":1}"#,
        r#"{"id":1,"event":"say","payload":"ann"}"#,
    ] {
        ann.send_text(text).await;
        assert_eq!(ann.expect::<String>("orcs:ack").await, "ann");
    }
    assert_eq!(bob.request::<String>("say", "bob").await, "the route");
    ann.send("stop", "say").await;
    assert_eq!(ann.request::<String>("say", "ann").await, "the route");
    // Only its own are gone with it.
    ann.send("stop", "say").await;
    ann.send("stop", "listen").await;
    ann.send("listen", "say").await;
    assert_eq!(ann.request::<String>("say", "ann").await, "ann");
}

#[tokio::test]
async fn one_message_is_handled_once_by_the_first_who_knows_it() {
    let route = route().fallback(async |_client, _event, _payload| Reply("the fallback"));
    let (app, mut ann) = one(route).await;
    for event in ["say", "shout"] {
        let global = async |_client, _payload: Value| Reply("the manager");
        app.manager().on(event, global);
    }
    let mut asked = async |event: &str| ann.request::<String>(event, "ann").await;
    assert_eq!(asked("say").await, "the route");
    assert_eq!(asked("shout").await, "the manager");
    assert_eq!(asked("whisper").await, "the fallback");
    for event in ["say", "shout", "whisper"] {
        ann.send("listen", event).await;
        assert_eq!(ann.request::<String>(event, "ann").await, "ann");
        ann.expect_nothing().await;
    }
}

#[tokio::test]
async fn an_event_that_only_a_client_knows_is_dispatched() {
    let known = r#"known=["listen", "say", "stop"] own=["answer"]"#;
    assert!(lines_with(&[known]).is_empty());
    let (_app, mut ann) = one(route()).await;
    ann.send("answer", "42").await;
    assert_eq!(error_code(&mut ann).await, "unknown_event");
    ann.send("listen", "answer").await;
    ann.send("anwser", "42").await;
    assert_eq!(error_code(&mut ann).await, "unknown_event");
    assert_eq!(lines_with(&[known]).len(), 1, "it says what is known");
    assert_eq!(ann.request::<String>("answer", "42").await, "42");
    ann.send("answer", &7).await;
    assert_eq!(error_code(&mut ann).await, "validation");
}

#[tokio::test]
async fn several_run_in_their_order_and_each_can_be_taken_off_alone() {
    let listeners = Arc::new(Mutex::new(Vec::<Listener>::new()));
    let added = Arc::clone(&listeners);
    let route = ws("/ws")
        .connect(async move |client| {
            let mut added = added.lock().unwrap();
            for number in 1..=3 {
                added.push(client.on("count", async move |client, wanted: u32| {
                    client.send("counted", &number);
                    match number == wanted {
                        true => Err("that is enough".into()),
                        false => orcs::Result::Ok(Reply(number)),
                    }
                }));
            }
        })
        .on("count", async |_client, ()| Reply(0));
    let (_app, mut ann) = one(route).await;
    let off = |index: usize| listeners.lock().unwrap()[index].off();
    let counted = async |ann: &mut testing::TestClient, numbers: &[u32]| {
        for number in numbers {
            assert_eq!(ann.expect::<u32>("counted").await, *number);
        }
    };
    assert_eq!(ann.request::<u32>("count", &0).await, 3);
    counted(&mut ann, &[1, 2, 3]).await;
    ann.send("count", &2).await;
    counted(&mut ann, &[1, 2]).await;
    assert_eq!(error_code(&mut ann).await, "rejected");
    off(1);
    off(1);
    assert_eq!(ann.request::<u32>("count", &0).await, 3);
    counted(&mut ann, &[1, 3]).await;
    off(2);
    off(0);
    assert_eq!(ann.request::<u32>("count", &()).await, 0, "the route again");
}

#[tokio::test]
async fn a_client_hears_raw_messages_too() {
    let route = ws("/ws")
        .codec(codec::Raw)
        .on("message", async |client, text: String| {
            client.on("message", async |_client, text: String| {
                Reply(format!("heard {text}"))
            });
            Reply(text)
        });
    let (_app, mut ann) = one(route).await;
    for expected in ["hi", "heard hi"] {
        ann.send_text("hi").await;
        assert_eq!(ann.expect_text().await, expected);
    }
}

#[tokio::test]
async fn the_guards_of_a_route_stand_in_front_of_a_clients_own_handlers() {
    let route = route()
        .guard("say", async |_client, text: String| text != "spam")
        .guard("say", async |_client, text: String| -> orcs::Result {
            match text.as_str() {
                "ham" => Err("no ham either".into()),
                _ => Ok(()),
            }
        });
    let (_app, mut ann) = one(route).await;
    ann.send("listen", "say").await;
    assert_eq!(ann.request::<String>("say", "hi").await, "hi");
    for (text, code) in [("spam", "forbidden"), ("ham", "rejected")] {
        ann.send("say", text).await;
        assert_eq!(error_code(&mut ann).await, code);
    }
}

#[tokio::test]
async fn names_that_no_client_can_send_and_too_many_handlers_are_the_apps_mistake() {
    let route = route().on("fill", async |client, count: usize| {
        for _ in 0..count {
            client.on("say", async |_client, text: String| Reply(text));
        }
    });
    let (_app, mut ann) = one(route).await;
    for event in ["connect", "error", "orcs:auth", ""] {
        ann.send("listen", event).await;
        assert_eq!(error_code(&mut ann).await, "internal", "{event}");
    }
    let _: Value = ann.request("fill", &256).await;
    ann.send("listen", "say").await;
    assert_eq!(error_code(&mut ann).await, "internal");
    ann.send("stop", "say").await;
    let _: Value = ann.request("listen", "say").await;
    assert_eq!(
        ann.request::<String>("say", "still here").await,
        "still here"
    );
}

#[tokio::test]
async fn handlers_are_gone_with_their_client() {
    let witness = Arc::new(());
    let kept = Arc::clone(&witness);
    let clients = Arc::new(Mutex::new(Vec::new()));
    let handed_out = Arc::clone(&clients);
    let route = ws("/ws").connect(async move |client| {
        let (itself, witness) = (client.clone(), Arc::clone(&kept));
        client.on("x", async move |_client, ()| {
            let _ = (&itself, &witness);
        });
        handed_out.lock().unwrap().push(client);
    });
    let (_app, ann) = one(route).await;
    assert_eq!(Arc::strong_count(&witness), 3);
    ann.cut().await;
    assert_eq!(Arc::strong_count(&witness), 2, "the route's and ours");
    let client = clients.lock().unwrap().pop().unwrap();
    let late = Arc::clone(&witness);
    let listener = client.on("x", async move |_client, ()| drop(Arc::clone(&late)));
    assert_eq!(Arc::strong_count(&witness), 2, "nobody listens any more");
    listener.off();
    client.off("x");
}

#[tokio::test]
async fn handlers_that_have_begun_end_and_keep_their_clients_order() {
    let route = ws("/ws").connect(async |client| {
        client.on("say", async |client, number: u32| {
            client.off("say");
            sleep(Duration::from_secs(1)).await;
            client.send("first", &number);
        });
        client.on("say", async |client, number: u32| {
            client.send("second", &number)
        });
    });
    let (_app, mut ann) = one(route).await;
    ann.send("say", &1).await;
    ann.send_text(r#"{"event":"say","payload":2,"id":2}"#).await;
    ann.expect_nothing().await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(ann.expect::<u32>("first").await, 1);
    assert_eq!(ann.expect::<u32>("second").await, 1);
    assert_eq!(error_code(&mut ann).await, "unknown_event");
}

#[tokio::test]
async fn a_clients_own_handler_knows_its_data_and_its_panic_is_its_own() {
    #[derive(Deserialize)]
    struct User {
        sub: String,
    }
    let route = ws("/ws").auth::<User>().connect(async |client| {
        client.on("whoami", async |client, ()| {
            Reply(client.data().sub.clone())
        });
        client.on("panic", async |_client, ()| -> () { panic!("a bug") });
    });
    let route = route.error(async |client, failed| client.send("failed", &failed.event));
    let app = testing::start(route).await;
    let mut ann = app.connect_as("/ws", &json!({"sub": "ann"})).await;
    ann.send("panic", &()).await;
    assert_eq!(error_code(&mut ann).await, "internal");
    assert_eq!(ann.expect::<String>("failed").await, "panic");
    assert_eq!(ann.request::<String>("whoami", &()).await, "ann");
}

#[tokio::test]
async fn a_handler_that_nothing_could_reach_is_told_so() {
    for (codec, route) in [
        ("raw", ws("/deaf").codec(codec::Raw)),
        ("auto", ws("/deaf").codec(codec::Auto)),
    ] {
        let route = route.on("message", async |client, event: String| {
            client.on(&event, async |_client, ()| ());
            Reply("it listens")
        });
        let why = format!(
            "client.on: /deaf: nothing reaches `answer`, because every text of a route that \
             speaks `{codec}` goes to `message`"
        );
        assert!(lines_with(&[&why]).is_empty());
        let app = testing::start(route).await;
        let mut ann = app.connect("/deaf").await;
        ann.send_text("answer").await;
        assert!(ann.expect_text().await.contains("internal"));
        assert_eq!(lines_with(&[&why]).len(), 1);
        ann.send_text("message").await;
        assert_eq!(ann.expect_text().await, "it listens");
    }
}
