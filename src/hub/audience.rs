//! Who a message is for.

use crate::id::ClientId;

/// Clients and rooms, or everyone, minus some clients and some rooms.
#[derive(Debug, Clone, Default)]
pub(crate) struct Audience {
    everyone: bool,
    clients: Vec<ClientId>,
    rooms: Vec<String>,
    /// Sorted, so that each member costs one binary search.
    except: Vec<ClientId>,
    except_rooms: Vec<String>,
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

    pub(crate) fn add_room(&mut self, name: &str) {
        self.rooms.push(name.to_owned());
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

    pub(super) fn is_everyone(&self) -> bool {
        self.everyone
    }

    pub(super) fn clients(&self) -> &[ClientId] {
        &self.clients
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
        !self.everyone && self.clients.is_empty() && self.except_rooms.is_empty()
    }

    pub(super) fn rooms(&self) -> &[String] {
        &self.rooms
    }

    pub(super) fn except_rooms(&self) -> &[String] {
        &self.except_rooms
    }

    /// Clients that it is not for, each once, sorted.
    pub(super) fn excepted(&self) -> &[ClientId] {
        &self.except
    }

    pub(super) fn leaves_out(&self, id: ClientId) -> bool {
        self.except.binary_search(&id).is_ok()
    }
}
