//! Which rooms a route's clients begin in, and how far their voices reach.

use super::{Route, Routes, Table};
use crate::client::Session;
use crate::config::Config;
use crate::hub::{Joined, RouteNumber, is_room_name};
use std::sync::Arc;

/// What a route says itself.
#[derive(Debug, Default)]
pub(super) struct RouteRooms {
    /// Joined before `connect`, in this order.
    default: Vec<Box<str>>,
    /// As its profile, where it says nothing.
    isolated: Option<bool>,
}

impl<D: Send + Sync + 'static> Route<D> {
    /// Each client is in this room before its `connect` runs; given several times, in several.
    ///
    /// The room's [rules](crate::RoomRules) hold. Who may not join is told so, as in any other
    /// join (codes `forbidden`, `room_full`, ..), and stays connected: `connect` can look at
    /// [`Client::is_in`](crate::Client::is_in). A name that no room can have stops the start.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// let chat = ws("/ws/chat")
    ///     .default_room("lobby")
    ///     .connect(async |client| client.to("lobby").send("arrived", &client.id()));
    /// # let _ = chat;
    /// ```
    ///
    /// Source: universal-api `defaultRoom`.
    #[doc(alias = "defaultRoom")]
    pub fn default_room(mut self, room: &str) -> Self {
        self.table.route_rooms.default.push(room.into());
        self
    }

    /// What begins at its clients reaches clients of this route only: `client.broadcast(..)`,
    /// `client.to(room)`, `client.own_rooms()`, `client.to_user(..)`.
    ///
    /// Rooms stay rooms of the whole server: the manager reaches all of their members, and
    /// [`Target::of_route`](crate::Target::of_route) those of one route. Default: not isolated,
    /// unless its [`profile`](Self::profile) is.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// fn board(path: &str) -> Route {
    ///     ws(path)
    ///         .isolated()
    ///         .on("draw", async |client, line: [f64; 4]| client.broadcast("drawn", &line))
    /// }
    ///
    /// // Who draws on one board is not seen on the other.
    /// let boards = Routes::new().add(board("/ws/boards/left")).add(board("/ws/boards/right"));
    /// # let _ = boards;
    /// ```
    ///
    /// Source: universal-api, where it is always so.
    pub fn isolated(mut self) -> Self {
        self.table.route_rooms.isolated = Some(true);
        self
    }

    /// What begins at its clients reaches clients of all routes, although its
    /// [`profile`](Self::profile) is isolated.
    pub fn server_wide(mut self) -> Self {
        self.table.route_rooms.isolated = Some(false);
        self
    }
}

impl RouteRooms {
    /// The rooms that its clients begin in.
    pub(super) fn default_rooms(&self) -> &[Box<str>] {
        &self.default
    }

    /// Whether its clients begin in no room.
    pub(super) fn are_none(&self) -> bool {
        self.default.is_empty()
    }

    /// Puts a client into the rooms it begins in. What keeps it out, it is told.
    pub(super) fn enter(&self, session: &Arc<Session>) {
        for room in &self.default {
            if let Joined::Refused(why) = session.manager().join(session, room) {
                let error = why.for_peer();
                session.send_error(error.public(), error.code(), None);
            }
        }
    }
}

impl Routes {
    /// Numbers the routes that are there, and tells their paths in the order of their numbers:
    /// a disabled one may have the path of another.
    pub(crate) fn number(&mut self) -> Vec<String> {
        let tables = self.tables.iter_mut();
        let served = tables.filter(|table| table.is_served());
        let number = |(number, table): (u32, &mut Table)| {
            table.number = RouteNumber(number);
            table.path.clone()
        };
        (0..).zip(served).map(number).collect()
    }
}

impl Table {
    /// Whether what its clients say reaches clients of this route only.
    pub(crate) fn is_isolated(&self) -> bool {
        let own = self.route_rooms.isolated;
        own.unwrap_or(self.profile.is_isolated())
    }

    /// Why nobody could begin in the rooms that he should.
    pub(super) fn problem_with_rooms(&self, config: &Config) -> Option<String> {
        let (path, rooms) = (&self.path, &self.route_rooms.default);
        if let Some(room) = rooms.iter().find(|room| !is_room_name(room)) {
            return Some(format!(
                "{path}: `{}` is no room's name: 1 to 128 bytes and no control characters \
                 (example: `.default_room(\"lobby\")`)",
                room.escape_debug()
            ));
        }
        let own = self.own_limits.max_rooms;
        let most = own.map_or(config.max_rooms_per_client, |own| own as usize);
        (rooms.len() > most).then(|| {
            let (says, raise) = match own {
                Some(_) => ("`.max_rooms(..)`", "raise it"),
                None => (
                    "WS_MAX_ROOMS_PER_CLIENT",
                    "raise it, or the route's `.max_rooms(..)`",
                ),
            };
            format!(
                "{path}: its clients begin in {} rooms, and {says} allows {most}; {raise}",
                rooms.len()
            )
        })
    }
}
