//! The handle on all clients and rooms.

mod lookups;
mod targets;

use crate::auth::Verifier;
use crate::client::{Client, IntoBytes, Session, Tasks};
use crate::csrf::Csrf;
use crate::hub::{
    Audience, Beside, Delivery, Hub, JoinError, Joined, Left, Member, Sent, Stats, is_room_name,
};
use crate::id::{ClientId, ClientIds};
use crate::lock::{read, write};
use crate::outgoing;
use crate::rooms::Rules;
use crate::route::{self, AsyncFn2, Awaitable, Handler, Outcome, Payload};
use crate::target::Target;
use serde::Serialize;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock, RwLock};

/// All clients and rooms of an app: a cheap handle, reachable from handlers
/// (`client.manager()`), HTTP routes, jobs and tests.
///
/// Nothing here waits, and what a caller has changed it sees: after `join_room`,
/// `leave_room` or `disconnect` has returned, its queries and its next broadcast agree,
/// whichever thread serves the client.
///
/// A broadcast from the manager reaches every member; one that starts at a client
/// (`client.to(..)`) leaves that client out.
#[derive(Clone)]
pub struct WebSocketManager(Arc<Shared>);

struct Shared {
    hub: Hub,
    // Read for each event that its route does not know, written hardly ever.
    global_handlers: RwLock<HashMap<Arc<str>, Vec<Handler>>>,
    state: OnceLock<State>,
    verifier: OnceLock<Option<Verifier>>,
    rules: OnceLock<Rules>,
    csrf: OnceLock<Csrf>,
    /// Of the routes, in the order of their numbers.
    paths: OnceLock<Vec<String>>,
    tasks: Tasks,
}

/// Values of the app's own, by their type.
pub(crate) type State = HashMap<TypeId, Box<dyn Any + Send + Sync>>;

impl WebSocketManager {
    pub(crate) fn new(max_rooms_per_client: usize, beside: Beside) -> Self {
        let hub = Hub::new(max_rooms_per_client, beside);
        Self(Arc::new(Shared {
            hub,
            global_handlers: RwLock::default(),
            state: OnceLock::new(),
            verifier: OnceLock::new(),
            rules: OnceLock::new(),
            csrf: OnceLock::new(),
            paths: OnceLock::new(),
            tasks: Tasks::new(),
        }))
    }

    /// Sends an event to every client.
    pub fn broadcast(&self, event: &str, payload: &(impl Serialize + ?Sized)) -> Sent {
        self.everyone().send(event, payload)
    }

    /// Sends an event to a room's members, minus `except`; `[]` leaves nobody out.
    ///
    /// An unknown room has no members.
    ///
    /// ```
    /// # use orcs::prelude::*;
    /// # fn example(manager: &WebSocketManager, client: &Client) {
    /// manager.broadcast_to_room("lobby", "update", &42, []);
    /// manager.broadcast_to_room("lobby", "update", &42, [client.id()]);
    /// # }
    /// ```
    #[doc(alias = "broadcastToRoom")]
    pub fn broadcast_to_room(
        &self,
        room: &str,
        event: &str,
        payload: &(impl Serialize + ?Sized),
        except: impl ClientIds,
    ) -> Sent {
        self.to(room).except(except).send(event, payload)
    }

    /// The members of a room, to be narrowed or widened: `manager.to("a").to("b").except([id])`.
    #[doc(alias = "toRoom")]
    pub fn to(&self, room: &str) -> Target {
        Target::new(self.clone(), Audience::room(room))
    }

    /// One client, for a message with a condition: `manager.to_client(id).volatile()`.
    pub fn to_client(&self, id: ClientId) -> Target {
        Target::new(self.clone(), Audience::client(id))
    }

    /// Every client, to be narrowed: `manager.everyone().except([id])`.
    pub fn everyone(&self) -> Target {
        Target::new(self.clone(), Audience::everyone())
    }

    /// Sends an event to one client; tells if it is gone.
    #[doc(alias = "sendToClient")]
    pub fn send_to_client(
        &self,
        id: ClientId,
        event: &str,
        payload: &(impl Serialize + ?Sized),
    ) -> Delivery {
        match self.hub().client(id) {
            Some(member) => outgoing::send(self.hub(), &member, event, payload),
            None => Delivery::Gone,
        }
    }

    /// Sends a binary message to one client; tells if it is gone.
    ///
    /// To a room: `manager.to("lobby").send_binary(bytes)`; to all: `manager.everyone()`.
    /// See [`Client::send_binary`] for what `bytes` may be.
    #[doc(alias = "sendBinary")]
    pub fn send_binary_to_client(&self, id: ClientId, bytes: impl IntoBytes) -> Delivery {
        match self.hub().client(id) {
            Some(member) => self.hub().send(&member, outgoing::binary(bytes.into())),
            None => Delivery::Gone,
        }
    }

    /// Puts a client into a room, if the room's [rules](crate::RoomRules) let it in.
    #[doc(alias = "joinRoom")]
    pub fn join_room(&self, id: ClientId, room: &str) -> Joined {
        match self.hub().client(id) {
            Some(member) => self.join_member(&member, room),
            None => Joined::Refused(JoinError::Gone),
        }
    }

    pub(crate) fn join_member(&self, member: &Member, room: &str) -> Joined {
        match lookups::session_of(member) {
            Some(session) => self.join(&session, room),
            None => Joined::Refused(JoinError::Gone),
        }
    }

    pub(crate) fn join(&self, session: &Arc<Session>, room: &str) -> Joined {
        let joined = self.join_by_rules(session, room);
        if let Joined::Refused(why) = &joined
            && why.is_counted()
        {
            self.hub().tally().joins_refused.add_one();
        }
        joined
    }

    fn join_by_rules(&self, session: &Arc<Session>, room: &str) -> Joined {
        let member = session.member();
        let Some(rules) = self.rules() else {
            return self.hub().join(member, room, None);
        };
        // Rules are for rooms that there may be; the hub refuses other names.
        if is_room_name(room) && !member.is_in(room) && !rules.let_in(&Client::of(session), room) {
            return Joined::Refused(JoinError::Forbidden);
        }
        self.hub().join(member, room, rules.capacity(room))
    }

    /// Takes a client out of a room.
    #[doc(alias = "leaveRoom")]
    pub fn leave_room(&self, id: ClientId, room: &str) -> Left {
        self.hub()
            .client(id)
            .map_or(Left::NotIn, |member| self.hub().leave(&member, room))
    }

    /// The clients in a room; none if there is no such room.
    #[must_use]
    #[doc(alias = "getRoomClients")]
    pub fn get_room_clients(&self, room: &str) -> Vec<ClientId> {
        self.hub().room_clients(room)
    }

    /// The rooms of a client, in the order it joined them; none if it is gone.
    #[must_use]
    #[doc(alias = "getClientRooms")]
    pub fn get_client_rooms(&self, id: ClientId) -> Vec<String> {
        self.hub()
            .client(id)
            .map_or_else(Vec::new, |member| member.room_names())
    }

    /// Counts: `{"connections":42,"rooms":5,"averageRoomSize":8.4, ..}`.
    #[must_use]
    #[doc(alias = "getStats")]
    pub fn get_stats(&self) -> Stats {
        self.hub().stats()
    }

    /// Closes a client behind what already waits for it; false if there is no such client.
    ///
    /// It is out of all rooms when this returns; its `disconnect` still runs. A code that
    /// must not be sent (RFC 6455, 7.4) is sent as 1000, a reason is cut to 123 bytes.
    /// The seed's default: `disconnect(id, 1000, "Normal closure")`.
    pub fn disconnect(&self, id: ClientId, code: u16, reason: &str) -> bool {
        match self.hub().client(id) {
            Some(member) => self.hub().end(&member, outgoing::close(code, reason)),
            None => false,
        }
    }

    /// Closes all connections of a user, as [`disconnect`](Self::disconnect) does: at a logout
    /// or a ban. Returns how many.
    ///
    /// A user is whom its token names (`sub`, `user_id` or `id`), or whom
    /// [`Request::identify`](crate::Request::identify) named.
    ///
    /// ```
    /// # use orcs::WebSocketManager;
    /// # fn example(manager: &WebSocketManager) {
    /// manager.disconnect_user(7, 4403, "banned");
    /// # }
    /// ```
    #[doc(alias = "disconnectUser")]
    pub fn disconnect_user(&self, user: impl fmt::Display, code: u16, reason: &str) -> usize {
        self.to_user(user).disconnect(code, reason)
    }

    /// Handles an event on every route that has no handler of its own for it.
    ///
    /// Several handlers of one event run in the order they were registered; the last
    /// one's answer is the answer, an `Err` ends the row. From now on, also for clients
    /// that are connected already.
    ///
    /// # Panics
    ///
    /// For a lifecycle name (`connect`, ..), or a name that begins with `orcs:`.
    pub fn on<P, H, Fut>(&self, event: &str, handler: H)
    where
        P: Payload,
        H: FnOnce(Client, P) -> Fut
            + AsyncFn2<Client, P, Fut::Answer>
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Awaitable<Answer: Outcome> + Send + 'static,
    {
        if let Some(problem) = route::problem_with(event) {
            panic!("manager.on: {problem}");
        }
        let mut handlers = write(&self.0.global_handlers);
        handlers
            .entry(event.into())
            .or_default()
            .push(route::handler(handler));
    }

    pub(crate) fn global_handlers(&self, event: &str) -> Option<(Arc<str>, Vec<Handler>)> {
        let handlers = read(&self.0.global_handlers);
        let (name, handlers) = handlers.get_key_value(event)?;
        Some((Arc::clone(name), handlers.clone()))
    }

    /// A value of the app's own, given to [`App::state`](crate::App::state); none before the start.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.state.get()?.get(&TypeId::of::<T>())?.downcast_ref()
    }

    /// The same, where a missing one is the app's mistake.
    pub(crate) fn state_or_panic<T: Send + Sync + 'static>(&self) -> &T {
        self.state().unwrap_or_else(|| {
            panic!(
                "no state of type `{}`: give it to `App::state`",
                std::any::type_name::<T>()
            )
        })
    }

    /// What tokens are checked with; none if the app has no key.
    pub(crate) fn verifier(&self) -> Option<&Verifier> {
        self.0.verifier.get()?.as_ref()
    }

    /// What holds for rooms.
    pub(crate) fn rules(&self) -> Option<&Rules> {
        self.0.rules.get()
    }

    pub(crate) fn set_rules(&self, rules: Rules) {
        // Set once, by the start.
        let _ = self.0.rules.set(rules);
    }

    pub(crate) fn set_verifier(&self, verifier: Option<Verifier>) {
        // Set once, by the start.
        let _ = self.0.verifier.set(verifier);
    }

    pub(crate) fn set_state(&self, state: State) {
        // Set once, by the start.
        let _ = self.0.state.set(state);
    }

    /// Sessions and their tokens; none before the start.
    pub(crate) fn csrf(&self) -> Option<&Csrf> {
        self.0.csrf.get()
    }

    pub(crate) fn set_csrf(&self, csrf: Csrf) {
        // Set once, by the start.
        let _ = self.0.csrf.set(csrf);
    }

    /// What runs beside clients.
    pub(crate) fn tasks(&self) -> &Tasks {
        &self.0.tasks
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.0.hub
    }
}

impl fmt::Debug for WebSocketManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WebSocketManager")
            .field(&self.get_stats())
            .finish()
    }
}
