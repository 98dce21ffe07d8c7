// Several routes are given by `Routes::new().add(chat()).add(news())`.
//
// The words are rustc's, `From` is std's trait.

use orcs::prelude::*;

fn chat() -> Route {
    ws("/ws/chat")
}

fn news() -> Route {
    ws("/ws/news")
}

pub async fn run(config: orcs::Config) -> orcs::Result {
    orcs::serve(config, vec![chat(), news()]).await
}

fn main() {}
