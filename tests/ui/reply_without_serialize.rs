// A reply is written as JSON: `#[derive(Serialize)]` above `Receipt`.

use orcs::prelude::*;

struct Receipt {
    number: u32,
}

pub fn shop() -> Route {
    ws("/ws/shop").on("buy", async |_client, number: u32| {
        Reply(Receipt { number })
    })
}

fn main() {}
