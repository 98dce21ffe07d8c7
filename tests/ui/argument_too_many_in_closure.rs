// A handler of `connect` takes the client. What is to be known of the request, a middleware keeps
// with `request.insert(..)`, and the handler finds it by `client.get::<T>()`.
//
// The words are rustc's, see argument_missing_in_closure.rs.

use orcs::prelude::*;

pub fn chat() -> Route {
    ws("/ws/chat").connect(async |client, request: Request| client.send("welcome", request.path()))
}

fn main() {}
