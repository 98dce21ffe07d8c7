//! Every route of the app: one file for each feature, collected here.

pub mod echo;
pub mod http;
pub mod notifications;
pub mod private;
pub mod websocket;

use orcs::Routes;

pub fn all() -> Routes {
    Routes::new()
        .add(websocket::chat())
        .add(notifications::notifications())
        .add(private::private())
        .add(echo::echo())
        .rooms("user:*", notifications::own_room_only())
        .http(notifications::http)
        .http(http::routes)
}
