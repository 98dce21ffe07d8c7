//! What can be done to those whom a target means, beyond sending.

use super::Target;
use crate::hub::{Joined, Left, Member};
use crate::id::ClientId;
use crate::outgoing;
use std::sync::Arc;

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
