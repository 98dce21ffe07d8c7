//! What begins at a client: its rooms, and the others that it talks to.

use super::Client;
use crate::hub::Sent;
use crate::target::Target;
use serde::Serialize;
use std::fmt;

impl<D> Client<D> {
    /// The room it joined last of those it is in; in `disconnect`, of those it was in.
    ///
    /// For clients that are in one room at a time, as a player is at one table.
    ///
    /// ```
    /// # use orcs::prelude::*;
    /// let table = ws("/ws/table").on("say", async |client, text: String| {
    ///     let room = client.room().ok_or("sit down first")?;
    ///     client.to(&room).send("said", &text);
    ///     orcs::Result::Ok(())
    /// });
    /// # let _ = table;
    /// ```
    ///
    /// Source: OpenSpeed `ws.room`.
    #[must_use]
    pub fn room(&self) -> Option<String> {
        self.session.member.last_room_name()
    }

    /// Whether it is in a room; in `disconnect`, whether it was. Source: universal-api `isInRoom`.
    #[must_use]
    #[doc(alias = "isInRoom")]
    pub fn is_in(&self, room: &str) -> bool {
        self.session.member.is_in(room)
    }

    /// Sends an event to every other client: of the server, or of its route if that is
    /// [`isolated`](crate::Route::isolated).
    ///
    /// ```
    /// # use orcs::prelude::*;
    /// let cursors = ws("/ws/cursors").on("move", async |client, to: (f64, f64)| {
    ///     client.broadcast("moved", &to)
    /// });
    /// # let _ = cursors;
    /// ```
    ///
    /// With the client itself, as OpenSpeed's `broadcastAll`: `client.others().include_self()`.
    /// Source: CandyPack and universal-api `broadcast`.
    pub fn broadcast(&self, event: &str, payload: &(impl Serialize + ?Sized)) -> Sent {
        self.others().send(event, payload)
    }

    /// Every other client, to be narrowed: `client.others().except_room("quiet")`.
    ///
    /// Of the server, or of its route if that is [`isolated`](crate::Route::isolated).
    #[doc(alias = "broadcast")]
    #[doc(alias = "broadcastAll")]
    pub fn others(&self) -> Target {
        Target::starting_at(&self.session).with_everyone()
    }

    /// The others in the rooms that this client is in, each once.
    ///
    /// In which it is, is looked up with each send. In no room it means nobody, or everybody
    /// with [`or_everyone`](Target::or_everyone). In `disconnect` it means the rooms it was in.
    ///
    /// ```
    /// # use orcs::prelude::*;
    /// let chat = ws("/ws/chat")
    ///     .on("typing", async |client, ()| client.own_rooms().send("typing", &client.id()))
    ///     .disconnect(async |client, _close| client.own_rooms().send("left", &client.id()));
    /// # let _ = chat;
    /// ```
    ///
    /// Source: universal-api `broadcastAllRooms`.
    #[doc(alias = "broadcastAllRooms")]
    pub fn own_rooms(&self) -> Target {
        Target::starting_at(&self.session).with_own_rooms()
    }

    /// All connections of a user but this one: of its own user, its other tabs.
    ///
    /// ```
    /// # use orcs::prelude::*;
    /// let notes = ws("/ws/notes").on("read", async |client, note: u64| {
    ///     if let Some(user) = client.user() {
    ///         client.to_user(user).send("read", &note);
    ///     }
    /// });
    /// # let _ = notes;
    /// ```
    ///
    /// Who is a user is said at [`WebSocketManager::to_user`](crate::WebSocketManager::to_user).
    pub fn to_user(&self, user: impl fmt::Display) -> Target {
        Target::starting_at(&self.session).to_user(user)
    }
}
