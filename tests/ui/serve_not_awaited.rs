// An app runs while it is awaited: `orcs::serve(config, chat).await`.

#![deny(unused_must_use)]

pub async fn run(config: orcs::Config, chat: orcs::Route) -> orcs::Result {
    orcs::serve(config, chat);
    Ok(())
}

fn main() {}
