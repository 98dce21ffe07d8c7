//! The smallest app: everybody hears everybody.
//!
//! Run it: `cargo run --example minimal`, then in the console of
//! `http://localhost:42069` (pages of other hosts may not open the socket):
//! `ws = new WebSocket("ws://localhost:42069/ws"); ws.onmessage = (m) => console.log(m.data);`
//! `ws.send(JSON.stringify({ event: "say", payload: "hi" }))`

use orcs::prelude::*;

#[tokio::main]
async fn main() -> orcs::Result {
    let config = orcs::Config::load(|_| ())?;
    let room = ws("/ws")
        .connect(async |client| client.join("all"))
        .on("say", async |client, text: String| {
            client.to("all").include_self().send("said", &text)
        });
    orcs::serve(config, room).await
}
