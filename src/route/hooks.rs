//! What a route does at moments that are no events: a handler's failure, a ping, a pong.

use super::{AsyncFn2, Awaitable, Failed, Outcome, Route, handler};
use crate::client::Client;
use bytes::Bytes;

impl<D: Send + Sync + 'static> Route<D> {
    /// Runs when a handler of a client has failed: an `Err`, a panic, or more time than
    /// `WS_HANDLER_TIMEOUT`.
    ///
    /// It runs right behind the failed handler, before the client's next event; the client has
    /// been told by then, and whose `connect` failed is closed. Nothing of it changes what the
    /// client reads. A message that reaches no handler is no failure: a bad frame, an unknown
    /// event, a payload of another shape (the code `validation`). A [`Refusal`](crate::Refusal)
    /// from `connect` is none either. A failure of the hook itself
    /// is logged, and nobody is told of it. Source: ORCS `error`, universal-api `onError`.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// let shop = ws("/ws/shop")
    ///     .on("buy", async |_client, item: String| -> orcs::Result {
    ///         Err(format!("no {item} left").into())
    ///     })
    ///     .error(async |client, Failed { event, error, .. }| {
    ///         println!("{}: {event} failed: {error}", client.id());
    ///     });
    /// # let _ = shop;
    /// ```
    #[doc(alias = "onError")]
    pub fn error<H, Fut>(mut self, handler: H) -> Self
    where
        H: FnOnce(Client<D>, Failed) -> Fut
            + AsyncFn2<Client<D>, Failed, Fut::Answer>
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Awaitable<Answer: Outcome> + Send + 'static,
    {
        self.table.error = Some(handler::hook(handler));
        self
    }

    /// Runs for each ping of a client, with its payload: at most 125 bytes.
    ///
    /// Like an event it waits for the handler that runs. Every ping is answered with one pong
    /// (RFC 6455, 5.5.2) before, whether there is a hook or not. Browsers send none. Source:
    /// universal-api `onPing`.
    #[doc(alias = "onPing")]
    pub fn ping<H, Fut>(mut self, handler: H) -> Self
    where
        H: FnOnce(Client<D>, Bytes) -> Fut
            + AsyncFn2<Client<D>, Bytes, Fut::Answer>
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Awaitable<Answer: Outcome> + Send + 'static,
    {
        self.table.ping = Some(handler::hook(handler));
        self
    }

    /// Runs for each pong of a client, asked for or not, with its payload.
    ///
    /// A pong repeats the payload of the ping that it answers
    /// ([`Client::ping`](crate::Client::ping)); those that orcs asks for by itself to see who
    /// is still there are empty. Like an event it waits for the handler that runs. Source:
    /// universal-api `onPong`, CandyPack `pong`.
    ///
    /// ```
    /// use orcs::prelude::*;
    /// use std::time::Instant;
    ///
    /// struct Asked(Instant);
    ///
    /// let game = ws("/ws/game")
    ///     .on("measure", async |client, ()| {
    ///         client.insert(Asked(Instant::now()));
    ///         client.ping("round trip")
    ///     })
    ///     .pong(async |client, payload| {
    ///         if payload == "round trip" && let Some(asked) = client.remove::<Asked>() {
    ///             client.send("round-trip", &asked.0.elapsed().as_millis());
    ///         }
    ///     });
    /// # let _ = game;
    /// ```
    #[doc(alias = "onPong")]
    pub fn pong<H, Fut>(mut self, handler: H) -> Self
    where
        H: FnOnce(Client<D>, Bytes) -> Fut
            + AsyncFn2<Client<D>, Bytes, Fut::Answer>
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Awaitable<Answer: Outcome> + Send + 'static,
    {
        self.table.pong = Some(handler::hook(handler));
        self
    }
}
