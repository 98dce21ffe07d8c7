//! Events as types: the name, the payload and the answer are written once.
//!
//! Run it: `cargo run --example typed_events`, then send
//! `{"event":"add","payload":{"a":2,"b":3},"id":1}` to `ws://localhost:42069/ws/sums`;
//! the answer is `{"event":"orcs:ack","payload":{"sum":5},"id":1}`, and everybody in the
//! room hears `{"event":"sum-made","payload":{"sum":5}}`.

use orcs::prelude::*;

#[derive(Deserialize, Event)]
#[event(reply = Sum)]
struct Add {
    a: i64,
    b: i64,
}

#[derive(Serialize)]
struct Sum {
    sum: i64,
}

#[derive(Serialize, Event)]
struct SumMade {
    sum: i64,
}

async fn add(client: Client, Add { a, b }: Add) -> orcs::Result<Reply<Sum>> {
    let sum = a.checked_add(b).ok_or("the sum is too large")?;
    client.to("sums").send_event(&SumMade { sum });
    Ok(Reply(Sum { sum }))
}

#[tokio::main]
async fn main() -> orcs::Result {
    let config = orcs::Config::load(|_| ())?;
    let sums = ws("/ws/sums")
        .connect(async |client| client.join("sums"))
        .event(add);
    orcs::serve(config, sums).await
}
