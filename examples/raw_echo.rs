//! Plain text and bytes, sent back as they came: what the conformance chore and the
//! benchmarks talk to.
//!
//! Run it: `cargo run --release --example raw_echo`, then in the console
//! of `http://localhost:42069` (pages of other hosts may not open the socket):
//! `ws = new WebSocket("ws://localhost:42069/raw"); ws.onmessage = (m) => console.log(m.data);`
//! `ws.send("hi")`. `PORT` chooses the port; a message may have 16 MiB, unless
//! `WS_MAX_PAYLOAD_LENGTH` says otherwise. There may be any number of them.

use orcs::prelude::*;

#[tokio::main]
async fn main() -> orcs::Result {
    let config = orcs::Config::load(|_| ())?;
    let echo = ws("/raw")
        .codec(codec::Raw)
        .rate_limit(RateLimit::off())
        .control_rate_limit(RateLimit::off())
        .on("message", async |_client, text: String| Reply(text))
        .binary(async |client, bytes: Bytes| client.send_binary(bytes));
    orcs::serve(config, echo).await
}
