// `#[tokio::main]` above `async fn main`, and tokio in Cargo.toml, which `cargo orcs new` does
// both.
//
// The words are rustc's: no library has a say in `main`.

use orcs::prelude::*;

async fn main() -> orcs::Result {
    let config = orcs::Config::load(|_| {})?;
    orcs::serve(config, ws("/ws/chat")).await
}
