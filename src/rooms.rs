//! Who may be in which rooms.

use crate::client::Client;
use std::fmt;
use std::sync::Arc;

/// What holds for a room, or for all rooms whose names begin alike; given to
/// [`Routes::rooms`](crate::Routes::rooms).
///
/// Without rules everybody may join a room and talk to it. Rules are asked whenever a client
/// is to join, by whatever call; if several hold for a room, all of them must agree.
///
/// ```
/// use orcs::prelude::*;
///
/// let routes = Routes::new()
///     // Ann's own room.
///     .rooms("user:*", RoomRules::new().may_join(|client, room| {
///         room.strip_prefix("user:") == client.user()
///     }))
///     .rooms("table:*", RoomRules::new().capacity(4).members_only());
/// # let _ = routes;
/// ```
///
/// Source: OpenSpeed `authorizeRoom` and its pattern for a room's size.
#[derive(Clone, Default)]
#[must_use]
pub struct RoomRules {
    may_join: Option<MayJoin>,
    members_only: bool,
    capacity: Option<usize>,
}

type MayJoin = Arc<dyn Fn(&Client, &str) -> bool + Send + Sync>;

impl RoomRules {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only whom this lets in may join: a refused join is answered with the code `forbidden`.
    ///
    /// It is asked at each join and holds no longer: who is in a room stays, whatever it
    /// would say later. A panic in it is one of the handler that joins, and lets nobody in.
    /// What it needs to know beyond the client (a database's answer) is looked up in `admit`
    /// or in a [guard](crate::Route::guard), which may wait.
    pub fn may_join(
        mut self,
        may_join: impl Fn(&Client, &str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.may_join = Some(Arc::new(may_join));
        self
    }

    /// Only members may talk to it: what starts at a client that is not in the room,
    /// `client.to(room)`, reaches nobody of it. The manager may talk to every room; in its
    /// `disconnect` a client counts as a member of the rooms it was in.
    pub fn members_only(mut self) -> Self {
        self.members_only = true;
        self
    }

    /// How many members it has at most: one more is answered with the code `room_full`.
    pub fn capacity(mut self, members: usize) -> Self {
        self.capacity = Some(members);
        self
    }
}

impl fmt::Debug for RoomRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomRules")
            .field("members_only", &self.members_only)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// All rules of an app.
#[derive(Default)]
pub(crate) struct Rules(Vec<(Pattern, RoomRules)>);

impl Rules {
    /// # Errors
    ///
    /// A pattern that is none.
    pub(crate) fn new(rules: Vec<(String, RoomRules)>) -> Result<Self, String> {
        let rules = rules
            .into_iter()
            .map(|(pattern, rules)| Ok((Pattern::read(&pattern)?, rules)));
        Ok(Self(rules.collect::<Result<_, String>>()?))
    }

    pub(crate) fn let_in(&self, client: &Client, room: &str) -> bool {
        let mut asked = self.of(room).filter_map(|rules| rules.may_join.as_ref());
        asked.all(|may_join| may_join(client, room))
    }

    pub(crate) fn are_for_members_only(&self, room: &str) -> bool {
        self.of(room).any(|rules| rules.members_only)
    }

    pub(crate) fn capacity(&self, room: &str) -> Option<usize> {
        self.of(room).filter_map(|rules| rules.capacity).min()
    }

    fn of(&self, room: &str) -> impl Iterator<Item = &RoomRules> {
        let holding = self
            .0
            .iter()
            .filter(move |(pattern, _)| pattern.holds_for(room));
        holding.map(|(_, rules)| rules)
    }
}

/// The rooms that rules hold for.
enum Pattern {
    Name(Box<str>),
    /// `user:*`.
    Beginning(Box<str>),
}

impl Pattern {
    fn read(text: &str) -> Result<Self, String> {
        let (beginning, is_whole) = match text.strip_suffix('*') {
            Some(beginning) => (beginning, false),
            None => (text, true),
        };
        match (beginning.contains('*') || text.is_empty(), is_whole) {
            (true, _) => Err(format!(
                "rooms `{text}`: give a room's name, or the beginning of several and a `*` (example: user:*)"
            )),
            (false, true) => Ok(Self::Name(beginning.into())),
            (false, false) => Ok(Self::Beginning(beginning.into())),
        }
    }

    fn holds_for(&self, room: &str) -> bool {
        match self {
            Self::Name(name) => **name == *room,
            Self::Beginning(beginning) => room.starts_with(&**beginning),
        }
    }
}
