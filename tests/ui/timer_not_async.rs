// What a timer runs is `async`: `async |client| client.close(4000, "too late")`.

use orcs::prelude::*;
use std::time::Duration;

pub fn chat() -> Route {
    ws("/ws/chat").connect(async |client| {
        client.after(Duration::from_secs(5), |client| {
            client.close(4000, "too late")
        });
    })
}

fn main() {}
