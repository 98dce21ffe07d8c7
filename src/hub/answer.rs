//! What became of a send, a join, a leave. Each may end a handler.

use super::room::MAX_NAME_BYTES;
use crate::error::Error;

/// What became of a message to one client. It may end a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// The outbox took it.
    Queued,
    /// It did not: too much waits already, or, of a volatile message, anything; what that
    /// means is said by the route's [`SlowConsumer`](crate::SlowConsumer). Or the payload could
    /// not be written as JSON, or not be said in the client's [codec](crate::codec), which is in
    /// the log.
    Dropped,
    /// There is no such client any more.
    Gone,
}

/// What became of a message to several clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Sent {
    /// Clients it goes to: those in the rooms at the call, less the exceptions.
    ///
    /// It is written a little later. What becomes of it if one of them reads too slowly is said
    /// by its route's [`SlowConsumer`](crate::SlowConsumer); `get_stats` counts what was
    /// `dropped`. A payload that cannot be JSON goes to nobody and is in the log. What a
    /// [codec](crate::codec) of the app's own cannot say is in the log too; its clients count here
    /// all the same.
    pub queued: usize,
}

/// What became of a `join`.
///
/// It may end a handler: a refused join is then answered with an error envelope
/// (codes `validation`, `too_many_rooms`, `forbidden`, `room_full`, `unavailable`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Joined {
    /// The client is in the room now.
    Now,
    /// It was in the room before.
    Already,
    /// It is not in the room.
    Refused(JoinError),
}

/// Why a client could not join.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The name is empty, too long or holds control characters.
    #[error("a room name has 1 to {MAX_NAME_BYTES} bytes and no control characters")]
    Name,
    /// The client is in as many rooms as `WS_MAX_ROOMS_PER_CLIENT` allows.
    #[error("no more than {limit} rooms at a time; leave one first")]
    TooManyRooms {
        /// The limit.
        limit: usize,
    },
    /// The room's [rules](crate::RoomRules) do not let it in.
    #[error("this room is not open to you")]
    Forbidden,
    /// The room has as many members as its rules allow.
    #[error("the room is full: {limit} members")]
    Full {
        /// The limit.
        limit: usize,
    },
    /// There are as many rooms as `WS_MAX_ROOMS` allows.
    #[error("no more rooms on this server; try again later")]
    NoMoreRooms,
    /// The client is not connected any more.
    #[error("the client has gone")]
    Gone,
}

impl JoinError {
    /// Whether it is counted: the room would have been there for somebody else, or at another time.
    pub(crate) fn is_counted(&self) -> bool {
        match self {
            Self::TooManyRooms { .. } | Self::Forbidden | Self::Full { .. } | Self::NoMoreRooms => {
                true
            }
            Self::Name | Self::Gone => false,
        }
    }

    pub(crate) fn for_peer(&self) -> Error {
        let code = match self {
            Self::Name => "validation",
            Self::TooManyRooms { .. } => "too_many_rooms",
            Self::Forbidden => "forbidden",
            Self::Full { .. } => "room_full",
            Self::NoMoreRooms | Self::Gone => "unavailable",
        };
        Error::new(code, self.to_string())
    }
}

/// What became of a `leave`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Left {
    /// The client is out of the room now.
    Now,
    /// It was not in it.
    NotIn,
}
