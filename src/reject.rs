//! How somebody is told that he is not let in.

/// How a connection that is not let in is told so.
///
/// Said per route with [`Route::reject`](crate::Route::reject), for all with `WS_REJECT`.
/// Foreign origins, floods and requests that are no WebSocket's are always answered by an
/// HTTP status, before anything is upgraded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Reject {
    /// It is accepted and closed with the refusal's code and reason. The default: a browser
    /// shows a page no more of a refused handshake than 1006.
    #[default]
    Close,
    /// The handshake is answered by a status, with the reason as its text: 401 for
    /// unauthorized, 429, 500 or 503 where that is meant, else 403.
    Http,
}
