//! Who comes in by which path: the routes, and what lies beside them.

use super::connection::Connection;
use super::shutdown::Shutdown;
use super::socket::Link;
use crate::admit::{Data, Refusal};
use crate::auth::Verifier;
use crate::client::Session;
use crate::config::Config;
use crate::hub::{Deflation, Member, Terms, Visit, Wire};
use crate::id::ClientId;
use crate::manager::WebSocketManager;
use crate::proto::extension::{Agreed, Grant};
use crate::proto::message::Compressed;
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
    config: Arc<Config>,
    verifier: Option<Verifier>,
    entrances: HashMap<String, Entrance>,
    /// This process, in the ids of its clients.
    node: u64,
}

/// What HTTP requests are answered by: the app's own warp filters.
pub(super) type Filters = BoxedFilter<(Response,)>;

/// A route, and what it lets wait for each of its clients.
#[derive(Clone)]
pub(super) struct Entrance {
    table: Arc<Table>,
    terms: Arc<Terms>,
    grant: Option<Grant>,
    compression_threshold_bytes: usize,
}

impl Entrance {
    /// What its clients may agree on with it.
    pub(super) fn grant(&self) -> Option<&Grant> {
        self.grant.as_ref()
    }
}

/// A client before its socket is there.
pub(super) struct Guest {
    id: ClientId,
    entrance: Entrance,
    admitted: Result<Data, Refusal>,
    is_authenticated: bool,
    /// What its handshake agreed on about compression.
    deflate: Option<Agreed>,
}

impl Guest {
    pub(super) fn with_deflate(self, deflate: Option<Agreed>) -> Self {
        Self { deflate, ..self }
    }

    #[cfg(feature = "testing")]
    pub(super) fn id(&self) -> ClientId {
        self.id
    }
}

impl Front {
    pub(super) fn new(
        manager: WebSocketManager,
        config: Config,
        verifier: Option<Verifier>,
        tables: Vec<Table>,
        filters: Filters,
        shutdown: Shutdown,
    ) -> Result<Self, getrandom::Error> {
        let entrance = |table: Table| {
            let terms = Arc::new(table.terms(&config, manager.hub().dropped()));
            let entrance = Entrance {
                grant: table.grant(&config),
                compression_threshold_bytes: table.compression_threshold_bytes(&config),
                table: Arc::new(table),
                terms,
            };
            (entrance.table.path.clone(), entrance)
        };
        let entrances = tables.into_iter().map(entrance).collect();
        Ok(Self {
            manager,
            shutdown,
            filters,
            config: Arc::new(config),
            verifier,
            entrances,
            node: getrandom::u64()?,
        })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn entrance(&self, path: &str) -> Option<&Entrance> {
        self.entrances.get(path)
    }

    #[cfg(feature = "testing")]
    pub(super) fn paths(&self) -> Vec<&str> {
        let mut paths: Vec<_> = self.entrances.keys().map(String::as_str).collect();
        paths.sort_unstable();
        paths
    }

    /// Decides about a client, by its route and by the token it brought.
    pub(super) async fn receive(
        &self,
        entrance: &Entrance,
        token: Option<&str>,
    ) -> Result<Guest, getrandom::Error> {
        let table = &entrance.table;
        let claims = match token.zip(self.verifier.as_ref()) {
            Some((token, verifier)) => match verifier.verify(token).await {
                Ok(claims) => Some(claims),
                Err(why) => {
                    tracing::debug!(route = table.path, "token refused: {why}");
                    None
                }
            },
            None => None,
        };
        let admitted = if table.needs_token(&self.config) && claims.is_none() {
            Err(Refusal::unauthorized())
        } else {
            table.admission.admit(claims.as_ref())
        };
        Ok(Guest {
            id: ClientId::new(self.node, getrandom::u64()?),
            entrance: entrance.clone(),
            admitted,
            is_authenticated: claims.is_some(),
            deflate: None,
        })
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
        let mut member = Member::new(guest.id, wire, guest.entrance.terms);
        if let Some(agreed) = &guest.deflate {
            let threshold_bytes = guest.entrance.compression_threshold_bytes;
            member = member.compressing(Deflation::new(agreed, threshold_bytes));
        }
        let member = Arc::new(member);
        let (data, refusal) = match guest.admitted {
            Ok(data) => (data, None),
            Err(refusal) => (Box::new(()) as Data, Some(refusal)),
        };
        let session = Arc::new(Session::new(
            Arc::clone(&member),
            self.manager.clone(),
            guest.entrance.table,
            data,
            visit.address(),
            guest.is_authenticated,
        ));
        let running = self.shutdown.clone();
        let config = &self.config;
        let compressed = Compressed::by(guest.deflate.as_ref());
        let mut connection =
            Connection::new(session, link, (compressed, early), config, visit, running);
        match refusal {
            Some(refusal) => connection.refuse(refusal),
            None => {
                self.manager.hub().register(&member);
                // Whoever comes in while everybody is sent away is sent away too.
                if let Some(close) = self.shutdown.close() {
                    self.manager.hub().end(&member, close);
                }
            }
        }
        connection
    }
}
