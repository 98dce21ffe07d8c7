// A handler returns `orcs::Result<Reply<u32>>`; `?` makes its error of any other.

use orcs::prelude::*;

async fn add(_client: Client, number: String) -> Result<Reply<u32>, std::num::ParseIntError> {
    let number: u32 = number.parse()?;
    Ok(Reply(number + 1))
}

pub fn sums() -> Route {
    ws("/ws/sums").on("add", add)
}

fn main() {}
