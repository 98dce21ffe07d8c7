//! Who comes in by which path: the routes, and what lies beside them.

use super::connection::Connection;
use super::shutdown::Shutdown;
use super::socket::{Link, Reader};
use crate::admit::{Data, Refusal};
use crate::auth;
use crate::client::Session;
use crate::config::Config;
use crate::hub::{Member, Visit};
use crate::id::ClientId;
use crate::manager::WebSocketManager;
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
    config: Config,
    tables: HashMap<String, Arc<Table>>,
    /// This process, in the ids of its clients.
    node: u64,
}

/// What HTTP requests are answered by: the app's own warp filters.
pub(super) type Filters = BoxedFilter<(Response,)>;

/// A client before its socket is there.
pub(super) struct Guest {
    id: ClientId,
    table: Arc<Table>,
    admitted: Result<Data, Refusal>,
    is_authenticated: bool,
}

impl Guest {
    #[cfg(feature = "testing")]
    pub(super) fn id(&self) -> ClientId {
        self.id
    }
}

impl Front {
    pub(super) fn new(
        manager: WebSocketManager,
        config: Config,
        tables: Vec<Table>,
        filters: Filters,
        shutdown: Shutdown,
    ) -> Result<Self, getrandom::Error> {
        let tables = tables
            .into_iter()
            .map(|table| (table.path.clone(), Arc::new(table)))
            .collect();
        Ok(Self {
            manager,
            shutdown,
            filters,
            config,
            tables,
            node: getrandom::u64()?,
        })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn table(&self, path: &str) -> Option<&Arc<Table>> {
        self.tables.get(path)
    }

    #[cfg(feature = "testing")]
    pub(super) fn paths(&self) -> Vec<&str> {
        let mut paths: Vec<_> = self.tables.keys().map(String::as_str).collect();
        paths.sort_unstable();
        paths
    }

    /// Decides about a client, by its route and by the token it brought.
    pub(super) fn receive(
        &self,
        table: &Arc<Table>,
        token: Option<&str>,
    ) -> Result<Guest, getrandom::Error> {
        let secret = self
            .config
            .jwt_secret
            .as_ref()
            .filter(|_| self.config.auth_enabled);
        let claims =
            token
                .zip(secret)
                .and_then(|(token, secret)| match auth::verify(token, secret) {
                    Ok(claims) => Some(claims),
                    Err(why) => {
                        tracing::debug!(route = table.path, "token refused: {why}");
                        None
                    }
                });
        let admitted = if table.needs_token(&self.config) && claims.is_none() {
            Err(Refusal::unauthorized())
        } else {
            table.admission.admit(claims.as_ref())
        };
        Ok(Guest {
            id: ClientId::new(self.node, getrandom::u64()?),
            table: Arc::clone(table),
            admitted,
            is_authenticated: claims.is_some(),
        })
    }

    /// Makes a guest a client, or a connection that closes as its refusal says.
    pub(super) fn connect<R: Reader>(
        &self,
        guest: Guest,
        (reader, link): (R, Arc<dyn Link>),
        early: &[u8],
        visit: Arc<Visit>,
    ) -> Connection<R> {
        let wire = Arc::clone(&link);
        let member = Member::new(guest.id, wire, self.config.backpressure_limit_bytes);
        let member = Arc::new(member);
        let (data, refusal) = match guest.admitted {
            Ok(data) => (data, None),
            Err(refusal) => (Box::new(()) as Data, Some(refusal)),
        };
        let session = Arc::new(Session::new(
            Arc::clone(&member),
            self.manager.clone(),
            guest.table,
            data,
            visit.address(),
            guest.is_authenticated,
        ));
        let running = self.shutdown.clone();
        let mut connection =
            Connection::new(session, reader, link, early, &self.config, visit, running);
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
