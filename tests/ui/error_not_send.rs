// An error travels with its handler from thread to thread: `Box<dyn Error + Send + Sync>`.

use orcs::prelude::*;
use std::error::Error;

fn read(number: &str) -> Result<u32, Box<dyn Error>> {
    Ok(number.parse()?)
}

async fn add(client: Client, number: String) -> orcs::Result {
    client.send("sum", &(read(&number)? + 1));
    Ok(())
}

pub fn sums() -> Route {
    ws("/ws/sums").on("add", add)
}

fn main() {}
