//! The app: its settings, its routes, what they share, and nothing else.
#[path = "../config/mod.rs"]
mod config;
mod inboxes;
#[path = "../routes/mod.rs"]
mod routes;

#[tokio::main]
async fn main() -> orcs::Result {
    orcs::App::new(config::load()?, routes::all())
        .state(inboxes::Inboxes::default())
        .serve()
        .await
}
