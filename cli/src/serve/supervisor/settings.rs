//! Where the app is to listen: our arguments, else what the app itself would read.

use super::super::Args;
use super::listeners::Place;
use crate::app::Description;
use orcs::Config;
use std::net::IpAddr;
use std::time::Duration;

/// What was asked for on the command line.
#[derive(Clone, Debug)]
pub struct Asked {
    port: Option<u16>,
    /// An address, or `localhost`.
    host: Option<String>,
}

impl Asked {
    pub fn of(args: &Args) -> Self {
        Self {
            port: args.port,
            host: args.host.clone(),
        }
    }

    /// By our arguments, the environment, `.env`. `None` when that cannot be read: the app
    /// itself says it best.
    pub fn place(&self) -> Option<Place> {
        let config = Config::load(|_| ()).ok()?;
        let port = self.port.unwrap_or(config.port);
        Some(Place::new(self.host(config.host), port))
    }

    /// The app's own words may know more: `config/` is code.
    pub fn place_of(&self, app: &Description) -> Place {
        let place = Place::new(self.host(None), self.port.unwrap_or(app.port));
        let hosts: Vec<_> = app.hosts.iter().flat_map(|host| host.parse()).collect();
        match self.host {
            None if !hosts.is_empty() => Place { hosts, ..place },
            _ => place,
        }
    }

    fn host(&self, otherwise: Option<IpAddr>) -> Option<IpAddr> {
        match &self.host {
            // `localhost` is no address: it has two.
            Some(host) => host.parse().ok(),
            None => otherwise,
        }
    }
}

/// How long the app may take to stop: what it needs for its last handlers, and the time over
/// which it spreads the end of its connections.
pub fn patience() -> Duration {
    let config = Config::load(|_| ()).unwrap_or_default();
    STOP + config.restart_spread.unwrap_or_default()
}

/// The library's own limit for what runs at the end.
const STOP: Duration = Duration::from_secs(10);
