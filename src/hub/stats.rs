//! Counts that anyone may ask for.

use super::Hub;
use serde::Serialize;
use std::sync::atomic::Ordering;

/// How busy this node is.
///
/// As JSON: `{"connections":42,"rooms":5,"averageRoomSize":8.4,"sockets":45,"addresses":17,"dropped":0, ..}`,
/// the seed's three keys first; an average without rooms is 0. What limits have done is
/// counted since the start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Stats {
    /// Connected clients.
    pub connections: usize,
    /// Rooms with at least one member.
    pub rooms: usize,
    /// Members per room.
    pub average_room_size: f64,
    /// Open TCP connections, those that never became a client included.
    pub sockets: usize,
    /// Distinct addresses behind them, an IPv6 network (/64) counted as one.
    pub addresses: usize,
    /// Messages that clients missed because they read too slowly, since the start: see
    /// [`SlowConsumer`](crate::SlowConsumer).
    pub dropped: u64,
    /// Connections that `WS_MAX_CONNECTIONS` or `WS_MAX_CONNECTIONS_PER_IP` left no room for,
    /// since the start.
    pub refused_connections: u64,
    /// Messages that were not handled because of [`RateLimit`](crate::RateLimit).
    pub rate_limited: u64,
    /// Clients closed for more pings than `WS_CONTROL_RATE_LIMIT` allows.
    pub too_many_pings: u64,
    /// Clients closed for `WS_MAX_BAD_FRAMES` bad frames in a row.
    pub too_many_bad_frames: u64,
    /// Clients closed for a message that took longer than `WS_MESSAGE_TIMEOUT`.
    pub message_timeouts: u64,
    /// Clients cut because their socket took nothing for `WS_WRITE_TIMEOUT`.
    pub write_stalls: u64,
    /// Clients closed because what they sent did not fit into `WS_MAX_INBOUND_BYTES`.
    pub inbound_refused: u64,
    /// How many bytes of `WS_MAX_INBOUND_BYTES` are in use now.
    pub inbound_bytes: usize,
    /// Clients that were not admitted within `WS_AUTH_TIMEOUT`.
    pub admission_timeouts: u64,
    /// Handlers that were cut after `WS_HANDLER_TIMEOUT`.
    pub handler_timeouts: u64,
    /// Joins refused by `WS_MAX_ROOMS_PER_CLIENT`, `WS_MAX_ROOMS` or by [`RoomRules`](crate::RoomRules).
    pub joins_refused: u64,
}

impl Hub {
    pub(crate) fn stats(&self) -> Stats {
        let connections = self.client_count();
        let rooms = self.room_count();
        let memberships = self.memberships.load(Ordering::Relaxed);
        let (sockets, addresses) = self.census.counts();
        Stats {
            connections,
            rooms,
            average_room_size: average(memberships, rooms),
            sockets,
            addresses,
            dropped: self.dropped.load(Ordering::Relaxed),
            refused_connections: self.census.refused(),
            rate_limited: self.tally.rate_limited.get(),
            too_many_pings: self.tally.too_many_pings.get(),
            too_many_bad_frames: self.tally.too_many_bad_frames.get(),
            message_timeouts: self.tally.message_timeouts.get(),
            write_stalls: self.tally.write_stalls.get(),
            inbound_refused: self.tally.inbound_refused.get(),
            inbound_bytes: self.inbound.bytes(),
            admission_timeouts: self.tally.admission_timeouts.get(),
            handler_timeouts: self.tally.handler_timeouts.get(),
            joins_refused: self.tally.joins_refused.get(),
        }
    }
}

/// Members per room; without rooms, 0.
fn average(memberships: usize, rooms: usize) -> f64 {
    // Exact up to 2^52 memberships, far beyond what memory holds.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let average = memberships as f64 / rooms.max(1) as f64;
    average
}
