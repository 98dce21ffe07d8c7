// A handler is `async`, also the manager's: `async |client, ()| ..`.

use orcs::prelude::*;

pub fn listen(manager: &WebSocketManager) {
    manager.on("ping", |client, ()| client.send("pong", &()));
}

fn main() {}
