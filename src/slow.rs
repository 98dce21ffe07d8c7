//! What becomes of the messages for a client that reads too slowly.

/// What happens to a message when more waits for a client than `WS_BACKPRESSURE_LIMIT` allows.
///
/// Said per route with [`Route::slow_consumer`](crate::Route::slow_consumer). Answers to a
/// client's own events (acks, errors) are never dropped: a client that they do not fit
/// for is closed with 1013, whatever the route says. A frame that is partly on the wire is
/// always finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SlowConsumer {
    /// The client is closed with 1013, what waits for it is dropped. It can come back and
    /// ask anew. The default: nobody misses a message without knowing. Source: Centrifugo 3008.
    #[default]
    Disconnect,
    /// The new message is dropped, what waits stays. Source: uWebSockets.
    DropNewest,
    /// The oldest waiting messages are dropped until the new one fits.
    DropOldest,
    /// While the client is behind, a message replaces the waiting one of the same event to
    /// the same rooms, so that it reads the newest of each: prices, positions, scores. If
    /// that is still too much, the oldest are dropped. Binary messages count as one event.
    Latest,
}

/// What a client missed while it was behind: the `drain` handler is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Missed {
    /// Messages that its route's [`SlowConsumer`] dropped or replaced; 0 if all of them came through.
    pub messages: u32,
}
