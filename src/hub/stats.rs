//! Counts that anyone may ask for.

use serde::Serialize;

/// How busy this node is.
///
/// As JSON: `{"connections":42,"rooms":5,"averageRoomSize":8.4,"sockets":45,"addresses":17,"dropped":0,"refusedConnections":0}`,
/// the seed's three keys first; an average without rooms is 0.
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
}

/// Members per room; without rooms, 0.
pub(super) fn average(memberships: usize, rooms: usize) -> f64 {
    // Exact up to 2^52 memberships, far beyond what memory holds.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let average = memberships as f64 / rooms.max(1) as f64;
    average
}
