// A reply is written as JSON: `#[derive(Serialize)]` above `Receipt`.

use orcs::prelude::*;

#[derive(Deserialize, Event)]
#[event(name = "buy", reply = Receipt)]
struct Buy {
    number: u32,
}

struct Receipt {
    number: u32,
}

async fn buy(_client: Client, Buy { number }: Buy) -> Reply<Receipt> {
    Reply(Receipt { number })
}

pub fn shop() -> Route {
    ws("/ws/shop").event(buy)
}

fn main() {}
