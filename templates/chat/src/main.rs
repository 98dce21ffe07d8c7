//! The app: its settings, its routes, and nothing else.
#[path = "../config/mod.rs"]
mod config;
#[path = "../routes/mod.rs"]
mod routes;

#[tokio::main]
async fn main() -> orcs::Result {
    orcs::serve(config::load()?, routes::all()).await
}
