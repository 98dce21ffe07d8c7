//! Who a message is for, said step by step.

use crate::client::{IntoBytes, Session};
use crate::event::Event;
use crate::hub::{Audience, Joined, Left, Member, Message, Sent};
use crate::id::{ClientId, ClientIds};
use crate::manager::WebSocketManager;
use crate::outgoing;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// Who a message is for: rooms, users, clients or everyone, minus clients and rooms; each
/// client once.
///
/// Beside sending, a target can act: [`join`](Self::join), [`leave`](Self::leave),
/// [`disconnect`](Self::disconnect); and tell who is meant ([`clients`](Self::clients)).
///
/// ```
/// # use orcs::prelude::*;
/// # fn example(manager: &WebSocketManager, client: &Client) {
/// manager.to("lobby").to("game").except([client.id()]).except_room("muted").send("news", "hi");
/// client.to("lobby").send("news", "to the others");
/// # }
/// ```
#[must_use = "nothing happens before `.send(..)`, `.join(..)`, `.leave(..)` or `.disconnect(..)`"]
#[derive(Clone)]
pub struct Target {
    manager: WebSocketManager,
    audience: Audience,
    sender: Option<Arc<Session>>,
    is_volatile: bool,
}

impl Target {
    pub(crate) fn new(manager: WebSocketManager, audience: Audience) -> Self {
        Self {
            manager,
            audience,
            sender: None,
            is_volatile: false,
        }
    }

    /// Nobody yet, and never this client; of an isolated route, nobody of another.
    pub(crate) fn starting_at(session: &Arc<Session>) -> Self {
        let mut target = Self::new(session.manager().clone(), Audience::default());
        if session.table().is_isolated() {
            target.audience.narrow_to(session.member().route());
        }
        target.sender = Some(Arc::clone(session));
        target.except([session.id()])
    }

    pub(crate) fn with_everyone(mut self) -> Self {
        self.audience.add_everyone();
        self
    }

    pub(crate) fn with_own_rooms(mut self) -> Self {
        if let Some(sender) = &self.sender {
            self.audience.add_rooms_of(sender.member());
        }
        self
    }

    /// Also the members of this room.
    pub fn to(mut self, room: &str) -> Self {
        if self.may_talk_to(room) {
            self.audience.add_room(room);
        }
        self
    }

    /// Also this client.
    pub fn to_client(mut self, id: ClientId) -> Self {
        self.audience.add_client(id);
        self
    }

    /// Also all connections of this user; see
    /// [`WebSocketManager::to_user`](crate::WebSocketManager::to_user).
    pub fn to_user(mut self, user: impl fmt::Display) -> Self {
        self.audience.add_user(user.to_string());
        self
    }

    /// Only those of them that came by this route, said by its path as it was given to
    /// [`ws`](crate::ws).
    ///
    /// A path that no route has leaves nobody, and is in the log.
    ///
    /// ```
    /// # use orcs::prelude::*;
    /// # fn example(manager: &WebSocketManager) {
    /// manager.to("lobby").of_route("/ws/chat").send("news", "not for spectators");
    /// # }
    /// ```
    pub fn of_route(mut self, path: &str) -> Self {
        match self.manager.route_number(path) {
            Some(route) => self.audience.narrow_to(route),
            None => self.audience.narrow_to_nobody(),
        }
        self
    }

    /// A room may be for its members only.
    fn may_talk_to(&self, room: &str) -> bool {
        let Some((sender, rules)) = self.sender.as_ref().zip(self.manager.rules()) else {
            return true;
        };
        if rules.are_for_members_only(room) && !sender.member().is_in(room) {
            self.manager.hub().tally().sends_refused.add_one();
            let (client, route) = (sender.id(), sender.table().path.as_str());
            tracing::debug!(%client, route, "not a member of the room it talks to");
            return false;
        }
        true
    }

    /// Not these clients; `[]` and `None` leave nobody out.
    pub fn except(mut self, ids: impl ClientIds) -> Self {
        self.audience.except(ids);
        self
    }

    /// Not the members of this room.
    pub fn except_room(mut self, room: &str) -> Self {
        self.audience.except_room(room);
        self
    }

    /// Everyone, if the client of [`own_rooms`](crate::Client::own_rooms) is in no room:
    /// `client.own_rooms().or_everyone().send("hi", &())`. Source: universal-api
    /// `broadcastAllRooms`, which always does so.
    pub fn or_everyone(mut self) -> Self {
        self.audience.or_everyone();
        self
    }

    /// Also the client that the target began at, if it is one of those meant: in the room of
    /// `client.to(room)`, in a room of its own for `client.own_rooms()`, always among
    /// everyone. Source: CandyPack's `ws.to(room)` includes its sender.
    #[doc(alias = "includeSelf")]
    pub fn include_self(mut self) -> Self {
        if let Some(sender) = &self.sender {
            self.audience.include(sender.id());
        }
        self
    }

    /// Only to those who are not behind: a client whose socket takes no more at this
    /// moment does not get it, whatever its route's [`SlowConsumer`](crate::SlowConsumer)
    /// says. For what is out of date soon anyway: typing, cursors. Source: Socket.IO `volatile`.
    pub fn volatile(mut self) -> Self {
        self.is_volatile = true;
        self
    }

    /// Sends `{"event":event,"payload":payload}`, encoded once for each
    /// [codec](crate::codec) among the receivers.
    ///
    /// Who gets it is fixed now: a client that leaves the room later still does.
    pub fn send(&self, event: &str, payload: &(impl Serialize + ?Sized)) -> Sent {
        match outgoing::event(event, payload) {
            Some(message) => self.deliver(message),
            None => Sent::default(),
        }
    }

    /// Sends a binary message, as [`Client::send_binary`](crate::Client::send_binary) does.
    ///
    /// ```
    /// # use orcs::prelude::*;
    /// # fn example(manager: &WebSocketManager, client: &Client) {
    /// client.to("cameras").send_binary(vec![0xFF, 0xD8]);
    /// manager.everyone().send_binary(&b"tick"[..]);
    /// # }
    /// ```
    #[doc(alias = "sendBinary")]
    #[doc(alias = "toRoomBinary")]
    pub fn send_binary(&self, bytes: impl IntoBytes) -> Sent {
        self.deliver(outgoing::binary(bytes.into()))
    }

    /// Sends a typed event under its own name.
    pub fn send_event<E: Event + Serialize>(&self, event: &E) -> Sent {
        self.send(E::NAME, event)
    }

    fn deliver(&self, message: Message) -> Sent {
        let message = if self.is_volatile {
            message.volatile()
        } else {
            message
        };
        self.manager.hub().deliver(&self.audience, message)
    }
}

/// Who is meant is fixed at the call, as with [`send`](Target::send): who leaves a room
/// while it is at work is still acted upon, who comes later is not. A client that has gone
/// meanwhile is left out and not counted.
impl Target {
    /// Puts all of them into a room, and tells how many came in: those that its
    /// [rules](crate::RoomRules) and the limits let in, and that were not there before.
    ///
    /// ```
    /// # use orcs::WebSocketManager;
    /// # fn example(manager: &WebSocketManager) {
    /// let moved = manager.to("lobby").join("game:1");
    /// manager.to("game:1").send("welcome", &moved);
    /// # }
    /// ```
    ///
    /// Source: Socket.IO `socketsJoin`.
    #[doc(alias = "socketsJoin")]
    pub fn join(&self, room: &str) -> usize {
        let joins = |member: &Arc<Member>| self.manager.join_member(member, room) == Joined::Now;
        self.count(joins)
    }

    /// Takes all of them out of a room, and tells how many were in it:
    /// `manager.to("game:1").leave("game:1")` empties it. Source: Socket.IO `socketsLeave`.
    #[doc(alias = "socketsLeave")]
    pub fn leave(&self, room: &str) -> usize {
        self.count(|member| self.manager.hub().leave(member, room) == Left::Now)
    }

    /// Closes all of them behind what already waits for them, as
    /// [`WebSocketManager::disconnect`](crate::WebSocketManager::disconnect) does, and tells
    /// how many: they are out of all rooms when it returns.
    ///
    /// ```
    /// # use orcs::WebSocketManager;
    /// # fn example(manager: &WebSocketManager) {
    /// manager.to("game:1").disconnect(4000, "the game is over");
    /// manager.route("/ws/beta").disconnect(1001, "the beta has ended");
    /// # }
    /// ```
    ///
    /// Source: Socket.IO `disconnectSockets`.
    #[doc(alias = "disconnectSockets")]
    pub fn disconnect(&self, code: u16, reason: &str) -> usize {
        let close = outgoing::close(code, reason);
        self.count(|member| self.manager.hub().end(member, close.clone()))
    }

    /// Who is meant now, each once, in no order.
    ///
    /// ```
    /// # use orcs::prelude::*;
    /// # fn example(client: &Client) {
    /// let others = client.to("lobby").clients();
    /// client.send("others", &others);
    /// # }
    /// ```
    ///
    /// Source: Socket.IO `fetchSockets`.
    #[must_use]
    #[doc(alias = "fetchSockets")]
    pub fn clients(&self) -> Vec<ClientId> {
        self.everybody().iter().map(|member| member.id()).collect()
    }

    fn count(&self, mut is_done: impl FnMut(&Arc<Member>) -> bool) -> usize {
        let everybody = self.everybody();
        everybody.iter().filter(|member| is_done(member)).count()
    }

    fn everybody(&self) -> Vec<Arc<Member>> {
        self.manager.hub().everybody_in(&self.audience)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.audience).finish()
    }
}
