//! An app: settings, routes, and a server that runs them.

use super::allocator;
use super::bearer::Unauthorized;
use super::beside::beside;
use super::checks;
use super::descriptors;
use super::farewell;
use super::front::Front;
use super::full::Doorman;
use super::handed_over;
use super::listen::{self, Door};
use super::log;
use super::nothing::nothing;
use super::notify::Notifier;
use super::reload::Reload;
use super::shutdown::{self, ShutdownHandle, Tasks};
use super::signals::Signals;
use super::supervised;
use super::tasks;
use crate::auth::{self, Verifier};
use crate::config::{Config, Starter};
use crate::csrf::Csrf;
use crate::error::{Error, Result};
use crate::hub::Limits;
use crate::manager::{State, WebSocketManager};
use crate::rooms::Rules;
use crate::route::{self, Routes, Table};
use std::any::{Any, TypeId};
use std::fmt;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::time::Instant;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// Serves `routes` until the process is told to stop.
///
/// The same as `App::new(config, routes).serve()`: [`App::serve`] says what becomes of signals,
/// of the log, and of a panic hook that was set before.
///
/// # Errors
///
/// What stops the start: a route that cannot work, a missing secret, a taken port.
pub async fn serve(config: Config, routes: impl Into<Routes>) -> Result {
    App::new(config, routes).serve().await
}

/// An app that is not running yet: for those who need more than [`serve()`].
///
/// ```
/// use orcs::prelude::*;
/// use orcs::{App, Config};
///
/// # async fn example() -> orcs::Result {
/// let mut config = Config::default();
/// config.port = 0;
/// let app = App::new(config, ws("/ws/echo").on("say", async |client, text: String| client.send("said", &text)));
/// let manager = app.manager();                   // before the start
/// let server = app.start().await?;
/// println!("listening on {:?}", server.addresses());
/// manager.broadcast("news", "we are open");
/// server.shutdown_handle().shutdown();
/// server.finished().await
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
#[must_use = "an app does nothing until it is served"]
pub struct App {
    config: Config,
    routes: Routes,
    manager: WebSocketManager,
    state: State,
    listeners: Vec<std::net::TcpListener>,
    verifier: Option<Verifier>,
    reload: Option<Reload>,
}

impl App {
    /// Settings and routes.
    pub fn new(config: Config, routes: impl Into<Routes>) -> Self {
        let manager = WebSocketManager::new(config.max_rooms_per_client, beside);
        let mut routes = routes.into();
        manager.set_paths(routes.number());
        Self {
            config,
            routes,
            manager,
            state: State::new(),
            listeners: Vec::new(),
            verifier: None,
            reload: None,
        }
    }

    /// The manager, before and while the app runs.
    #[must_use]
    pub fn manager(&self) -> WebSocketManager {
        self.manager.clone()
    }

    /// Shares a value with all handlers: `client.state::<Db>()`, `manager.state::<Db>()`.
    ///
    /// One value of each type; a second one replaces the first. A route that cannot do without
    /// one says so with [`Route::needs`](crate::Route::needs).
    pub fn state<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.state.insert(TypeId::of::<T>(), Box::new(value));
        self
    }

    /// Listens on this socket instead of `HOST` and `PORT`; may be given several times.
    pub fn listener(mut self, listener: std::net::TcpListener) -> Self {
        self.listeners.push(listener);
        self
    }

    /// Checks everything, listens, and serves in the background.
    ///
    /// An app without a [`listener`](Self::listener) of its own takes the sockets that it is
    /// handed over by `LISTEN_FDS`, as systemd and `orcs serve` do, instead of `HOST` and `PORT`.
    /// When it listens it says `READY=1` to `NOTIFY_SOCKET`, and `STOPPING=1` when it stops
    /// (systemd's `Type=notify`). An app that `orcs serve` has started stops when that is gone.
    ///
    /// # Errors
    ///
    /// What stops the start: a route that cannot work, a missing secret, a taken port.
    #[doc(alias("systemd", "LISTEN_FDS", "NOTIFY_SOCKET"))]
    pub async fn start(self) -> Result<Server> {
        allocator::keep_what_bursts_free();
        descriptors::allow_more();
        let mut app = self.checked()?;
        let starter = Starter::read()?;
        app.reload = Reload::new(&starter, &app.config);
        let doors = app.listen(&starter)?;
        let addresses = doors
            .iter()
            .map(|door| door.listener.local_addr())
            .collect::<std::io::Result<_>>()?;
        let (front, handle, tasks) = app.assemble()?;
        let doorman = Doorman::new();
        for door in doors {
            let accepting = listen::accept(door, Arc::clone(&front), doorman.clone());
            tokio::spawn(accepting);
        }
        let notifier = Notifier::new(starter.notify_socket);
        tokio::spawn(send_everybody_away(Arc::clone(&front), notifier.clone()));
        if starter.is_supervised {
            supervised::stop_with_the_supervisor(handle.clone());
        }
        notifier.ready();
        Ok(Server {
            addresses,
            front,
            handle,
            tasks,
        })
    }

    /// Runs until Ctrl-C (clients are closed with 1001) or SIGTERM (1012).
    ///
    /// Prints the log on stderr, and each panic as a line of it, for which it sets the panic hook;
    /// an app that has set a `tracing` subscriber of its own keeps that, and its hook.
    ///
    /// Asked by `orcs` with `ORCS_DESCRIBE` in the environment, it prints its routes as
    /// one line of JSON instead, and opens no port.
    ///
    /// # Errors
    ///
    /// What stops the start.
    pub async fn serve(self) -> Result {
        if self.config.is_asked_to_describe() {
            return self.describe();
        }
        log::init(self.config.log_level, self.config.log_format);
        let tables = self.routes.tables.iter();
        let paths: Vec<_> = tables
            .filter(|table| table.is_served())
            .map(|table| table.path.clone())
            .collect();
        let signals = Signals::listen()?;
        let server = self.start().await?;
        tracing::info!(
            "listening on {}: {}",
            listing(&server.addresses),
            paths.join(", ")
        );
        tokio::spawn(signals.stop(server.shutdown_handle()));
        server.finished().await
    }

    /// Refuses everything that can be known to be wrong before a client comes.
    pub(super) fn checked(mut self) -> Result<Self> {
        self.config.settle()?;
        self.config.check_together()?;
        checks::environment(&self.config, &self.routes.tables).map_err(refused)?;
        let tables = &mut self.routes.tables;
        tables.retain(Table::is_served);
        checks::routes(&self.config, tables).map_err(refused)?;
        if let Some(problem) = self.routes.unmet_need(&self.state) {
            return Err(refused(problem));
        }
        self.verifier = Verifier::new(&self.config)?;
        self.check_auth()?;
        self.check_proxies()?;
        if self.config.allowed_origins.is_any() {
            tracing::warn!(
                "WS_ALLOWED_ORIGINS is `*`: every page of the web may open a socket here"
            );
        }
        let (unknown, ignored) = (self.config.unknown_keys(), self.config.ignored_lines());
        for sentence in unknown.into_iter().chain(ignored) {
            tracing::warn!("{sentence}");
        }
        Ok(self)
    }

    fn check_auth(&self) -> Result {
        let config = &self.config;
        let mut tables = self.routes.tables.iter();
        if !config.auth_enabled {
            // A token that may be there is not looked at then.
            return match tables.find(|table| table.needs_token(config)) {
                None => Ok(()),
                Some(private) => Err(refused(format!(
                    "{} requires a token, but WS_AUTH_ENABLED is false: nobody could come in",
                    private.path
                ))),
            };
        }
        let reading = tables.find(|table| table.reads_token(config));
        match reading.filter(|_| self.verifier.is_none()) {
            None => Ok(()),
            Some(table) => {
                let reads = match table.needs_token(config) {
                    true => "requires a token",
                    false => "reads tokens",
                };
                let missing = auth::missing_key(config);
                Err(refused(format!("{} {reads}, but {missing}", table.path)))
            }
        }
    }

    fn check_proxies(&self) -> Result {
        let config = &self.config;
        if config.require_secure && config.trusted_proxies.are_none() {
            return Err(refused(
                "WS_REQUIRE_SECURE is true, but WS_TRUSTED_PROXIES is empty: nobody could say that \
                 he came by TLS (example: WS_TRUSTED_PROXIES=loopback)"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    fn listen(&self, starter: &Starter) -> Result<Vec<Door>> {
        let (listeners, is_ours) = if !self.listeners.is_empty() {
            (self.own_listeners()?, false)
        } else if let Some(sockets) = starter.handed_over {
            (handed_over::take(sockets)?, false)
        } else {
            (listen::bind(&self.config)?, true)
        };
        let listeners = listeners.into_iter();
        Ok(listeners
            .map(|listener| Door { listener, is_ours })
            .collect())
    }

    fn own_listeners(&self) -> Result<Vec<TcpListener>> {
        let listeners = self.listeners.iter().map(|listener| {
            let listener = listener.try_clone()?;
            listener.set_nonblocking(true)?;
            Ok(TcpListener::from_std(listener)?)
        });
        listeners.collect()
    }

    /// Routes, filters and manager, ready for connections.
    pub(super) fn assemble(self) -> Result<(Arc<Front>, ShutdownHandle, Tasks)> {
        let Self {
            config,
            mut routes,
            manager,
            state,
            verifier,
            reload,
            ..
        } = self;
        let rules = Rules::new(routes.rooms).map_err(refused)?;
        manager.set_rules(rules);
        manager.set_state(state);
        manager.set_verifier(verifier);
        manager.set_csrf(Csrf::new(
            config.session_secret.as_ref(),
            Instant::now().into_std(),
        )?);
        let now = Instant::now();
        for table in &mut routes.tables {
            table.settle(&config, now);
        }
        let customs = route::number_customs(&mut routes.tables).map_err(refused)?;
        manager.hub().set_customs(customs);
        let nothing = warp::any()
            .and_then(async || Err::<Response, _>(warp::reject::not_found()))
            .boxed();
        let filters = routes.http.into_iter().map(|build| build(manager.clone()));
        let filters = filters.reduce(|some, other| some.or(other).unify().boxed());
        let filters = filters.unwrap_or(nothing).recover(nothing_here).unify();
        manager.hub().limit_rooms(config.max_rooms);
        (manager.tasks()).begin(config.max_tasks_per_client, tasks::spawn(Handle::current()));
        manager.hub().census().limit(Limits {
            visits: config
                .max_connections
                .unwrap_or_else(descriptors::most_connections),
            per_network: config.max_connections_per_ip,
            proxies: config.trusted_proxies.clone(),
        });
        let (handle, shutdown, tasks) = shutdown::channel();
        let front = Front::new(
            manager,
            config,
            (routes.tables, &routes.middleware),
            filters.boxed(),
            shutdown,
        )?;
        Ok((Arc::new(front.with_reload(reload)), handle, tasks))
    }

    fn describe(self) -> Result {
        checks::routes(&self.config, &self.routes.tables).map_err(refused)?;
        let program = std::env::current_exe()?;
        let name = program.file_stem().unwrap_or_default().to_string_lossy();
        writeln!(
            std::io::stdout(),
            "{}",
            route::describe(&name, &self.config, &self.routes.tables)
        )?;
        Ok(())
    }
}

/// Answers what no filter has: a path that is nobody's, or somebody whom nobody knows.
async fn nothing_here(rejection: Rejection) -> Result<Response, Rejection> {
    if let Some(unauthorized) = rejection.find::<Unauthorized>() {
        return Ok(unauthorized.answer());
    }
    if !rejection.is_not_found() {
        return Err(rejection);
    }
    Ok(nothing())
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("config", &self.config)
            .field("routes", &self.routes)
            .finish_non_exhaustive()
    }
}

/// A running app. Dropping it leaves the app running.
pub struct Server {
    addresses: Vec<SocketAddr>,
    front: Arc<Front>,
    handle: ShutdownHandle,
    tasks: Tasks,
}

impl Server {
    /// Where it listens; by default on both loopback addresses.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The manager.
    #[must_use]
    pub fn manager(&self) -> &WebSocketManager {
        &self.front.manager
    }

    /// Stops it from anywhere.
    #[must_use]
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.handle.clone()
    }

    /// Waits until it was told to stop, has closed every client and run every
    /// `disconnect` handler, at the latest 10 seconds after it was told; at a restart, after
    /// `WS_RESTART_SPREAD` more.
    ///
    /// # Errors
    ///
    /// None today.
    pub async fn finished(self) -> Result {
        let Self {
            front, mut tasks, ..
        } = self;
        let close = front.shutdown.clone().requested().await;
        let farewell = farewell::longest(&close, front.config());
        drop(front);
        if !tasks.finished(farewell).await {
            tracing::warn!("stopping although some connections are still busy");
        }
        Ok(())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

/// Waits for the end, also when nobody waits for [`Server::finished`].
async fn send_everybody_away(front: Arc<Front>, notifier: Notifier) {
    let close = front.shutdown.clone().requested().await;
    notifier.stopping();
    let longest = farewell::longest(&close, front.config());
    farewell::send_away(front.manager.hub(), &close, longest).await;
}

/// `http://localhost:42069` for the two loopback addresses, else each address.
fn listing(addresses: &[SocketAddr]) -> String {
    match addresses {
        [first, rest @ ..]
            if addresses.iter().all(|address| address.ip().is_loopback()) && !rest.is_empty() =>
        {
            format!("http://localhost:{}", first.port())
        }
        _ => addresses
            .iter()
            .map(|address| format!("http://{address}"))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn refused(text: String) -> Error {
    Error::new("start", text)
}
