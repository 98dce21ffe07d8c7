//! Pings and pongs at the app's own wish.

use super::Client;
use crate::hub::{Delivery, Message};
use crate::outgoing;

impl<D> Client<D> {
    /// Sends a ping with this payload: `client.ping("")`. The client's pong repeats it, which
    /// [`Route::pong`](crate::Route::pong) tells.
    ///
    /// A control frame has room for 125 bytes (RFC 6455, 5.5): a longer payload is not sent,
    /// which is logged, and told as [`Delivery::Dropped`]. Like an answer it is never dropped
    /// for a client that is behind. Source: CandyPack and universal-api `ping`.
    pub fn ping(&self, payload: impl AsRef<[u8]>) -> Delivery {
        self.send_control(outgoing::ping(payload.as_ref()))
    }

    /// Sends a pong that nobody asked for: a sign of life that is not answered (RFC 6455, 5.5.3).
    /// The pong for each ping of the client's is sent by itself.
    ///
    /// Its payload has room for 125 bytes, as that of a [`ping`](Self::ping). Source: CandyPack
    /// and universal-api `pong`.
    pub fn pong(&self, payload: impl AsRef<[u8]>) -> Delivery {
        self.send_control(outgoing::pong(payload.as_ref()))
    }

    fn send_control(&self, message: Option<Message>) -> Delivery {
        match message {
            Some(message) => (self.session.manager.hub()).send(&self.session.member, message),
            None => Delivery::Dropped,
        }
    }
}
