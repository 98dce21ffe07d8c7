//! Who a message is for, said step by step.

use crate::client::Session;
use crate::event::Event;
use crate::hub::{Audience, Message, Sent};
use crate::id::ClientId;
use crate::manager::WebSocketManager;
use crate::outgoing;
use bytes::Bytes;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// Who a message is for: rooms, everyone or one client, minus clients and rooms; each client once.
///
/// ```
/// # use orcs::prelude::*;
/// # fn example(manager: &WebSocketManager, client: &Client) {
/// manager.to("lobby").to("game").except([client.id()]).except_room("muted").send("news", "hi");
/// client.to("lobby").send("news", "to the others");
/// # }
/// ```
#[must_use = "nothing is sent before `.send(..)`"]
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

    pub(crate) fn starting_at(session: &Arc<Session>, room: &str) -> Self {
        let mut target = Self::new(session.manager().clone(), Audience::default());
        target.sender = Some(Arc::clone(session));
        target.to(room).except([session.id()])
    }

    /// Also the members of this room.
    pub fn to(mut self, room: &str) -> Self {
        if self.may_talk_to(room) {
            self.audience.add_room(room);
        }
        self
    }

    /// A room may be for its members only.
    fn may_talk_to(&self, room: &str) -> bool {
        let Some((sender, rules)) = self.sender.as_ref().zip(self.manager.rules()) else {
            return true;
        };
        if rules.are_for_members_only(room) && !sender.member().is_in(room) {
            let (client, route) = (sender.id(), sender.table().path.as_str());
            tracing::debug!(%client, route, "not a member of the room it talks to");
            return false;
        }
        true
    }

    /// Not these clients; `[]` and `None` leave nobody out.
    pub fn except(mut self, ids: impl IntoIterator<Item = ClientId>) -> Self {
        self.audience.except(ids);
        self
    }

    /// Not the members of this room.
    pub fn except_room(mut self, room: &str) -> Self {
        self.audience.except_room(room);
        self
    }

    /// Also the client that `client.to(..)` began at.
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
    pub fn send_binary(&self, bytes: impl Into<Bytes>) -> Sent {
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

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.audience).finish()
    }
}
