// A reply is written as JSON: `#[derive(Serialize)]` above `Receipt`.

use orcs::prelude::*;

struct Receipt {
    number: u32,
}

async fn buy(_client: Client, number: u32) -> orcs::Result<Reply<Receipt>> {
    Ok(Reply(Receipt { number }))
}

pub fn shop() -> Route {
    ws("/ws/shop").on("buy", buy)
}

fn main() {}
