//! Who is here, and in which rooms.

use super::WebSocketManager;
use crate::client::{Client, Session};
use crate::hub::Member;
use crate::id::ClientId;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

impl WebSocketManager {
    /// The names of all rooms that have a member, sorted.
    #[must_use]
    #[doc(alias = "getRooms")]
    pub fn rooms(&self) -> Vec<String> {
        self.hub().room_names()
    }

    /// How many clients are in a room; 0 if there is no such room.
    #[must_use]
    #[doc(alias = "getRoomSize")]
    pub fn room_size(&self, room: &str) -> usize {
        self.hub().room_size(room)
    }

    /// Whether a client is in a room; not if it is gone.
    #[must_use]
    #[doc(alias = "isInRoom")]
    pub fn is_in(&self, id: ClientId, room: &str) -> bool {
        self.hub().is_in(id, room)
    }

    /// A client by its id; none if it is gone.
    ///
    /// Kept after its client has gone, a handle keeps that client's data in memory.
    ///
    /// ```
    /// # use orcs::{ClientId, WebSocketManager};
    /// # fn example(manager: &WebSocketManager, id: ClientId) {
    /// if let Some(client) = manager.client(id) {
    ///     client.send("address", &client.address());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn client(&self, id: ClientId) -> Option<Client> {
        Some(Client::of(&session_of(&*self.hub().client(id)?)?))
    }

    /// All clients that are connected now, in no order.
    ///
    /// To send to all, or to close all, [`everyone`](Self::everyone) is the better word:
    /// there a message is encoded once.
    ///
    /// ```
    /// # use orcs::WebSocketManager;
    /// # fn example(manager: &WebSocketManager) {
    /// let strangers = manager.clients().into_iter().filter(|client| client.user().is_none());
    /// for stranger in strangers {
    ///     stranger.send("welcome", &stranger.rooms());
    /// }
    /// # }
    /// ```
    ///
    /// Source: CandyPack `wsServer.clients`, ORCS `manager.connections`.
    #[must_use]
    #[doc(alias = "connections")]
    pub fn clients(&self) -> Vec<Client> {
        clients_of(&self.hub().members())
    }

    /// All connections of a user; none if he has none. Who is a user is said at
    /// [`to_user`](Self::to_user).
    #[must_use]
    pub fn user_clients(&self, user: impl fmt::Display) -> Vec<Client> {
        clients_of(&self.hub().members_of(&user.to_string()))
    }
}

fn clients_of(members: &[Arc<Member>]) -> Vec<Client> {
    let sessions = members.iter().filter_map(|member| session_of(member));
    sessions.map(|session| Client::of(&session)).collect()
}

/// None once its connection has ended and nobody keeps a handle on it.
pub(super) fn session_of(member: &Member) -> Option<Arc<Session>> {
    let owner: Arc<dyn Any + Send + Sync> = member.owner()?;
    owner.downcast().ok()
}
