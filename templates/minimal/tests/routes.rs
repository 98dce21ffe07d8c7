//! The app's routes, driven in this process: no port, no sleep.
#[path = "../routes/mod.rs"]
mod routes;

use serde_json::{Value, json};

#[tokio::test]
async fn a_greeting_is_answered() {
    let app = orcs::testing::start(routes::all()).await;
    let mut ann = app.connect("/ws").await;
    let answer: String = ann.request("hello", "Ann").await;
    assert_eq!(answer, "Hello, Ann!");
}

#[tokio::test]
async fn what_one_says_everybody_reads() {
    let app = orcs::testing::start(routes::all()).await;
    let mut ann = app.connect("/ws").await;
    let mut bob = app.connect("/ws").await;
    ann.send("say", &json!({ "text": "hi" })).await;
    for client in [&mut ann, &mut bob] {
        let said: Value = client.expect("said").await;
        assert_eq!(said["text"], "hi");
    }

    ann.send("say", &json!({ "text": " " })).await;
    let error: Value = ann.expect("error").await;
    assert_eq!(error["message"], "say something");
    bob.expect_nothing().await;
}
