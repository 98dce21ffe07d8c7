//! The app: its settings, its routes, what they share, and nothing else.
#[path = "../config/mod.rs"]
mod config;
mod matches;
#[path = "../routes/mod.rs"]
mod routes;
mod rules;
mod seats;

#[tokio::main]
async fn main() -> orcs::Result {
    orcs::App::new(config::load()?, routes::all())
        .state(matches::Matches::default())
        .serve()
        .await
}
