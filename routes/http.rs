//! Plain HTTP beside the sockets: warp filters that may ask the manager.

use orcs::warp::{self, Filter, Rejection, Reply};
use orcs::{Segment, WebSocketManager};
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

    let info = warp::path!("rooms" / Segment / "info").map(move |room: Segment| {
        let connections = manager.get_room_clients(&room).len();
        let room = room.into();
        warp::reply::json(&RoomInfo { room, connections })
    });

    // The pages: `public/index.html` is the chat at `/`.
    let pages = orcs::files("public");

    warp::get().and(healthz.or(stats).or(info)).or(pages)
}
