//! Typed events, and the names that belong to the framework.

/// A payload that knows the name of its event.
///
/// Derive it; `route.event(handler)` then takes the name from the payload's type,
/// and `client.send_event(&payload)` sends under that name.
///
/// ```
/// use orcs::prelude::*;
///
/// #[derive(Serialize, Deserialize, Event)]
/// #[event(name = "message", reply = Receipt)]
/// struct Message { room: String, text: String }
///
/// #[derive(Serialize, Deserialize)]
/// struct Receipt { number: u32 }
///
/// #[derive(Serialize, Event)]                 // "user-joined", answered with nothing
/// struct UserJoined { client_id: ClientId }
///
/// assert_eq!(Message::NAME, "message");
/// assert_eq!(UserJoined::NAME, "user-joined");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no event name",
    label = "`{Self}` is not an event",
    note = "add `#[derive(orcs::Event)]` to `{Self}`, or give the name: `.on(\"name\", handler)`, `.send(\"name\", &value)`"
)]
pub trait Event {
    /// The name on the wire.
    const NAME: &'static str;
    /// What a handler of this event answers; `()` for nothing.
    type Reply;
}

/// Names that a client cannot send and a route cannot register: they are moments
/// of a connection's life, not messages.
pub(crate) const LIFECYCLE: [&str; 6] =
    ["connect", "disconnect", "open", "close", "drain", "error"];

/// The event that every text of a raw route is, and of an auto route too.
pub(crate) const MESSAGE: &str = "message";

/// The prefix of the framework's own events.
pub(crate) const OWN_PREFIX: &str = "orcs:";

/// The framework's own event that answers what asked for an answer, as a literal: what an
/// answer begins with is put together by the compiler.
macro_rules! ack {
    () => {
        "orcs:ack"
    };
}
pub(crate) use ack;

/// The same as a name.
pub(crate) const ACK: &str = ack!();

/// Longest event name, in bytes.
pub(crate) const MAX_NAME_BYTES: usize = 128;
