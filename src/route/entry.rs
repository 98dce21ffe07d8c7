//! Who comes in by a route, and what is asked of him on the way and later.

use super::{AsyncFn1, AsyncFn2, Awaitable, NoData, Outcome, Payload, Route, guard, handler};
use crate::admit::{self, Admission, Admits, FromToken, Gate, Request, Verdict};
use crate::client::Client;
use crate::profile::Profile;
use crate::reject::Reject;
use std::marker::PhantomData;
use std::time::Duration;

impl<D> Route<D> {
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
    #[doc(alias("authenticate", "userProvider"))]
    pub fn admit<E, A, Fut>(self, admit: A) -> Route<E>
    where
        D: NoData,
        E: Send + Sync + 'static,
        A: FnOnce(Request) -> Fut + AsyncFn1<Request, Fut::Answer> + Clone + Send + Sync + 'static,
        Fut: Awaitable<Answer: Admits<E>> + Send + 'static,
    {
        self.with_admission(Admission::own(admit))
    }

    /// Lets in everybody, and reads `U` from the claims of who brings a token.
    ///
    /// Without a token the data is `None`; one that is not valid is refused like in
    /// [`auth`](Self::auth).
    pub fn auth_optional<U>(self) -> Route<Option<U>>
    where
        D: NoData,
        U: FromToken + Send + Sync + 'static,
    {
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
    #[doc(alias = "requireAuth")]
    pub fn auth<U>(self) -> Route<U>
    where
        D: NoData,
        U: FromToken + Send + Sync + 'static,
    {
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
}

impl Route {
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
    ///         client.send("tenant", &client.get::<Tenant>().map(|tenant| tenant.0.clone()));
    ///     });
    /// # let _ = chat;
    /// ```
    #[doc(alias = "use")]
    pub fn middleware<M, Fut>(mut self, middleware: M) -> Self
    where
        M: FnOnce(Request) -> Fut + AsyncFn1<Request, Fut::Answer> + Clone + Send + Sync + 'static,
        Fut: Awaitable<Answer: Verdict> + Send + 'static,
    {
        let gate = Gate::Inline(admit::middleware(middleware));
        self.table.gates.push(gate);
        self
    }

    /// The same by the name it has in [`Routes::middleware`](crate::Routes::middleware); an unknown name stops the start.
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
    /// Let it ask for the type that the event's handler asks for: two types may read different
    /// things out of one message, and what the guard has not seen it has not allowed.
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
            + AsyncFn2<Client<D>, P, Fut::Answer>
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Awaitable<Answer: Verdict> + Send + 'static,
    {
        self.table.guards.push((event.into(), guard::erased(guard)));
        self
    }

    /// Runs this long before the client's token runs out, and again before a renewed one does:
    /// the moment to tell it, in the app's own words.
    ///
    /// The client renews with `{"event":"orcs:auth","payload":{"token":"<jwt>"}}`, of the same
    /// user; with an `id` it is answered `{"exp":<seconds left>}`. (With `codec::Raw` and `codec::Auto`
    /// it cannot: every text there is a message.) Who does not is closed with
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
            + AsyncFn2<Client<D>, Duration, Fut::Answer>
            + Clone
            + Send
            + Sync
            + 'static,
        Fut: Awaitable<Answer: Outcome> + Send + 'static,
    {
        self.table.expiring = Some((ahead, handler::hook(handler)));
        self
    }

    /// Whose clients it serves: their codec, close codes and the rest. Default:
    /// [`Profile::Orcs`]. What the route says itself counts more, before or behind this.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.table.profile = profile;
        self
    }

    /// Whether a CSRF token is asked for, which only a page of one's own can have.
    ///
    /// By default it is where a token came in the cookie of `WS_AUTH_COOKIE`, because a browser
    /// sends cookies on whoever's behalf, and for everybody with [`Profile::Candy`]. [`csrf_tokens`](crate::csrf_tokens) hands tokens
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
}
