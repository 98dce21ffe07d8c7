//! Routes: a path and what happens on it.

mod content;
mod describe;
mod guard;
mod handler;
mod outcome;
mod payload;
mod renewal;
mod routes;
mod running;
mod said;
mod table;

pub(crate) use content::Content;
pub(crate) use describe::describe;
pub(crate) use handler::{Handler, event as handler};
pub use outcome::{Outcome, Reply};
pub use payload::Payload;
pub use routes::Routes;
pub(crate) use running::{Done, Running};
pub(crate) use said::Said;
pub(crate) use table::{Table, problem_with};

use crate::admit::{self, Admission, Gate, Request, Verdict};
use crate::client::Client;
use crate::close::Close;
use crate::codec::Codec;
use crate::compression::Compression;
use crate::error::Result;
use crate::event::Event;
use crate::profile::Profile;
use crate::reject::Reject;
use crate::slow::{Missed, SlowConsumer};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

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

/// Begins a route. The path is exact: `ws("/ws/chat")`.
#[doc(alias = "websocket")]
pub fn ws(path: &str) -> Route {
    Route {
        table: Box::new(Table::new(path)),
        data: PhantomData,
    }
}

impl Route {
    /// Lets in whom `admit` lets in, and keeps what it makes as the connection's data.
    ///
    /// It may look at the request, ask a database, and take its time (`WS_AUTH_TIMEOUT`; then
    /// the connection is closed with 4408). A [`Refusal`](crate::Refusal) closes with its own
    /// code and reason, a text with 4401 and that text, any other error or a panic with 1011;
    /// no handler runs. What the client sends meanwhile waits. Source: universal-api
    /// `authenticate`.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// struct Player { name: String }
    ///
    /// let game = ws("/ws/game")
    ///     .admit(async |request| {
    ///         let name = request.query("name").ok_or(Refusal::new(4100, "who are you?"))?;
    ///         request.identify(&name);
    ///         Ok(Player { name })
    ///     })
    ///     .connect(async |client| client.send("welcome", &client.data().name));
    /// # let _ = game;
    /// ```
    #[doc(alias = "authenticate")]
    pub fn admit<E, A, Fut>(self, admit: A) -> Route<E>
    where
        E: Send + Sync + 'static,
        A: FnOnce(Request) -> Fut + AsyncFn(Request) -> Fut::Output + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<E>> + Send + 'static,
    {
        self.with_admission(Admission::own(admit))
    }

    /// Lets in everybody, and reads `U` from the claims of who brings a token.
    ///
    /// Without a token the data is `None`; one that is not valid is refused like in
    /// [`auth`](Self::auth).
    pub fn auth_optional<U: DeserializeOwned + Send + Sync + 'static>(self) -> Route<Option<U>> {
        self.with_admission(Admission::optional_token::<U>())
    }

    /// Lets in only clients with a valid token, and reads `U` from its claims.
    ///
    /// The token is signed as `JWT_ALGORITHM` says ([`auth`](crate::auth)) and has an `exp`.
    /// It travels as `?token=`, as `Authorization: Bearer`, as the subprotocol pair
    /// `["token", jwt]`, or in the cookie of `WS_AUTH_COOKIE`; the first that is there counts.
    /// Without a valid one, or when its claims are no `U`, the connection is accepted and then
    /// closed with 4401, so that a browser can read the reason; no handler runs. When the token
    /// runs out, so does the connection ([`expiring`](Self::expiring)). Without a usable key the
    /// app refuses to start. Source: ORCS `auth: { required: true }`.
    pub fn auth<U: DeserializeOwned + Send + Sync + 'static>(self) -> Route<U> {
        self.with_admission(Admission::token::<U>())
    }

    fn with_admission<E>(self, admission: Admission) -> Route<E> {
        let mut table = self.table;
        table.admission = admission;
        Route {
            table,
            data: PhantomData,
        }
    }

    /// Keeps the route open although `WS_AUTH_REQUIRED=true` asks every route for a token.
    pub fn public(mut self) -> Self {
        self.table.is_public = true;
        self
    }
}

impl<D: Send + Sync + 'static> Route<D> {
    /// Looks at every request before it is admitted; several do so in order.
    ///
    /// It may keep a value with the connection ([`Request::insert`]), or refuse: `false` closes
    /// with 4003 `Forbidden`, a text with 4000 and that text, a
    /// [`Refusal`](crate::Refusal) with its own code and reason, any other error or a panic
    /// with 1011. The token was checked before. Source: CandyPack `Route.use`.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// struct Tenant(String);
    ///
    /// let chat = ws("/ws/chat")
    ///     .middleware(async |request| {
    ///         let host = request.header("host").ok_or("no host")?;
    ///         request.insert(Tenant(host.to_owned()));
    ///         orcs::Result::Ok(())
    ///     })
    ///     .connect(async |client| {
    ///         client.send("tenant", &client.get::<Tenant>().map(|tenant| &tenant.0));
    ///     });
    /// # let _ = chat;
    /// ```
    #[doc(alias = "use")]
    pub fn middleware<M, Fut>(mut self, middleware: M) -> Self
    where
        M: FnOnce(Request) -> Fut + AsyncFn(Request) -> Fut::Output + Clone + Send + Sync + 'static,
        Fut: Future<Output: Verdict> + Send + 'static,
    {
        let gate = Gate::Inline(admit::middleware(middleware));
        self.table.gates.push(gate);
        self
    }

    /// The same by the name it has in [`Routes::middleware`]; an unknown name stops the start.
    pub fn through(mut self, name: &str) -> Self {
        self.table.gates.push(Gate::Named(name.to_owned()));
        self
    }

    /// Asks before each `event` whether its handler may run; several guards are asked in order.
    ///
    /// `false` answers the code `forbidden`, a [`Refusal`](crate::Refusal) the same with its
    /// reason, a text the code `rejected`; the handler does not run and the connection stays.
    /// A payload of another shape than the guard asks for is answered with `validation`, and
    /// an error or a panic of a guard lets nobody through. A guard of an event that the route
    /// does not handle stops the start.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Message { room: String, text: String }
    ///
    /// async fn members_only(client: Client, Message { room, .. }: Message) -> bool {
    ///     client.rooms().contains(&room)
    /// }
    ///
    /// let chat = ws("/ws/chat")
    ///     .guard("message", members_only)
    ///     .on("message", async |client, message: Message| {
    ///         client.to(&message.room).send("message", &message);
    ///     });
    /// # let _ = chat;
    /// ```
    pub fn guard<P, G, Fut>(mut self, event: &str, guard: G) -> Self
    where
        P: Payload,
        G: FnOnce(Client<D>, P) -> Fut
            + AsyncFn(Client<D>, P) -> Fut::Output
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Future<Output: Verdict> + Send + 'static,
    {
        self.table.guards.push((event.into(), guard::erased(guard)));
        self
    }

    /// Runs this long before the client's token runs out, and again before a renewed one does:
    /// the moment to tell it, in the app's own words.
    ///
    /// The client renews with `{"event":"orcs:auth","payload":{"token":"<jwt>"}}`, of the same
    /// user; with an `id` it is answered `{"exp":<seconds left>}`. Who does not is closed with
    /// 4440 once the token has run out and `WS_AUTH_GRACE` is over.
    ///
    /// ```
    /// use orcs::prelude::*;
    /// use std::time::Duration;
    ///
    /// #[derive(Deserialize)]
    /// struct User { name: String }
    ///
    /// let private = ws("/ws/private")
    ///     .auth::<User>()
    ///     .expiring(Duration::from_secs(60), async |client, left| {
    ///         client.send("renew-your-token", &left.as_secs());
    ///     });
    /// # let _ = private;
    /// ```
    pub fn expiring<H, Fut>(mut self, ahead: Duration, handler: H) -> Self
    where
        H: FnOnce(Client<D>, Duration) -> Fut
            + AsyncFn(Client<D>, Duration) -> Fut::Output
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Future<Output: Outcome> + Send + 'static,
    {
        self.table.expiring = Some((ahead, handler::expiring(handler)));
        self
    }

    /// Whose close codes it uses. Default: [`Profile::Orcs`].
    pub fn profile(mut self, profile: Profile) -> Self {
        self.table.profile = profile;
        self
    }

    /// Whether a CSRF token is asked for, which only a page of one's own can have.
    ///
    /// By default it is where a token came in the cookie of `WS_AUTH_COOKIE`, because a browser
    /// sends cookies on whoever's behalf. [`csrf_tokens`](crate::csrf_tokens) hands tokens
    /// out; without a good one the connection is closed with 4002, `Missing token` or
    /// `Invalid token`. Source: CandyPack `token`.
    pub fn csrf(mut self, is_asked_for: bool) -> Self {
        self.table.csrf = Some(is_asked_for);
        self
    }

    /// How those that are not let in are told so. Default: `WS_REJECT`, which is [`Reject::Close`].
    pub fn reject(mut self, reject: Reject) -> Self {
        self.table.reject = Some(reject);
        self
    }

    /// How the route's clients speak, in both directions. Default: [`Codec::Envelope`].
    ///
    /// With [`Codec::Raw`] every text goes to the `message` handler as it is; a handler of
    /// any other event stops the start, because nothing could ever reach it.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// let echo = ws("/raw")
    ///     .codec(Codec::Raw)
    ///     .on("message", async |_client, text: String| Reply(text))
    ///     .binary(async |client, bytes: Bytes| client.send_binary(bytes));
    /// # let _ = echo;
    /// ```
    pub fn codec(mut self, codec: Codec) -> Self {
        self.table.codec = codec;
        self
    }

    /// Runs once, before any event of the connection.
    ///
    /// An `Err`, a panic or more than `WS_HANDLER_TIMEOUT` closes the connection with
    /// 1011; `disconnect` runs all the same.
    #[doc(alias = "open")]
    pub fn connect<H, Fut>(mut self, handler: H) -> Self
    where
        H: FnOnce(Client<D>) -> Fut
            + AsyncFn(Client<D>) -> Fut::Output
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Future<Output: Outcome> + Send + 'static,
    {
        self.table.connect = Some(handler::connect(handler));
        self
    }

    /// Runs once, last, whatever ended the connection; a stopping process waits 10 seconds for it.
    ///
    /// The client is out of all rooms by then, but [`Client::rooms`] still names them,
    /// and `client.to(room)` still reaches the others.
    #[doc(alias = "close")]
    pub fn disconnect<H, Fut>(mut self, handler: H) -> Self
    where
        H: FnOnce(Client<D>, Close) -> Fut
            + AsyncFn(Client<D>, Close) -> Fut::Output
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Future<Output: Outcome> + Send + 'static,
    {
        self.table.disconnect = Some(handler::disconnect(handler));
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
            + AsyncFn(Client<D>, Missed) -> Fut::Output
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Future<Output: Outcome> + Send + 'static,
    {
        self.table.drain = Some(handler::drain(handler));
        self
    }

    /// Runs for each `event`.
    ///
    /// A payload of another shape is answered with the code `validation` and serde's
    /// sentence, and the handler is not called. A lifecycle name (`connect`, ..), a
    /// name that begins with `orcs:`, and a second handler for one event stop the start.
    pub fn on<P, H, Fut>(mut self, event: &str, handler: H) -> Self
    where
        P: Payload,
        H: FnOnce(Client<D>, P) -> Fut
            + AsyncFn(Client<D>, P) -> Fut::Output
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Future<Output: Outcome> + Send + 'static,
    {
        self.table.insert(event, handler::event(handler));
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
            + AsyncFn(Client<D>, P) -> Fut::Output
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Future<Output: Outcome<Reply = P::Reply>> + Send + 'static,
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
            + AsyncFn(Client<D>, Bytes) -> Fut::Output
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Future<Output: Outcome<Reply = ()>> + Send + 'static,
    {
        self.table.binary = Some(handler::binary(handler));
        self
    }

    /// Runs for events that nobody else handles; it also gets the event's name.
    pub fn fallback<H, Fut>(mut self, handler: H) -> Self
    where
        H: FnOnce(Client<D>, String, serde_json::Value) -> Fut
            + AsyncFn(Client<D>, String, serde_json::Value) -> Fut::Output
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Future<Output: Outcome> + Send + 'static,
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
