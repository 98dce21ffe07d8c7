//! Every route of the app: one file for each feature, collected here.

pub mod game;
pub mod http;

use orcs::Routes;

pub fn all() -> Routes {
    Routes::new()
        .add(game::game())
        .http(|_manager| http::routes())
}
