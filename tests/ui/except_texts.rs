// Ids are read as ids: `except: Vec<ClientId>` in the payload.

use orcs::prelude::*;

#[derive(Deserialize)]
struct Message {
    text: String,
    except: Vec<String>,
}

async fn message(client: Client, Message { text, except }: Message) {
    client
        .manager()
        .to("lobby")
        .except(except)
        .send("message", &text);
}

pub fn chat() -> Route {
    ws("/ws/chat").on("message", message)
}

fn main() {}
