// Times say their unit: `Duration::from_secs(30)`.
//
// The words are rustc's.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").handler_timeout(30)
}

fn main() {}
