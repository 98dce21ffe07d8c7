//! Plain HTTP beside the sockets: warp filters that may ask the manager.

use orcs::WebSocketManager;
use orcs::warp::{self, Filter, Rejection, Reply};
use serde::Serialize;

#[derive(Serialize)]
struct RoomInfo {
    room: String,
    connections: usize,
}

pub fn routes(
    manager: WebSocketManager,
) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    let healthz = warp::path!("healthz").map(|| "ok");

    let stats = {
        let manager = manager.clone();
        warp::path!("stats").map(move || warp::reply::json(&manager.get_stats()))
    };

    let info = warp::path!("rooms" / String / "info").map(move |room: String| {
        let connections = manager.get_room_clients(&room).len();
        warp::reply::json(&RoomInfo { room, connections })
    });

    // The pages: `public/index.html` is the chat at `/`.
    let pages = warp::fs::dir("public");

    warp::get().and(healthz.or(stats).or(info).or(pages))
}
