// Settings are read and then changed: `Config::load(|config| config.port = 8080)?`. So a later
// version can have more of them.
//
// The words are rustc's, of every `#[non_exhaustive]` struct.

use orcs::Config;
use orcs::prelude::*;

pub async fn run(chat: Route) -> orcs::Result {
    let config = Config {
        port: 8080,
        ..Config::default()
    };
    orcs::serve(config, chat).await
}

fn main() {}
