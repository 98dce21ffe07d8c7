//! Which messages are compressed on their way to a client and back.

use crate::slow::SlowConsumer;

/// Whether a route's messages are compressed: permessage-deflate (RFC 7692).
///
/// Said per route with [`Route::compression`](crate::Route::compression), for all routes
/// with `WS_COMPRESSION=true`. Default: off, because it costs processor time, and because
/// the length of a compressed message tells something about what is in it: leave it off where
/// a secret and what a stranger wrote share a message. A client that does not offer it, or
/// only in a form that we cannot meet, goes on without.
///
/// A message to many is compressed once. Most clients refer to nothing but the message
/// itself, so a connection keeps nothing between messages; [`context_takeover`](Self::context_takeover)
/// changes that. What comes in counts towards `WS_MAX_PAYLOAD_LENGTH` with the length it
/// inflates to: a message over it is closed with 1009 while it is inflated, one that does
/// not inflate with 1007.
///
/// ```
/// use orcs::prelude::*;
///
/// let feed = ws("/ws/feed").compression(Compression::on().threshold(4096));
/// let ticker = ws("/ws/ticker").compression(Compression::off());
/// # let _ = (feed, ticker);
/// ```
///
/// Source: universal-api `compression: { enabled, threshold }`, ORCS `perMessageDeflate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Compression {
    pub(crate) is_on: bool,
    pub(crate) threshold_bytes: Option<usize>,
    pub(crate) context_takeover: bool,
    pub(crate) window_bits: Option<u8>,
}

impl Compression {
    /// Compresses for clients that offer it.
    #[doc(alias = "perMessageDeflate")]
    pub const fn on() -> Self {
        Self {
            is_on: true,
            threshold_bytes: None,
            context_takeover: false,
            window_bits: None,
        }
    }

    /// Compresses nothing, whatever `WS_COMPRESSION` says.
    pub const fn off() -> Self {
        Self {
            is_on: false,
            ..Self::on()
        }
    }

    /// Leaves messages of fewer bytes as they are. Default: `WS_COMPRESSION_THRESHOLD`, 1024.
    ///
    /// Longer ones too where compressing makes them no shorter. 0 tries every message.
    /// Clients choose for themselves what of theirs they compress.
    /// Source: universal-api `compression.threshold`.
    pub const fn threshold(mut self, bytes: usize) -> Self {
        self.threshold_bytes = Some(bytes);
        self
    }

    /// Lets messages refer to earlier ones of the same connection, where the client agrees.
    ///
    /// For few connections with many short messages that are alike: a chat's of 190 bytes
    /// come to a fifth, where alone they come to four fifths; set a lower
    /// [`threshold`](Self::threshold) then. The price: each message is compressed for each of
    /// its receivers, and each connection keeps up to 420 KiB from its first compressed
    /// messages on (290 KiB with a [window](Self::window_bits) of 9 bits).
    ///
    /// What was compressed in this way must arrive, for later messages refer to it. So the
    /// start refuses [`SlowConsumer::DropOldest`](crate::SlowConsumer::DropOldest) and
    /// [`SlowConsumer::Latest`](crate::SlowConsumer::Latest) beside it. Default: off.
    /// Source: RFC 7692, 7.1.1.
    #[doc(alias = "serverNoContextTakeover")]
    #[doc(alias = "clientNoContextTakeover")]
    pub const fn context_takeover(mut self) -> Self {
        self.context_takeover = true;
        self
    }

    /// How far back messages may refer, where [contexts are kept](Self::context_takeover): 2 to the power of `bits` bytes.
    ///
    /// 9 to 15; the start refuses others, and any without `context_takeover`. Both sides
    /// keep to it, a client only if it can. Default: 15, which is 32 KiB.
    /// Source: RFC 7692, 7.1.2.
    #[doc(alias = "serverMaxWindowBits")]
    #[doc(alias = "clientMaxWindowBits")]
    pub const fn window_bits(mut self, bits: u8) -> Self {
        self.window_bits = Some(bits);
        self
    }

    /// Why no route can start with it that treats slow clients like this.
    pub(crate) fn problem_beside(&self, slow_consumer: SlowConsumer) -> Option<String> {
        let drops_what_waits = matches!(
            slow_consumer,
            SlowConsumer::DropOldest | SlowConsumer::Latest
        );
        match self.window_bits {
            Some(bits) if !(MIN_WINDOW_BITS..=MAX_WINDOW_BITS).contains(&bits) => Some(format!(
                "a window has {MIN_WINDOW_BITS} to {MAX_WINDOW_BITS} bits, not `{bits}`"
            )),
            Some(bits) if !self.context_takeover => Some(format!(
                "`.window_bits({bits})` is about contexts that are kept; \
                 add `.context_takeover()` or leave it out"
            )),
            // What was compressed later refers to what would be dropped.
            _ if self.context_takeover && drops_what_waits => Some(
                "with `.context_takeover()` no waiting message can be dropped; leave it out, \
                 or choose `SlowConsumer::Disconnect` or `DropNewest`"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// The smallest window that zlib's raw deflate has.
pub(crate) const MIN_WINDOW_BITS: u8 = 9;

/// The largest window of deflate, and the one where nobody says otherwise.
pub(crate) const MAX_WINDOW_BITS: u8 = 15;
