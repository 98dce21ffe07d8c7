//! Who a message is for.

use super::{Member, RouteNumber, Scope};
use crate::id::ClientId;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Clients, users and rooms, or everyone, minus some clients and some rooms; all of them, or
/// those of one route.
#[derive(Debug, Clone, Default)]
pub(crate) struct Audience {
    everyone: bool,
    clients: Vec<ClientId>,
    rooms: Vec<String>,
    /// Sorted, so that each member costs one binary search.
    except: Vec<ClientId>,
    except_rooms: Vec<String>,
    users: Vec<String>,
    own_rooms: Option<OwnRooms>,
    scope: Scope,
}

/// The rooms that a client is in, whichever they are when something is sent.
#[derive(Debug, Clone)]
struct OwnRooms {
    of: Arc<Member>,
    /// In no room, it means everyone.
    or_everyone: bool,
}

impl Audience {
    pub(crate) fn everyone() -> Self {
        Self {
            everyone: true,
            ..Self::default()
        }
    }

    pub(crate) fn client(id: ClientId) -> Self {
        Self {
            clients: vec![id],
            ..Self::default()
        }
    }

    pub(crate) fn room(name: &str) -> Self {
        Self {
            rooms: vec![name.to_owned()],
            ..Self::default()
        }
    }

    pub(crate) fn add_everyone(&mut self) {
        self.everyone = true;
    }

    pub(crate) fn add_client(&mut self, id: ClientId) {
        self.clients.push(id);
    }

    pub(crate) fn add_user(&mut self, user: String) {
        self.users.push(user);
    }

    pub(crate) fn add_room(&mut self, name: &str) {
        self.rooms.push(name.to_owned());
    }

    /// Also the rooms that this client is in when something is sent.
    pub(crate) fn add_rooms_of(&mut self, member: &Arc<Member>) {
        self.own_rooms = Some(OwnRooms {
            of: Arc::clone(member),
            or_everyone: false,
        });
    }

    /// Everyone, if the client whose rooms it is for is in none.
    pub(crate) fn or_everyone(&mut self) {
        if let Some(own_rooms) = &mut self.own_rooms {
            own_rooms.or_everyone = true;
        }
    }

    pub(crate) fn except(&mut self, ids: impl IntoIterator<Item = ClientId>) {
        self.except.extend(ids);
        self.except.sort_unstable();
        self.except.dedup();
    }

    pub(crate) fn include(&mut self, id: ClientId) {
        self.except.retain(|excepted| *excepted != id);
    }

    pub(crate) fn except_room(&mut self, name: &str) {
        self.except_rooms.push(name.to_owned());
    }

    /// Only clients of this route; nobody if it was narrowed to another before.
    pub(crate) fn narrow_to(&mut self, route: RouteNumber) {
        self.scope = self.scope.narrowed_to(route);
    }

    pub(crate) fn narrow_to_nobody(&mut self) {
        self.scope = Scope::Nobody;
    }

    /// The same, with the names of the rooms that it leaves to be looked up: those of
    /// [`whose_rooms`](Self::whose_rooms).
    pub(super) fn with_own_rooms<'n>(&self, names: impl Iterator<Item = &'n str>) -> Self {
        let mut named = self.clone();
        let before = named.rooms.len();
        named.rooms.extend(names.map(str::to_owned));
        let own_rooms = named.own_rooms.take();
        let is_in_none = named.rooms.len() == before;
        named.everyone |= is_in_none && own_rooms.is_some_and(|own| own.or_everyone);
        named
    }

    /// Whether who is meant depends on a client's own rooms or on a route.
    pub(super) fn is_relative(&self) -> bool {
        self.own_rooms.is_some() || self.scope != Scope::Server
    }

    /// The client whose own rooms it is for too.
    pub(super) fn whose_rooms(&self) -> Option<&Arc<Member>> {
        self.own_rooms.as_ref().map(|own_rooms| &own_rooms.of)
    }

    pub(super) fn is_everyone(&self) -> bool {
        self.everyone
    }

    pub(super) fn clients(&self) -> &[ClientId] {
        &self.clients
    }

    pub(super) fn users(&self) -> &[String] {
        &self.users
    }

    /// Whether it is everyone, less some clients only.
    pub(super) fn is_only_everyone(&self) -> bool {
        self.everyone && self.except_rooms.is_empty()
    }

    /// The one room it is, less some clients only.
    pub(super) fn only_room(&self) -> Option<&str> {
        match self.rooms.as_slice() {
            [room] if self.is_rooms_only() => Some(room),
            _ => None,
        }
    }

    fn is_rooms_only(&self) -> bool {
        let names_nobody = self.clients.is_empty() && self.users.is_empty();
        !self.everyone && names_nobody && self.except_rooms.is_empty()
    }

    /// Whether no room has a part in it: it names clients and users.
    pub(super) fn is_without_rooms(&self) -> bool {
        !self.everyone && self.rooms.is_empty() && self.except_rooms.is_empty()
    }

    pub(super) fn rooms(&self) -> &[String] {
        &self.rooms
    }

    pub(super) fn except_rooms(&self) -> &[String] {
        &self.except_rooms
    }

    pub(super) fn scope(&self) -> Scope {
        self.scope
    }

    /// Clients that it is not for, each once, sorted.
    pub(super) fn excepted(&self) -> &[ClientId] {
        &self.except
    }

    pub(super) fn leaves_out(&self, member: &Member) -> bool {
        !self.scope.holds(member.route()) || self.except.binary_search(&member.id()).is_ok()
    }

    /// What two sends have in common of which the newer makes the older out of date.
    pub(super) fn stream(&self) -> Stream<'_> {
        Stream(self)
    }
}

/// Whom an audience addresses, whoever is left out.
pub(super) struct Stream<'a>(&'a Audience);

impl Hash for Stream<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Audience {
            everyone,
            clients,
            rooms,
            users,
            scope,
            ..
        } = self.0;
        // Whoever is named beside everyone is one of them.
        let (rooms, clients, users) = match everyone {
            true => Default::default(),
            false => (&rooms[..], &clients[..], &users[..]),
        };
        rooms.hash(state);
        // Mostly there is nothing beyond rooms, and then they cost no hashing.
        if !clients.is_empty() || !users.is_empty() || *scope != Scope::Server {
            (clients, users, scope).hash(state);
        }
    }
}
