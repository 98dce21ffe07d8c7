//! How a connection ended.

/// How a connection ended: what its `disconnect` handler is told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Close {
    /// The close code: the peer's, ours, or 1005 (none was given) or 1006 (no close frame came).
    ///
    /// Source: RFC 6455, 7.4; the 4000 range is listed in [`code`].
    pub code: u16,
    /// The reason, at most 123 bytes; often empty.
    pub reason: String,
    /// Who began it.
    pub by: Initiator,
}

/// Who ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Initiator {
    /// The client sent a close frame.
    Client,
    /// The server closed: a kick, a limit, a violation, a shutdown.
    Server,
    /// The connection broke without a close frame.
    Network,
}

impl Close {
    /// A longer reason is cut: a close frame has room for 123 bytes (RFC 6455, 5.5).
    pub(crate) fn new(code: u16, reason: impl Into<String>, by: Initiator) -> Self {
        let mut reason = reason.into();
        reason.truncate(cut(&reason, MAX_REASON_BYTES).len());
        Self { code, reason, by }
    }

    pub(crate) fn lost() -> Self {
        Self::new(code::ABNORMAL, "", Initiator::Network)
    }

    /// Ours, without a word to the peer.
    pub(crate) fn cut() -> Self {
        Self::new(code::ABNORMAL, "", Initiator::Server)
    }
}

/// The beginning of a text: as many whole characters as fit into `most` bytes.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let end = (0..=text.len().min(most))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// A control frame's 125 bytes less the code's two.
pub(crate) const MAX_REASON_BYTES: usize = 123;

/// The close codes that orcs sends, or tells a `disconnect` handler about.
pub mod code {
    /// Either side is done.
    pub const NORMAL: u16 = 1000;
    /// The process stops for good (Ctrl-C).
    pub const GOING_AWAY: u16 = 1001;
    /// A frame broke RFC 6455.
    pub const PROTOCOL_ERROR: u16 = 1002;
    /// Binary data on a route that takes none.
    pub const UNSUPPORTED: u16 = 1003;
    /// The peer's close frame carried no code; never on the wire.
    pub const NO_STATUS: u16 = 1005;
    /// The connection broke without a close frame, or we [cut](crate::Client::cut) it; never on
    /// the wire.
    pub const ABNORMAL: u16 = 1006;
    /// Text that is not UTF-8.
    pub const INVALID_PAYLOAD: u16 = 1007;
    /// Pings over `WS_CONTROL_RATE_LIMIT`, `WS_MAX_BAD_FRAMES` bad frames in a row, or a message
    /// that took longer than `WS_MESSAGE_TIMEOUT`.
    pub const POLICY: u16 = 1008;
    /// A message over `WS_MAX_PAYLOAD_LENGTH`, or over its route's
    /// [`max_payload`](crate::Route::max_payload).
    pub const TOO_BIG: u16 = 1009;
    /// `connect` failed, panicked or hung.
    pub const INTERNAL: u16 = 1011;
    /// The process is being replaced (SIGTERM): come back soon.
    pub const RESTART: u16 = 1012;
    /// More waited for the client than `WS_BACKPRESSURE_LIMIT` allows, or for longer than
    /// `WS_WRITE_TIMEOUT`; or its messages did not fit into `WS_MAX_INBOUND_BYTES`.
    pub const TRY_AGAIN_LATER: u16 = 1013;
    /// A middleware refused (CandyPack).
    pub const REJECTED: u16 = 4000;
    /// What [`Profile::Candy`](crate::Profile::Candy) says for [`UNAUTHORIZED`].
    pub const UNAUTHORIZED_CANDY: u16 = 4001;
    /// A route asks for a CSRF token, and none came or it was used before (CandyPack: 4002).
    pub const CSRF: u16 = 4002;
    /// Known, but not allowed (CandyPack).
    pub const FORBIDDEN: u16 = 4003;
    /// A route requires a token, and none came or it is not valid (ORCS: 4401).
    pub const UNAUTHORIZED: u16 = 4401;
    /// The path fits a route, but what it says for a name cannot be read
    /// ([`Client::param`](crate::Client::param)).
    pub const NOT_FOUND: u16 = 4404;
    /// The client stayed silent for `WS_IDLE_TIMEOUT` or for `WS_HEARTBEAT_MISSES` heartbeats, or
    /// sent no message for `WS_INACTIVITY_TIMEOUT`, where `WS_CLOSE_SILENT` says no other; or it
    /// was not admitted within `WS_AUTH_TIMEOUT`. The reason says which.
    pub const SILENT: u16 = 4408;
    /// The client went on sending more messages than `WS_RATE_LIMIT` allows.
    pub const TOO_MANY: u16 = 4429;
    /// The token ran out and was not renewed within `WS_AUTH_GRACE`.
    pub const TOKEN_EXPIRED: u16 = 4440;
}
