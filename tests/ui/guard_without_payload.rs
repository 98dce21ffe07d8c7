// A guard takes what the handler takes, the client and the payload; `serde_json::Value` for any.
//
// The words are rustc's, see argument_missing_in_closure.rs.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat")
        .guard("message", async |client| client.is_authenticated())
        .on("message", async |client, text: String| {
            client.to("lobby").send("message", &text);
        })
}

fn main() {}
