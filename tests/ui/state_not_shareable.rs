// All handlers share it: `Mutex::new(0)` or `AtomicUsize::new(0)`.

use orcs::prelude::*;
use orcs::{App, Config};
use std::cell::RefCell;

pub fn app(config: Config, routes: Routes) -> App {
    App::new(config, routes).state(RefCell::new(0))
}

fn main() {}
