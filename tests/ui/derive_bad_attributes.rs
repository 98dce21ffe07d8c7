// All that goes wrong in `#[event(name = "message", reply = Receipt)]`.

use orcs::prelude::*;

#[derive(Deserialize, Event)]
#[event("message")]
struct Bare;

#[derive(Deserialize, Event)]
#[event(nam = "message")]
struct Unknown;

#[derive(Deserialize, Event)]
#[event(name = message)]
struct NoText;

#[derive(Deserialize, Event)]
#[event(name("message"))]
struct Called;

#[derive(Deserialize, Event)]
#[event(name: "message")]
struct Colon;

#[derive(Deserialize, Event)]
#[event(name = "a", name = "b")]
struct Twice;

#[derive(Deserialize, Event)]
#[event(name = "buy", reply = "Receipt")]
struct QuotedReply;

#[derive(Deserialize, Event)]
#[event(name = "a" reply = u32)]
struct NoComma;

#[derive(Deserialize, Event)]
#[event]
struct NoList;

#[derive(Deserialize, Event)]
#[event = "message"]
struct Assigned;

fn main() {}
