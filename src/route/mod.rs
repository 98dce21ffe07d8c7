//! Routes: a path and what happens on it.

mod async_fn;
mod content;
mod describe;
mod development;
mod entry;
mod failed;
mod guard;
mod handler;
mod hooks;
mod kept;
mod lasting;
mod limits;
mod liveness;
mod needs;
mod no_data;
mod other_codecs;
mod outcome;
mod payload;
mod renewal;
mod rooms;
mod routes;
mod rule;
mod rules;
mod running;
mod said;
mod shape;
mod subprotocols;
mod table;

pub use async_fn::{AsyncFn1, AsyncFn2, AsyncFn3, Awaitable};
pub(crate) use content::Content;
pub(crate) use describe::describe;
pub use failed::Failed;
pub(crate) use handler::{Handler, OnConnect, answer, connect as tick, event as handler};
pub(crate) use limits::{Heartbeat, Limits};
pub use no_data::NoData;
pub(crate) use other_codecs::id_of;
pub use outcome::{Answers, Outcome, Reply};
pub use payload::Payload;
pub use routes::Routes;
pub use rule::Rule;
pub(crate) use running::{Done, Failure, Running};
pub(crate) use said::Said;
pub(crate) use table::{Table, number_customs, problem_with};

use crate::client::Client;
use crate::close::Close;
use crate::codec::{Codec, Speech};
use crate::compression::Compression;
use crate::event::Event;
use crate::slow::{Missed, SlowConsumer};
use bytes::Bytes;
use std::fmt;
use std::marker::PhantomData;

/// A path and what happens on it. `D` is each connection's data, made by [`Route::auth`].
///
/// A client's events are handled one after another, in the order they arrived:
/// `connect` first, `disconnect` last, each exactly once. A handler gets the
/// [`Client`] and the payload, read into the type it asks for, and returns nothing,
/// a [`Reply`], or an [`orcs::Result`](crate::Result) of either.
///
/// ```
/// use orcs::prelude::*;
///
/// #[derive(Deserialize)]
/// struct Join { room: String }
///
/// fn chat() -> Route {
///     ws("/ws/chat")
///         .connect(async |client| client.join("general"))
///         .on("join", async |client, Join { room }| client.join(&room))
///         .on("whoami", async |client, ()| Reply(client.id()))
///         .disconnect(async |client, close| {
///             client.to("general").send("user-left", &close.code);
///         })
/// }
/// # let _ = chat();
/// ```
#[must_use = "a route does nothing until it is given to `Routes`"]
pub struct Route<D = ()> {
    table: Box<Table>,
    data: PhantomData<fn() -> D>,
}

/// Begins a route: `ws("/ws/chat")`, or one for many paths, `ws("/rooms/{room}")`.
///
/// | in the path | fits |
/// | --- | --- |
/// | `{room}`, `:room` | one segment; with braces also a part of one, `/{name}.json`. [`Client::param`] reads it |
/// | `{id:[0-9]+}` | the same, if the [regex](https://docs.rs/regex-lite/latest/regex_lite/#syntax) fits all of it. With `*` instead of `+` it may take all from the name behind it, and then the path does not fit: `/{x:a*}{y:a*}` never fits `/aa` |
/// | `*` | one segment; within one (`/v*`) any characters, none too |
/// | `?` | one character |
/// | `**` | any number of segments, none too |
///
/// Anything else stands for itself; `%7B` is a brace and no name. Segments are compared decoded:
/// `/rooms/a%20b` has the room `a b`, and a `%2F` is a `/` within its segment. A path whose
/// escapes are broken fits no route, nor does one with an escaped letter or digit, or of more than
/// 4096 bytes. An empty segment, as before and behind a `/` at the end, fits
/// only an empty one and `**`: `/rooms/` is not `/rooms`, and `{room}` is never empty.
///
/// Of several routes that fit, an exact path counts first, and costs one look-up however many
/// there are; then the path with more literal segments, without `**`, with more of its segments
/// said by a regex or in part; then the one that was added first. Two that no request could tell
/// apart, such as `/a/{x}` and `/a/:y`, stop the start. What fits a route's path never reaches
/// the HTTP routes beside it.
#[doc(alias = "websocket")]
pub fn ws(path: &str) -> Route {
    Route {
        table: Box::new(Table::new(path)),
        data: PhantomData,
    }
}

impl<D: Send + Sync + 'static> Route<D> {
    /// How the route's clients speak, in both directions: a built-in [codec](crate::codec), or
    /// a [`Codec`] of your own. Default: what [`profile`](Self::profile) says,
    /// [`codec::Envelope`](crate::codec::Envelope).
    ///
    /// With [`codec::Raw`](crate::codec::Raw) and [`codec::Auto`](crate::codec::Auto) every text
    /// goes to the `message` handler; a handler of any other event stops the start, because
    /// nothing could ever reach it.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// let echo = ws("/raw")
    ///     .codec(codec::Raw)
    ///     .on("message", async |_client, text: String| Reply(text))
    ///     .binary(async |client, bytes: Bytes| client.send_binary(bytes));
    /// # let _ = echo;
    /// ```
    #[doc(alias = "transformRawData")]
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.table.speech = Some(Speech::of(codec));
        self
    }

    /// Runs once, before any event of the connection.
    ///
    /// An `Err`, a panic or more than `WS_HANDLER_TIMEOUT` closes the connection with
    /// 1011, a [`Refusal`](crate::Refusal) with its own code; `disconnect` runs all the same.
    #[doc(alias("open", "onConnect"))]
    pub fn connect<H, Fut>(mut self, handler: H) -> Self
    where
        H: FnOnce(Client<D>) -> Fut
            + AsyncFn1<Client<D>, Fut::Answer>
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Awaitable<Answer: Outcome> + Send + 'static,
    {
        self.table.connect = Some(handler::connect(handler));
        self
    }

    /// Runs once, last, whatever ended the connection; a stopping process waits 10 seconds for it.
    ///
    /// The client is out of all rooms by then, but [`Client::rooms`] still names them,
    /// and `client.to(room)` still reaches the others.
    #[doc(alias("close", "onClose"))]
    pub fn disconnect<H, Fut>(mut self, handler: H) -> Self
    where
        H: FnOnce(Client<D>, Close) -> Fut
            + AsyncFn2<Client<D>, Close, Fut::Answer>
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Awaitable<Answer: Outcome> + Send + 'static,
    {
        self.table.disconnect = Some(handler::hook(handler));
        self
    }

    /// What happens to messages for a client that reads too slowly. Default: [`SlowConsumer::Disconnect`].
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// let prices = ws("/ws/prices")
    ///     .connect(async |client| client.join("prices"))
    ///     .slow_consumer(SlowConsumer::Latest)
    ///     .drain(async |client, missed| {
    ///         client.send("missed", &missed.messages);
    ///     });
    /// # let _ = prices;
    /// ```
    pub fn slow_consumer(mut self, policy: SlowConsumer) -> Self {
        self.table.slow_consumer = policy;
        self
    }

    /// Whether messages are compressed for clients that offer it. Default: `WS_COMPRESSION`, which is off.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// let documents = ws("/ws/documents").compression(Compression::on().threshold(4096));
    /// # let _ = documents;
    /// ```
    #[doc(alias = "perMessageDeflate")]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.table.compression = Some(compression);
        self
    }

    /// Runs when a client that was behind has taken everything that waited for it, and
    /// tells what it missed meanwhile: the moment to send it a fresh picture.
    ///
    /// A client is behind while its socket takes no more. Like an event it waits for the
    /// handler that runs; several such moments before its turn are told as one.
    #[doc(alias = "dropped")]
    pub fn drain<H, Fut>(mut self, handler: H) -> Self
    where
        H: FnOnce(Client<D>, Missed) -> Fut
            + AsyncFn2<Client<D>, Missed, Fut::Answer>
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Awaitable<Answer: Outcome> + Send + 'static,
    {
        self.table.drain = Some(handler::hook(handler));
        self
    }

    /// Runs for each `event`.
    ///
    /// A payload of another shape is answered with the code `validation` and serde's
    /// sentence, and the handler is not called. A lifecycle name (`connect`, ..), a
    /// name that begins with `orcs:`, and a second handler for one event stop the start.
    #[doc(alias = "onMessage")]
    pub fn on<P, H, Fut>(mut self, event: &str, handler: H) -> Self
    where
        P: Payload,
        H: FnOnce(Client<D>, P) -> Fut
            + AsyncFn2<Client<D>, P, Fut::Answer>
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Awaitable<Answer: Outcome> + Send + 'static,
    {
        self.table.insert(event, handler::event(handler), P::shape);
        self
    }

    /// Runs for the event that its payload's type names, and answers what that type says.
    ///
    /// ```
    /// # use orcs::prelude::*;
    /// #[derive(Deserialize, Event)]
    /// #[event(name = "add", reply = i64)]
    /// struct Add { a: i64, b: i64 }
    ///
    /// let route = ws("/ws/sums").event(async |_client, Add { a, b }| Reply(a + b));
    /// # let _ = route;
    /// ```
    pub fn event<P, H, Fut>(self, handler: H) -> Self
    where
        P: Payload + Event,
        H: FnOnce(Client<D>, P) -> Fut
            + AsyncFn2<Client<D>, P, Fut::Answer>
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Awaitable<Answer: Outcome + Answers<P::Reply>> + Send + 'static,
    {
        self.on(P::NAME, handler)
    }

    /// Runs for each binary message.
    ///
    /// Binary and text messages are handled in the order they arrived, with the same limits.
    /// Bytes carry no `id` that a [`Reply`] could answer, so returning one does not compile;
    /// an `Err` is answered with an error event. Default: a client that sends a binary message
    /// is closed with 1003.
    ///
    /// ```
    /// # use orcs::prelude::*;
    /// let images = ws("/ws/images")
    ///     .connect(async |client| client.join("viewers"))
    ///     .binary(async |client, image: Bytes| client.to("viewers").send_binary(image));
    /// # let _ = images;
    /// ```
    ///
    /// ```compile_fail
    /// # use orcs::prelude::*;
    /// let lengths = ws("/ws").binary(async |_client, bytes: Bytes| Reply(bytes.len()));
    /// ```
    pub fn binary<H, Fut>(mut self, handler: H) -> Self
    where
        H: FnOnce(Client<D>, Bytes) -> Fut
            + AsyncFn2<Client<D>, Bytes, Fut::Answer>
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Awaitable<Answer: Outcome + Answers<()>> + Send + 'static,
    {
        self.table.binary = Some(handler::hook(handler));
        self
    }

    /// Runs for events that nobody else handles; it also gets the event's name.
    pub fn fallback<H, Fut>(mut self, handler: H) -> Self
    where
        H: FnOnce(Client<D>, String, serde_json::Value) -> Fut
            + AsyncFn3<Client<D>, String, serde_json::Value, Fut::Answer>
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Awaitable<Answer: Outcome> + Send + 'static,
    {
        self.table.fallback = Some(handler::fallback(handler));
        self
    }

    /// Answers an event that nobody handles with the code `unknown_event`.
    ///
    /// Default: such an event is ignored, unless it carries an `id`. Source: ORCS ignores.
    pub fn refuse_unknown_events(mut self) -> Self {
        self.table.refuses_unknown_events = true;
        self
    }
}

impl<D> fmt::Debug for Route<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("path", &self.table.path)
            .finish_non_exhaustive()
    }
}
