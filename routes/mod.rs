//! Every route of the app.

pub mod http;
pub mod websocket;

use orcs::Routes;

pub fn all() -> Routes {
    Routes::new()
        .add(websocket::chat())
        .add(websocket::notifications())
        .add(websocket::private())
        .add(websocket::echo())
        .rooms("user:*", websocket::own_room_only())
        .http(http::routes)
}
