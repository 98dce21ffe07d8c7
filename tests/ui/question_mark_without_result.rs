// Where `?` stands, the handler returns `orcs::Result`, and ends with `Ok(())`.

use orcs::prelude::*;

async fn add(client: Client, number: String) {
    let number: u32 = number.parse()?;
    client.send("sum", &(number + 1));
}

pub fn sums() -> Route {
    ws("/ws/sums").on("add", add)
}

fn main() {}
