//! The app: its settings, its routes, and nothing else.
#[path = "../routes/mod.rs"]
mod routes;

#[tokio::main]
async fn main() -> orcs::Result {
    orcs::serve(orcs::Config::load(|_| ())?, routes::all()).await
}
