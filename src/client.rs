//! One connected client, as a handler sees it.

mod answers;
mod asked;
mod into_bytes;
mod kept;
mod listeners;
mod ping;
mod ready_state;
mod rooms;
mod tasks;
mod timers;

pub use ready_state::ReadyState;
pub(crate) use tasks::{Spawn, Tasks, Work};
pub use timers::Timer;

use crate::admit::{Admitted, Data, Identity, Remembered};
use crate::close::{Close, Initiator};
use crate::codec::Spoken;
use crate::event::Event;
use crate::hub::{Delivery, Joined, Left, Member, Owner};
use crate::id::ClientId;
use crate::manager::WebSocketManager;
use crate::outgoing;
use crate::rate_limit::SharedBucket;
use crate::route::Table;
use crate::target::Target;
pub use into_bytes::IntoBytes;
use kept::{Kept, Sign};
pub use listeners::Listener;
use ready_state::Phase;
use serde::Serialize;
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, Weak};
use std::time::SystemTime;

/// One connected client. A cheap handle: clone it, keep it, send from anywhere.
///
/// Nothing here ever waits. Once the client has gone, its sends tell so
/// ([`Delivery::Gone`]). What it sent before it went is still handled, in its rooms; then
/// it leaves them all, `disconnect` runs, and its joins are refused. A client that was
/// closed by the server leaves at once, and what waited of it is not handled any more.
#[doc(alias = "ws.data")]
pub struct Client<D = ()> {
    session: Arc<Session>,
    data: PhantomData<fn() -> D>,
}

impl<D> Client<D> {
    /// Its id, unguessable.
    #[must_use]
    #[doc(alias = "clientId")]
    pub fn id(&self) -> ClientId {
        self.session.id()
    }

    /// When it was let in.
    #[must_use]
    #[doc(alias = "connectedAt")]
    pub fn connected_at(&self) -> SystemTime {
        self.session.connected_at
    }

    /// Whether it brought a valid token.
    #[must_use]
    #[doc(alias = "authenticated")]
    pub fn is_authenticated(&self) -> bool {
        let identity = self.session.identity();
        identity.is_some_and(Identity::has_token)
    }

    /// Who it is: the `sub`, `user_id` or `id` of its token, or what
    /// [`Request::identify`](crate::Request::identify) said.
    #[must_use]
    #[doc(alias = "userId")]
    pub fn user(&self) -> Option<&str> {
        self.session.identity()?.user.as_deref()
    }

    /// The address it comes from: what a trusted proxy says, else the peer's.
    #[must_use]
    #[doc(alias("remoteAddress", "ip"))]
    pub fn address(&self) -> IpAddr {
        self.session.address
    }

    /// The manager of all clients and rooms.
    #[must_use]
    pub fn manager(&self) -> &WebSocketManager {
        &self.session.manager
    }

    /// A value of the app's own, given to [`App::state`](crate::App::state).
    ///
    /// # Panics
    ///
    /// When the app was given no such value; the sender reads `internal`, the log names the type.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> &T {
        self.session.manager.state_or_panic()
    }

    /// Joins a room, which exists from its first member on.
    ///
    /// Rooms are shared by all routes: give [rules](crate::RoomRules) to those that are not for
    /// everybody, or look at a name that a client sends, or it joins somebody's `user:ann`.
    ///
    /// A name has 1 to 128 bytes and no control characters; more than
    /// `WS_MAX_ROOMS_PER_CLIENT` rooms are refused.
    #[doc(alias = "joinRoom")]
    pub fn join(&self, room: &str) -> Joined {
        self.session.manager.join(&self.session, room)
    }

    /// Leaves a room; with its last member a room is gone.
    #[doc(alias = "leaveRoom")]
    pub fn leave(&self, room: &str) -> Left {
        self.session.manager.hub().leave(&self.session.member, room)
    }

    /// The rooms it is in, in the order it joined them; in `disconnect`, those it was in.
    #[must_use]
    #[doc(alias = "getClientRooms")]
    pub fn rooms(&self) -> Vec<String> {
        self.session.member.room_names()
    }

    /// Sends `{"event":event,"payload":payload}` to this client, or what its
    /// [codec](crate::codec) makes of it.
    pub fn send(&self, event: &str, payload: &(impl Serialize + ?Sized)) -> Delivery {
        self.session.send_event(event, payload)
    }

    /// Sends a typed event under its own name.
    pub fn send_event<E: Event + Serialize>(&self, event: &E) -> Delivery {
        self.send(E::NAME, event)
    }

    /// This client, unless it is behind: `client.volatile().send("cursor", &position)`.
    ///
    /// Not sent at all while the client's socket takes no more. Source: Socket.IO `volatile`.
    pub fn volatile(&self) -> Target {
        self.session.manager.to_client(self.id()).volatile()
    }

    /// Sends a binary message to this client: a `Vec<u8>`, [`Bytes`](crate::Bytes), or a `&'static [u8]`.
    ///
    /// It has no event's name. From 2 KiB on the bytes are not copied: while they wait they
    /// count their length, and what was cut out of larger [`Bytes`](crate::Bytes) keeps the whole alive.
    ///
    /// ```
    /// # use orcs::prelude::*;
    /// # fn example(client: &Client) {
    /// client.send_binary(vec![0xCA, 0xFE]);
    /// client.send_binary(&b"\x89PNG"[..]);
    /// # }
    /// ```
    #[doc(alias = "sendBinary")]
    pub fn send_binary(&self, bytes: impl IntoBytes) -> Delivery {
        self.session.send_binary(bytes.into())
    }

    /// The others in a room: `client.to("lobby").send("message", &text)`. Never this client.
    #[doc(alias = "toRoom")]
    pub fn to(&self, room: &str) -> Target {
        Target::starting_at(&self.session).to(room)
    }

    /// Closes the connection behind what already waits for it. The client is out of all
    /// rooms when this returns; its `disconnect` still runs.
    ///
    /// A code that must not be sent (RFC 6455, 7.4) is sent as 1000, a reason is cut to 123 bytes.
    pub fn close(&self, code: u16, reason: &str) {
        let close = outgoing::close(code, reason);
        self.session.manager.hub().end(&self.session.member, close);
    }

    /// Drops the connection: what waits for it is not sent, nor is a close frame. The client is
    /// out of all rooms when this returns, as with [`close`](Self::close); its `disconnect` still
    /// runs, with the code 1006 and [`Initiator::Server`](crate::Initiator::Server).
    ///
    /// One that was closed before ends at once too, but its `disconnect` is told of the close. For
    /// a peer that is not worth a handshake; whom the client should read anything, `close`. Source:
    /// universal-api `forceClose`.
    #[doc(alias = "forceClose")]
    #[doc(alias = "terminate")]
    pub fn cut(&self) {
        let (hub, member) = (self.session.manager.hub(), &self.session.member);
        if !hub.end(member, Close::cut()) {
            // Its end was on its way behind what waited.
            member.cut();
        }
    }

    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// What it speaks.
    pub(crate) fn codec(&self) -> Spoken {
        self.session.codec()
    }

    /// The same client, with its data seen as another type.
    pub(crate) fn with_data<E>(self) -> Client<E> {
        Client {
            session: self.session,
            data: PhantomData,
        }
    }
}

impl<D: 'static> Client<D> {
    /// What [`Route::auth`](crate::Route::auth) read from the token, or
    /// [`Route::admit`](crate::Route::admit) made.
    #[must_use]
    #[doc(alias("user", "authData"))]
    pub fn data(&self) -> &D {
        let nothing: &dyn Any = &();
        // A handler of `manager.on` is a `Client<()>` whatever the route's data is.
        (self.session.data.downcast_ref())
            .or_else(|| nothing.downcast_ref())
            .expect("a route's clients carry its data")
    }
}

impl Client {
    pub(crate) fn of(session: &Arc<Session>) -> Self {
        Self {
            session: Arc::clone(session),
            data: PhantomData,
        }
    }
}

impl<D> Clone for Client<D> {
    fn clone(&self) -> Self {
        Self {
            session: Arc::clone(&self.session),
            data: PhantomData,
        }
    }
}

impl<D> fmt::Debug for Client<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

/// What a connection knows, shared by its task and every handle on it.
pub(crate) struct Session {
    member: Arc<Member>,
    manager: WebSocketManager,
    table: Arc<Table>,
    data: Data,
    /// Boxed: most clients have none.
    identity: Option<Box<Identity>>,
    /// Boxed: most routes ask nothing of it later.
    remembered: Option<Box<Remembered>>,
    address: IpAddr,
    connected_at: SystemTime,
    /// Locked by the app's code alone, and by each event of a client that listens.
    kept: Mutex<Option<Box<Kept>>>,
    /// Not in `kept`, where it would take a word more.
    sign: Sign,
    phase: Phase,
}

impl Session {
    /// `member` makes the client's place in the hub, from which the session is found again.
    pub(crate) fn new(
        member: impl FnOnce(Weak<dyn Owner>) -> Member,
        manager: WebSocketManager,
        table: Arc<Table>,
        admitted: Admitted,
        address: IpAddr,
    ) -> Arc<Self> {
        let Admitted {
            data,
            identity,
            values,
            remembered,
        } = admitted;
        Arc::new_cyclic(|session: &Weak<Self>| Self {
            member: Arc::new(member(session.clone())),
            manager,
            table,
            data,
            identity,
            remembered,
            address,
            connected_at: SystemTime::now(),
            kept: Mutex::new(Kept::of(values)),
            sign: Sign::new(),
            phase: Phase::default(),
        })
    }

    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.identity.as_deref()
    }

    /// What all connections of its user may send together; `None` if nobody limits it.
    pub(crate) fn user_bucket(&self) -> Option<&SharedBucket> {
        self.identity()?.bucket.as_deref()
    }

    pub(crate) fn id(&self) -> ClientId {
        self.member.id()
    }

    pub(crate) fn member(&self) -> &Arc<Member> {
        &self.member
    }

    pub(crate) fn manager(&self) -> &WebSocketManager {
        &self.manager
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    /// Ends it. Whom we close leaves everything at once; who goes by itself stays in its
    /// rooms until what it sent before is handled.
    pub(crate) fn end(&self, close: Close) {
        if close.by == Initiator::Server {
            self.manager.hub().end(&self.member, close);
        } else {
            self.manager.hub().close(&self.member, close);
        }
    }

    pub(crate) fn codec(&self) -> Spoken {
        self.member.codec()
    }
}

impl Owner for Session {
    fn user(&self) -> Option<&Arc<str>> {
        self.identity()?.user.as_ref()
    }
}
