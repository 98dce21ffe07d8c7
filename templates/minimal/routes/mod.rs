//! Every route of the app. One that grows gets a file of its own, and a line in `all`.

use orcs::prelude::*;
use orcs::warp::{self, Filter};

pub fn all() -> Routes {
    Routes::new()
        .add(hello())
        .http(|_manager| warp::path!("healthz").map(|| "ok"))
}

/// In:  `hello` `"Ann"`, which is answered; `say` `{"text"}`.
/// Out: `said` `{"from","text"}`, to everybody here.
fn hello() -> Route {
    ws("/ws")
        .default_room("all")
        .on("hello", async |_client, name: String| {
            Reply(format!("Hello, {name}!"))
        })
        .on("say", say)
}

#[derive(Deserialize)]
struct Say {
    text: String,
}

/// What everybody reads: the server adds who said it.
#[derive(Serialize)]
struct Said {
    from: ClientId,
    text: String,
}

async fn say(client: Client, Say { text }: Say) -> orcs::Result {
    if text.trim().is_empty() {
        return Err("say something".into());
    }
    let from = client.id();
    client
        .to("all")
        .include_self()
        .send("said", &Said { from, text });
    Ok(())
}
