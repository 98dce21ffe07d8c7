// A binary message has no `id` that could be answered: `client.send("length", &bytes.len())`.

use orcs::prelude::*;

pub fn images() -> Route {
    ws("/ws/images").binary(async |_client, bytes: Bytes| Reply(bytes.len()))
}

fn main() {}
