// Settings may be wrong, so `load` gives a `Result`: `Config::load(|_| {})?`.

use orcs::Config;
use orcs::prelude::*;

pub async fn run(chat: Route) -> orcs::Result {
    orcs::serve(Config::load(|_| {}), chat).await
}

fn main() {}
