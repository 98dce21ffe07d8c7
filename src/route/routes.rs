//! All routes of an app.

use super::needs::Need;
use super::{AsyncFn1, Awaitable, Route, Table};
use crate::admit::{self, Middleware, Request, Verdict};
use crate::manager::WebSocketManager;
use crate::rooms::RoomRules;
use std::collections::HashMap;
use std::fmt;
use warp::filters::BoxedFilter;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// Builds a warp filter once the manager is there.
pub(crate) type Http = Box<dyn FnOnce(WebSocketManager) -> BoxedFilter<(Response,)> + Send>;

/// All routes of an app, whatever data their connections carry.
#[must_use = "routes do nothing until they are served"]
#[derive(Default)]
pub struct Routes {
    pub(crate) tables: Vec<Table>,
    pub(crate) rooms: Vec<(String, RoomRules)>,
    pub(crate) middleware: HashMap<String, Middleware>,
    pub(crate) http: Vec<Http>,
    pub(crate) needs: Vec<Need>,
}

impl Routes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a route. Two routes with one path stop the start.
    #[expect(
        clippy::should_implement_trait,
        reason = "the word users expect; routes are not numbers"
    )]
    pub fn add<D>(mut self, route: Route<D>) -> Self {
        let mut table = *route.table;
        table.post_guards();
        self.tables.push(table);
        self
    }

    /// Names a middleware for [`Route::through`]; a second one of a name replaces the first.
    ///
    /// ```
    /// use orcs::prelude::*;
    ///
    /// async fn from_our_app(request: Request) -> bool {
    ///     request.header("x-app").is_some()
    /// }
    ///
    /// let routes = Routes::new()
    ///     .middleware("from-our-app", from_our_app)
    ///     .add(ws("/ws/chat").through("from-our-app"));
    /// # let _ = routes;
    /// ```
    pub fn middleware<M, Fut>(mut self, name: &str, middleware: M) -> Self
    where
        M: FnOnce(Request) -> Fut + AsyncFn1<Request, Fut::Answer> + Clone + Send + Sync + 'static,
        Fut: Awaitable<Answer: Verdict> + Send + 'static,
    {
        let middleware = admit::middleware(middleware);
        self.middleware.insert(name.to_owned(), middleware);
        self
    }

    /// Says what holds for a room (`"lobby"`), or for all whose names begin alike (`"user:*"`).
    /// Rooms are shared by all routes, and so are their rules.
    pub fn rooms(mut self, pattern: &str, rules: RoomRules) -> Self {
        self.rooms.push((pattern.to_owned(), rules));
        self
    }

    /// Mounts a warp filter beside the sockets: `.http(http::routes)`.
    ///
    /// `build` gets the manager, so that an HTTP handler can broadcast or look into
    /// rooms. A path that no filter takes is answered with 404; several filters are
    /// tried in order. A socket's path never reaches them.
    ///
    /// ```
    /// use orcs::warp::{self, Filter};
    /// use orcs::{Routes, WebSocketManager};
    ///
    /// let routes = Routes::new().http(|manager: WebSocketManager| {
    ///     warp::path!("stats").map(move || warp::reply::json(&manager.get_stats()))
    /// });
    /// # let _ = routes;
    /// ```
    pub fn http<B, F, R>(mut self, build: B) -> Self
    where
        B: FnOnce(WebSocketManager) -> F + Send + 'static,
        F: Filter<Extract = (R,), Error = Rejection> + Clone + Send + Sync + 'static,
        R: warp::Reply + 'static,
    {
        self.http.push(Box::new(move |manager| {
            build(manager).map(|reply: R| reply.into_response()).boxed()
        }));
        self
    }
}

impl<D> From<Route<D>> for Routes {
    fn from(route: Route<D>) -> Self {
        Self::new().add(route)
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.tables.iter().map(|table| &table.path))
            .finish()
    }
}
