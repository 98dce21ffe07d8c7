// Some names belong to orcs; a type may have such a name, its event must be called otherwise.

use orcs::prelude::*;

#[derive(Deserialize, Event)]
struct Connect;

#[derive(Deserialize, Event)]
#[event(name = "disconnect")]
struct Left;

#[derive(Deserialize, Event)]
#[event(name = "orcs:typing")]
struct Typing;

#[derive(Deserialize, Event)]
#[event(name = "")]
struct Empty;

fn main() {}
