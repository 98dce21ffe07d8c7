//! Every route of the app: one file for each feature, collected here.

pub mod http;
pub mod notifications;
pub mod user;

use orcs::Routes;

pub fn all() -> Routes {
    Routes::new()
        .add(notifications::notifications())
        .http(notifications::http)
        .http(|_manager| http::routes())
}
