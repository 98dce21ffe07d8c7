//! Who comes in by which path: the routes, and what lies beside them.

use super::connection::Connection;
use super::reload::Reload;
use super::shutdown::Shutdown;
use super::socket::Link;
use crate::admit::{Admitted, Middleware, Refusal};
use crate::client::Session;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::hub::{Deflation, Member, Terms, Visit, Wire};
use crate::id::ClientId;
use crate::manager::WebSocketManager;
use crate::path::{Params, Paths, is_own};
use crate::proto::extension::{Agreed, Grant};
use crate::proto::message::Compressed;
use crate::reject::Reject;
use crate::route::Table;
use std::collections::HashMap;
use std::sync::Arc;
use warp::filters::BoxedFilter;
use warp::reply::Response;

/// A running app's routes and what their connections need.
pub(super) struct Front {
    pub(super) manager: WebSocketManager,
    pub(super) shutdown: Shutdown,
    pub(super) filters: Filters,
    pub(super) reload: Option<Reload>,
    config: Arc<Config>,
    entrances: Paths<Entrance>,
    /// This process, in the ids of its clients.
    node: u64,
}

/// What HTTP requests are answered by: the app's own warp filters.
pub(super) type Filters = BoxedFilter<(Response,)>;

/// A route, what requests pass before it, and what it lets wait for each of its clients.
#[derive(Clone)]
pub(super) struct Entrance {
    pub(super) table: Arc<Table>,
    pub(super) gates: Arc<[Middleware]>,
    terms: Arc<Terms>,
    grant: Option<Grant>,
    compression_threshold_bytes: usize,
}

impl Entrance {
    fn new(
        table: Table,
        config: &Config,
        manager: &WebSocketManager,
        named: &HashMap<String, Middleware>,
    ) -> Result<Self> {
        let gates = table.gates(named);
        Ok(Self {
            gates: gates.map_err(|why| Error::new("start", why))?.into(),
            terms: Arc::new(table.terms(config, manager.hub().missing())),
            grant: table.grant(config),
            compression_threshold_bytes: table.compression_threshold_bytes(config),
            table: Arc::new(table),
        })
    }

    /// What its clients may agree on with it.
    pub(super) fn grant(&self) -> Option<&Grant> {
        self.grant.as_ref()
    }
}

/// A client before its socket is there.
pub(super) struct Guest {
    pub(super) id: ClientId,
    pub(super) entrance: Entrance,
    pub(super) admitted: Result<Admitted, Refusal>,
    /// What its handshake agreed on about compression.
    deflate: Option<Agreed>,
}

impl Guest {
    pub(super) fn with_deflate(self, deflate: Option<Agreed>) -> Self {
        Self { deflate, ..self }
    }
}

impl Front {
    pub(super) fn new(
        manager: WebSocketManager,
        config: Config,
        (tables, named): (Vec<Table>, &HashMap<String, Middleware>),
        filters: Filters,
        shutdown: Shutdown,
    ) -> Result<Self> {
        let entrance = |table: Table| {
            // One without a pattern has stopped the start.
            let pattern = table.pattern.clone()?;
            let entrance = Entrance::new(table, &config, &manager, named);
            Some(entrance.map(|entrance| (pattern, entrance)))
        };
        let entrances = tables.into_iter().filter_map(entrance);
        let entrances = entrances.collect::<Result<_>>()?;
        Ok(Self {
            manager,
            shutdown,
            filters,
            reload: None,
            config: Arc::new(config),
            entrances,
            node: getrandom::u64()?,
        })
    }

    /// Gives pages a line of script.
    pub(super) fn with_reload(self, reload: Option<Reload>) -> Self {
        Self { reload, ..self }
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// The route that a request's path means, and what it says for the names in the route's.
    ///
    /// None below `/_orcs/`, whatever a route's pattern fits.
    pub(super) fn entrance(&self, path: &str) -> Option<(&Entrance, Params)> {
        if is_own(path) {
            return None;
        }
        self.entrances.find(path)
    }

    #[cfg(feature = "testing")]
    pub(super) fn paths(&self) -> Vec<&str> {
        let entrances = self.entrances.iter();
        let mut paths: Vec<_> = entrances
            .map(|entrance| entrance.table.path.as_str())
            .collect();
        paths.sort_unstable();
        paths
    }

    /// Somebody who was, or was not, let in by a route.
    pub(super) fn guest(
        &self,
        entrance: &Entrance,
        admitted: Result<Admitted, Refusal>,
    ) -> Result<Guest, getrandom::Error> {
        Ok(Guest {
            id: ClientId::new(self.node, getrandom::u64()?),
            entrance: entrance.clone(),
            admitted,
            deflate: None,
        })
    }

    /// Whether somebody that this route refuses is told so by HTTP.
    pub(super) fn rejects_by_http(&self, entrance: &Entrance) -> bool {
        entrance.table.reject(&self.config) == Reject::Http
    }

    /// Makes a guest a client, or a connection that closes as its refusal says.
    pub(super) fn connect<L: Link>(
        &self,
        guest: Guest,
        link: Arc<L>,
        early: &[u8],
        visit: Arc<Visit>,
    ) -> Connection<L> {
        let wire = Arc::clone(&link) as Arc<dyn Wire>;
        let Entrance {
            table,
            terms,
            compression_threshold_bytes,
            ..
        } = guest.entrance;
        let unauthorized = table.unauthorized(&self.config);
        let route = table.lasting_path;
        let (admitted, refusal) = match guest.admitted {
            Ok(admitted) => (admitted, None),
            Err(refusal) => (Admitted::nobody(), Some(refusal)),
        };
        let number = table.number;
        let session = Session::new(
            |owner| {
                let member = Member::new(guest.id, wire, terms, owner).of_route(number);
                match &guest.deflate {
                    Some(agreed) => {
                        member.compressing(Deflation::new(agreed, compression_threshold_bytes))
                    }
                    None => member,
                }
            },
            self.manager.clone(),
            table,
            admitted,
            visit.address(),
        );
        let member = Arc::clone(session.member());
        let running = self.shutdown.clone();
        let config = &self.config;
        let compressed = Compressed::by(guest.deflate.as_ref());
        let mut connection =
            Connection::new(session, link, (compressed, early), config, visit, running);
        match refusal {
            Some(refusal) => {
                let code = refusal.code(unauthorized);
                tracing::debug!(client = %guest.id, route, code, "not let in");
                connection.refuse(code, refusal.reason());
            }
            None => {
                let hub = self.manager.hub();
                hub.register(&member);
                tracing::debug!(
                    client = %guest.id,
                    route,
                    connections = hub.client_count(),
                    rooms = hub.room_count(),
                    "connected"
                );
                // Whoever comes in while everybody is sent away is sent away too.
                if let Some(close) = self.shutdown.close() {
                    self.manager.hub().end(&member, close);
                }
            }
        }
        connection
    }
}
