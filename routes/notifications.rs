//! News for one user, on all of his devices: a socket to hear them, and HTTP to send them.

use super::private::User;
use orcs::prelude::*;
use orcs::warp::{self, Filter, Rejection};
use orcs::{Segment, Sent};

#[derive(Serialize)]
struct Unread {
    count: usize,
}

/// `orcs token --sub ann` makes a token to try it.
///
/// Out: `unread-count` `{"count"}`, `notification` `{"from","text"}`.
pub fn notifications() -> Route<User> {
    ws("/ws/notifications")
        .auth::<User>()
        .connect(async |client| {
            client.join(&room_of(&client.data().id));
            client.send("unread-count", &Unread { count: 5 });
        })
}

/// Where a user's notifications go, so only he may be there. Rooms are shared by all routes:
/// without this rule a client of the open chat could join `user:ann`.
pub fn own_room_only() -> RoomRules {
    RoomRules::new().may_join(|client, room| room.strip_prefix("user:") == client.user())
}

fn room_of(user_id: &str) -> String {
    format!("user:{user_id}")
}

/// Sends a notification to every device of a user; callable from anywhere that has the manager.
pub fn notify_user(
    manager: &WebSocketManager,
    user_id: &str,
    notification: &impl Serialize,
) -> Sent {
    manager.broadcast_to_room(&room_of(user_id), "notification", notification, [])
}

/// What somebody writes to a user.
#[derive(Deserialize)]
struct Note {
    text: String,
}

/// What the user reads: the server adds who it is from.
#[derive(Serialize)]
struct Notification {
    from: String,
    text: String,
}

#[derive(Serialize)]
struct Notified {
    devices: usize,
}

/// `POST /notify/ann` with `Authorization: Bearer <token>` and `{"text":"lunch?"}`. Whoever has
/// a token may write to everybody, but only in his own name.
pub fn http(
    manager: WebSocketManager,
) -> impl Filter<Extract = (impl warp::Reply,), Error = Rejection> + Clone {
    warp::path!("notify" / Segment)
        .and(warp::post())
        .and(orcs::bearer::<User>(manager.clone()))
        .and(warp::body::content_length_limit(MAX_NOTE_BYTES))
        .and(warp::body::json())
        .map(move |user: Segment, from: User, Note { text }: Note| {
            let notification = Notification {
                from: from.id,
                text,
            };
            let sent = notify_user(&manager, &user, &notification);
            let devices = sent.queued;
            warp::reply::json(&Notified { devices })
        })
}

const MAX_NOTE_BYTES: u64 = 16 * 1024;
