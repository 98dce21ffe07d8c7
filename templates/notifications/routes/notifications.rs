//! News for one user, on all of his devices: a socket to hear and read them, HTTP to send them.

use super::user::User;
use crate::inboxes::{Inbox, Inboxes, MAX_NOTIFICATIONS, Notification};
use orcs::prelude::*;
use orcs::warp::http::StatusCode;
use orcs::warp::{self, Filter, Rejection};
use orcs::{Segment, WebSocketManager};
use std::collections::VecDeque;

#[derive(Serialize)]
struct Waiting<'a> {
    user: &'a str,
    notifications: &'a VecDeque<Notification>,
}

#[derive(Serialize)]
struct Unread {
    count: usize,
}

#[derive(Serialize, Deserialize)]
struct Read {
    ids: Vec<u64>,
}

/// Closes with 4401 unless a valid token came along; whose inbox it is, the token says.
///
/// In:  `read` `{"ids"}`, `read-all`.
/// Out: `inbox` `{"user","notifications"}`, `notification` `{"id","from","text","timestamp","read"}`,
///      `read` `{"ids"}`, `unread-count` `{"count"}`.
pub fn notifications() -> Route<User> {
    ws("/ws/notifications")
        .auth::<User>()
        .needs::<Inboxes>()
        .connect(show)
        .on("read", async |client, Read { ids }: Read| {
            if ids.len() > MAX_NOTIFICATIONS {
                return Err("an inbox does not hold so many".into());
            }
            mark_read(&client, |id| ids.contains(&id))
        })
        .on("read-all", async |client, ()| mark_read(&client, |_| true))
}

async fn show(client: Client<User>) -> orcs::Result {
    let user = client.data().id.as_str();
    inbox(client.manager(), user, |inbox| {
        let notifications = inbox.notifications();
        client.send(
            "inbox",
            &Waiting {
                user,
                notifications,
            },
        );
        let count = inbox.unread();
        client.send("unread-count", &Unread { count });
    })
}

/// What is read on one device is read on all.
fn mark_read(client: &Client<User>, which: impl Fn(u64) -> bool) -> orcs::Result {
    let (manager, user) = (client.manager(), client.data().id.as_str());
    inbox(manager, user, |inbox| {
        let ids = inbox.mark_read(which);
        if !ids.is_empty() {
            manager.send_to_user(user, "read", &Read { ids });
            tell_unread(manager, user, inbox);
        }
    })
}

/// Sends a notification to every device of a user, and keeps it for those that come later.
/// Callable from anywhere that has the manager. Returns how many devices there are now.
pub fn notify(
    manager: &WebSocketManager,
    to: &str,
    from: String,
    text: String,
) -> orcs::Result<usize> {
    if text.trim().is_empty() || text.len() > MAX_TEXT_BYTES {
        return Err(format!("a notification has 1 to {MAX_TEXT_BYTES} bytes").into());
    }
    if to.is_empty() || to.len() > MAX_USER_BYTES {
        return Err(format!("a user's id has 1 to {MAX_USER_BYTES} bytes").into());
    }
    inbox(manager, to, |inbox| {
        let sent = manager.send_to_user(to, "notification", inbox.add(from, text));
        tell_unread(manager, to, inbox);
        sent.queued
    })
}

fn tell_unread(manager: &WebSocketManager, user: &str, inbox: &Inbox) {
    let count = inbox.unread();
    manager.send_to_user(user, "unread-count", &Unread { count });
}

fn inbox<T>(
    manager: &WebSocketManager,
    user: &str,
    look: impl FnOnce(&mut Inbox) -> T,
) -> orcs::Result<T> {
    let inboxes = manager.state::<Inboxes>().expect("the route needs them");
    let seen = inboxes.with(user, look);
    seen.map_err(|_| orcs::Error::new("unavailable", "there are too many inboxes"))
}

/// What somebody writes to a user.
#[derive(Deserialize)]
struct Note {
    text: String,
}

#[derive(Serialize)]
struct Notified {
    devices: usize,
}

#[derive(Serialize)]
struct Refused<'a> {
    message: &'a str,
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
        .map(move |to: Segment, from: User, Note { text }: Note| {
            let (answer, status) = match notify(&manager, &to, from.id, text) {
                Ok(devices) => (warp::reply::json(&Notified { devices }), StatusCode::OK),
                Err(error) => {
                    let message = error.public();
                    let answer = warp::reply::json(&Refused { message });
                    (answer, StatusCode::UNPROCESSABLE_ENTITY)
                }
            };
            warp::reply::with_status(answer, status)
        })
}

const MAX_USER_BYTES: usize = 128;
const MAX_TEXT_BYTES: usize = 1000;
/// JSON may write each byte of a text in six: `\u0041`.
const MAX_NOTE_BYTES: u64 = 16 * 1024;
