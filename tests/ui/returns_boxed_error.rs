// A handler returns `orcs::Result`; `?` makes its error of any other.

use orcs::prelude::*;
use std::error::Error;

async fn add(client: Client, number: String) -> Result<(), Box<dyn Error>> {
    let number: u32 = number.parse()?;
    client.send("sum", &(number + 1));
    Ok(())
}

pub fn sums() -> Route {
    ws("/ws/sums").on("add", add)
}

fn main() {}
