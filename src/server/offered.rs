//! What a client's offers of subprotocols come to: an agreement, a token, or both.

use crate::auth;
use crate::csrf;
use crate::route::Table;

/// What was found among the offers.
pub(super) struct Offered {
    /// What the client and its route will speak.
    pub(super) agreed: Option<String>,
    /// What the handshake answers with: exactly one, or none.
    pub(super) echoed: Option<String>,
    pub(super) csrf_token: Option<String>,
}

impl Offered {
    pub(super) fn read(table: &Table, offers: &[&str]) -> Self {
        let csrf_token = csrf::carrier::find(offers, &csrf::carrier::PREFIXES);
        let agreed = table.subprotocols.choose(offers);
        // A browser drops a connection whose server picks none of the protocols it offered.
        let echoed = agreed
            .or_else(|| {
                let carries_a_token = offers.contains(&auth::SUBPROTOCOL);
                carries_a_token.then_some(auth::SUBPROTOCOL)
            })
            .or_else(|| csrf_token?.echo);
        Self {
            agreed: agreed.map(str::to_owned),
            echoed: echoed.map(str::to_owned),
            csrf_token: csrf_token.map(|carried| carried.token.to_owned()),
        }
    }
}
