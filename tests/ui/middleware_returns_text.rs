// A middleware refuses with a text by `Err("not our app".into())`, and returns `orcs::Result`.

use orcs::prelude::*;

async fn from_our_app(request: Request) -> &'static str {
    match request.header("x-app") {
        Some(_) => "",
        None => "not our app",
    }
}

pub fn chat() -> Route {
    ws("/ws/chat").middleware(from_our_app)
}

fn main() {}
