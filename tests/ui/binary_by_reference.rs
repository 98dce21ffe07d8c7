// Bytes are given away, so that they need not be copied: `client.send_binary(picture)`.

use orcs::prelude::*;

pub fn publish(client: &Client, picture: Vec<u8>) {
    client.send_binary(&picture);
}

fn main() {}
