//! A ping at the app's own wish.

use super::Client;
use crate::hub::Delivery;
use crate::outgoing;

impl<D> Client<D> {
    /// Sends a ping with this payload: `client.ping("")`. The client's pong repeats it, which
    /// [`Route::pong`](crate::Route::pong) tells.
    ///
    /// A control frame has room for 125 bytes (RFC 6455, 5.5): a longer payload is not sent,
    /// which is logged, and told as [`Delivery::Dropped`]. Like an answer it is never dropped
    /// for a client that is behind. Source: CandyPack and universal-api `ping`.
    pub fn ping(&self, payload: impl AsRef<[u8]>) -> Delivery {
        let hub = self.session.manager.hub();
        match outgoing::ping(payload.as_ref()) {
            Some(ping) => hub.send(&self.session.member, ping),
            None => Delivery::Dropped,
        }
    }
}
