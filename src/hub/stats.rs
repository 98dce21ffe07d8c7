//! Counts that anyone may ask for.

use super::Hub;
use super::tally::{HELD_THREADS, UNWRITABLE};
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
    #[doc(alias = "clientCount")]
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
    /// Clients closed for more pings and pongs than `WS_CONTROL_RATE_LIMIT` allows.
    pub too_many_pings: u64,
    /// Clients closed for `WS_MAX_BAD_FRAMES` messages in a row that their codec could not read.
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
    /// Timers and tasks that `WS_MAX_TASKS_PER_CLIENT` left no room for.
    pub tasks_refused: u64,
    /// Clients that were let in, since the start.
    pub let_in: u64,
    /// Clients closed because they read too slowly: see [`SlowConsumer`](crate::SlowConsumer).
    pub too_slow: u64,
    /// Requests on a socket's path that were no proper handshake: those without a subprotocol
    /// that the route requires, and those that a connection would keep too much of, included.
    pub bad_handshakes: u64,
    /// Handshakes refused by `WS_REQUIRE_SECURE`.
    pub insecure: u64,
    /// Handshakes refused because `WS_ALLOWED_ORIGINS` does not have their page's origin.
    pub foreign_origins: u64,
    /// Handshakes, and requests to [`bearer`](crate::bearer) and `/_orcs/metrics`, refused for
    /// want of a valid token or key.
    pub unauthorized: u64,
    /// Handshakes refused for want of a valid CSRF token.
    pub csrf_refused: u64,
    /// Clients that a middleware or [`Route::admit`](crate::Route::admit) did not let in.
    pub admissions_refused: u64,
    /// Clients not let in because a middleware or `admit` failed or panicked.
    pub admissions_failed: u64,
    /// Renewals (`orcs:auth`) refused.
    pub renewals_refused: u64,
    /// Clients closed because their token ran out.
    pub tokens_expired: u64,
    /// HTTP requests refused because they were malformed or too large.
    pub http_refused: u64,
    /// HTTP connections closed by `HTTP_HEADER_TIMEOUT`.
    pub http_timeouts: u64,
    /// Clients closed for a violation of the protocol, messages that are too long included.
    pub violations: u64,
    /// Clients closed for a binary message on a route that takes none.
    pub unsupported: u64,
    /// Messages that the route's [codec](crate::codec) could not read, or with a reserved name.
    pub bad_frames: u64,
    /// Events that nobody handles.
    pub unknown_events: u64,
    /// Events whose payload had another shape than their handler reads.
    pub invalid_payloads: u64,
    /// Events, and clients at their `connect`, that a handler or a guard refused with an error
    /// of its own.
    pub events_refused: u64,
    /// Handlers that failed, so that the client read `Internal error`; panics included.
    pub handlers_failed: u64,
    /// Handlers that panicked.
    pub handlers_panicked: u64,
    /// Sends by clients to rooms for members only of which they were none.
    pub sends_refused: u64,
    /// Clients closed because they were silent for too long.
    pub silent: u64,
    /// Connections cut because the client did not end its half within 5 seconds of the close.
    pub close_timeouts: u64,
    /// How often a turn held its thread for more than a few milliseconds, so that another had to
    /// be woken for the others; in the whole process, and also where the machine was busy.
    pub held_threads: u64,
    /// Payloads that could not be written as JSON, and so reached nobody; in the whole process.
    pub unwritable: u64,
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
            dropped: self.missing.messages.get(),
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
            tasks_refused: self.tally.tasks_refused.get(),
            let_in: self.tally.let_in.get(),
            too_slow: self.missing.clients.get(),
            bad_handshakes: self.tally.bad_handshakes.get(),
            insecure: self.tally.insecure.get(),
            foreign_origins: self.tally.foreign_origins.get(),
            unauthorized: self.tally.unauthorized.get(),
            csrf_refused: self.tally.csrf_refused.get(),
            admissions_refused: self.tally.admissions_refused.get(),
            admissions_failed: self.tally.admissions_failed.get(),
            renewals_refused: self.tally.renewals_refused.get(),
            tokens_expired: self.tally.tokens_expired.get(),
            http_refused: self.tally.http_refused.get(),
            http_timeouts: self.tally.http_timeouts.get(),
            violations: self.tally.violations.get(),
            unsupported: self.tally.unsupported.get(),
            bad_frames: self.tally.bad_frames.get(),
            unknown_events: self.tally.unknown_events.get(),
            invalid_payloads: self.tally.invalid_payloads.get(),
            events_refused: self.tally.events_refused.get(),
            handlers_failed: self.tally.handlers_failed.get(),
            handlers_panicked: self.tally.handlers_panicked.get(),
            sends_refused: self.tally.sends_refused.get(),
            silent: self.tally.silent.get(),
            close_timeouts: self.tally.close_timeouts.get(),
            held_threads: HELD_THREADS.get(),
            unwritable: UNWRITABLE.get(),
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
