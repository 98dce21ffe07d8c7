//! Users and routes as those whom something is for.

use super::WebSocketManager;
use crate::hub::{Audience, RouteNumber, Sent};
use crate::target::Target;
use serde::Serialize;
use std::fmt;

impl WebSocketManager {
    /// All connections of a user, on whatever device and route.
    ///
    /// A user is whom its token names (`sub`, `user_id` or `id`), or whom
    /// [`Request::identify`](crate::Request::identify) named. All connections of a user get
    /// what is sent to it in one order.
    ///
    /// ```
    /// # use orcs::WebSocketManager;
    /// # fn example(manager: &WebSocketManager) {
    /// manager.to_user("ann").to("admins").send("report", "ann has logged in");
    /// manager.to_user(7).of_route("/ws/shop").disconnect(4000, "the shop is closed");
    /// # }
    /// ```
    pub fn to_user(&self, user: impl fmt::Display) -> Target {
        Target::new(self.clone(), Audience::default()).to_user(user)
    }

    /// Sends an event to all connections of a user: `queued` is 0 if there is none now.
    ///
    /// ```
    /// # use orcs::WebSocketManager;
    /// # fn example(manager: &WebSocketManager) {
    /// let sent = manager.send_to_user("ann", "notification", "your parcel is here");
    /// if sent.queued == 0 {
    ///     println!("by mail, then");
    /// }
    /// # }
    /// ```
    #[doc(alias = "sendToUser")]
    #[doc(alias = "notifyUser")]
    pub fn send_to_user(
        &self,
        user: impl fmt::Display,
        event: &str,
        payload: &(impl Serialize + ?Sized),
    ) -> Sent {
        self.to_user(user).send(event, payload)
    }

    /// All clients of one route, by its path as it was given to [`ws`](crate::ws):
    /// `manager.route("/ws/chat").send("news", "hi")`.
    ///
    /// A path that no route has means nobody, and is in the log.
    pub fn route(&self, path: &str) -> Target {
        self.everyone().of_route(path)
    }

    /// A route's number; none if there is no such route, which is in the log.
    pub(crate) fn route_number(&self, path: &str) -> Option<RouteNumber> {
        let paths = self.0.paths.get().map_or(&[][..], Vec::as_slice);
        let Some(place) = paths.iter().position(|known| known == path) else {
            let known = paths.join(", ");
            tracing::warn!("no route has the path {path:?}; there are: {known}");
            return None;
        };
        // As many routes as memory can hold are fewer than 2^32.
        u32::try_from(place).ok().map(RouteNumber)
    }

    /// The paths of the routes, in the order of their numbers.
    pub(crate) fn set_paths(&self, paths: Vec<String>) {
        // Set once, when the app is built.
        let _ = self.0.paths.set(paths);
    }
}
