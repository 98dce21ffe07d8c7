// A binary message comes as `Bytes`, which are shared and not copied: `image: Bytes`.
//
// The words are rustc's, see arguments_swapped.rs.

use orcs::prelude::*;

async fn image(client: Client, image: Vec<u8>) {
    client.send_binary(image);
}

pub fn images() -> Route {
    ws("/ws/images").binary(image)
}

fn main() {}
