//! The app's routes, driven in this process; HTTP goes over a free port of loopback.
#[path = "../src/inboxes.rs"]
mod inboxes;
#[path = "../routes/mod.rs"]
mod routes;

use inboxes::{Inboxes, MAX_NOTIFICATIONS};
use orcs::testing::{TestApp, TestClient};
use orcs::{App, Config, Secret};
use routes::notifications::notify;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

async fn start() -> TestApp {
    orcs::testing::start_app(|config| App::new(config, routes::all()).state(Inboxes::default()))
        .await
}

/// Signs in on one more device, and gives what waits there.
async fn sign_in(app: &TestApp, user: &str) -> (TestClient, Value, Value) {
    let claims = json!({ "sub": user });
    let mut device = app.connect_as("/ws/notifications", &claims).await;
    let inbox = device.expect("inbox").await;
    let unread = device.expect("unread-count").await;
    (device, inbox, unread)
}

fn send(app: &TestApp, to: &str, text: &str) -> usize {
    notify(app.manager(), to, "bob".to_owned(), text.to_owned()).unwrap()
}

#[tokio::test]
async fn without_a_token_there_is_no_inbox() {
    let app = start().await;
    let close = app.connect("/ws/notifications").await.expect_close().await;
    assert_eq!(close.code, 4401);
}

#[tokio::test]
async fn a_notification_reaches_each_device_of_its_user_and_nobody_else() {
    let app = start().await;
    let (mut phone, inbox, unread) = sign_in(&app, "ann").await;
    assert_eq!(inbox, json!({ "user": "ann", "notifications": [] }));
    assert_eq!(unread, json!({ "count": 0 }));
    let (mut desk, ..) = sign_in(&app, "ann").await;
    let (mut eve, ..) = sign_in(&app, "eve").await;

    assert_eq!(send(&app, "ann", "lunch?"), 2);
    for device in [&mut phone, &mut desk] {
        let news: Value = device.expect("notification").await;
        assert_eq!(
            (&news["from"], &news["text"]),
            (&json!("bob"), &json!("lunch?"))
        );
        let unread: Value = device.expect("unread-count").await;
        assert_eq!(unread["count"], 1);
    }
    eve.expect_nothing().await;
}

#[tokio::test]
async fn what_came_meanwhile_waits() {
    let app = start().await;
    assert_eq!(send(&app, "ann", "first"), 0);
    send(&app, "ann", "second");
    let (_device, inbox, unread) = sign_in(&app, "ann").await;
    let texts = |inbox: &Value| -> Vec<Value> {
        let notifications = inbox["notifications"].as_array().unwrap();
        notifications
            .iter()
            .map(|one| one["text"].clone())
            .collect()
    };
    assert_eq!(texts(&inbox), ["first", "second"]);
    assert_eq!(unread["count"], 2);
}

#[tokio::test]
async fn what_is_read_on_one_device_is_read_on_all() {
    let app = start().await;
    for text in ["one", "two", "three"] {
        send(&app, "ann", text);
    }
    let (mut phone, ..) = sign_in(&app, "ann").await;
    let (mut desk, ..) = sign_in(&app, "ann").await;

    phone.send("read", &json!({ "ids": [2, 99] })).await;
    for device in [&mut phone, &mut desk] {
        assert_eq!(device.expect::<Value>("read").await, json!({ "ids": [2] }));
        assert_eq!(device.expect::<Value>("unread-count").await["count"], 2);
    }
    // Read already: nobody hears of it again.
    phone.send("read", &json!({ "ids": [2] })).await;
    desk.expect_nothing().await;

    desk.send("read-all", &()).await;
    assert_eq!(
        phone.expect::<Value>("read").await,
        json!({ "ids": [1, 3] })
    );
    assert_eq!(phone.expect::<Value>("unread-count").await["count"], 0);
    let (_, inbox, _) = sign_in(&app, "ann").await;
    assert_eq!(inbox["notifications"][0]["read"], true);
}

#[tokio::test]
async fn nobody_reads_in_the_inbox_of_another() {
    let app = start().await;
    send(&app, "ann", "for ann");
    let (mut eve, inbox, _) = sign_in(&app, "eve").await;
    assert_eq!(inbox["notifications"], json!([]));
    eve.send("read-all", &()).await;
    eve.expect_nothing().await;
    let (.., unread) = sign_in(&app, "ann").await;
    assert_eq!(unread["count"], 1);
}

#[tokio::test]
async fn an_inbox_is_bounded() {
    let app = start().await;
    for _ in 0..=MAX_NOTIFICATIONS {
        send(&app, "ann", "again");
    }
    let (_, inbox, unread) = sign_in(&app, "ann").await;
    assert_eq!(unread["count"], MAX_NOTIFICATIONS);
    assert_eq!(inbox["notifications"][0]["id"], 2, "the oldest went");

    for (to, text) in [
        ("ann", " "),
        ("ann", &"x".repeat(1001)),
        ("", "hi"),
        (&"x".repeat(129), "hi"),
    ] {
        let refused = notify(app.manager(), to, "bob".to_owned(), text.to_owned());
        assert!(refused.is_err(), "{text:?} to {to:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_has_a_token_notifies_and_in_his_own_name() {
    let secret = "for this test alone, as long as HS256 wants one";
    let mut config = Config::default();
    config.port = 0;
    config.jwt_secret = Some(Secret::new(secret));
    let app = App::new(config, routes::all()).state(Inboxes::default());
    let server = app.start().await.unwrap();
    let address = server.addresses()[0];

    let note = r#"{"text":"lunch?","from":"mallory"}"#;
    assert_eq!(post(address, "/notify/ann", None, note).0, 401);
    let claims = json!({ "sub": "bob", "exp": 9_999_999_999_u64 });
    let forged = orcs::auth::sign(&claims, "another secret, of the same length as it").unwrap();
    assert_eq!(post(address, "/notify/ann", Some(&forged), note).0, 401);

    let token = orcs::auth::sign(&claims, secret).unwrap();
    let answer = post(address, "/notify/ann%20b", Some(&token), note);
    assert_eq!(answer, (200, r#"{"devices":0}"#.to_owned()));
    let (status, said) = post(address, "/notify/ann", Some(&token), r#"{"text":""}"#);
    assert_eq!(status, 422);
    assert!(said.contains("1 to 1000 bytes"), "{said}");

    let inboxes = server.manager().state::<Inboxes>().unwrap();
    let from = |inbox: &mut inboxes::Inbox| inbox.notifications()[0].from.clone();
    assert_eq!(inboxes.with("ann b", from).unwrap(), "bob");
}

/// The status and the body of an answer.
fn post(address: SocketAddr, path: &str, token: Option<&str>, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let bearer = token.map(|token| format!("authorization: Bearer {token}\r\n"));
    let (bearer, length) = (bearer.unwrap_or_default(), body.len());
    let head = "host: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n";
    write!(
        stream,
        "POST {path} HTTP/1.1\r\n{head}{bearer}content-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}
