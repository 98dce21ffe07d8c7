//! When a route's clients are asked whether they are still there, and when they are closed.

use super::Route;
use std::time::Duration;

impl<D: Send + Sync + 'static> Route<D> {
    /// How long a client may stay silent: nothing comes in, not even a pong. It is pinged at
    /// half of it and closed with 4408 (`WS_CLOSE_SILENT`) after the whole. Default: `WS_IDLE_TIMEOUT`, 120 s;
    /// zero turns it off.
    ///
    /// The clock stands while we are the ones who do not read, while the client's socket
    /// still takes what waits for it, and while the process is paused.
    ///
    /// ```
    /// use orcs::prelude::*;
    /// use std::time::Duration;
    ///
    /// let sensors = ws("/ws/sensors").idle_timeout(Duration::from_secs(600));
    /// # let _ = sensors;
    /// ```
    #[doc(alias = "idleTimeout")]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.table.own_limits.idle_timeout = Some(timeout);
        self
    }

    /// How long a client may send no message; then it is closed with 4408 (`WS_CLOSE_SILENT`). Pings and pongs do
    /// not count, so that this is about who uses the app and
    /// [`idle_timeout`](Self::idle_timeout) about who is there. Default:
    /// `WS_INACTIVITY_TIMEOUT`, which is off; zero turns it off.
    ///
    /// Nobody is closed while a message of his is on its way, waits or is handled.
    ///
    /// ```
    /// use orcs::prelude::*;
    /// use std::time::Duration;
    ///
    /// let support = ws("/ws/support").inactivity_timeout(Duration::from_secs(15 * 60));
    /// # let _ = support;
    /// ```
    #[doc(alias = "inactivityTimeout")]
    pub fn inactivity_timeout(mut self, timeout: Duration) -> Self {
        self.table.own_limits.inactivity_timeout = Some(timeout);
        self
    }

    /// How often each client is pinged, whatever it sends. Who lets
    /// [`heartbeat_misses`](Self::heartbeat_misses) pings in a row pass without a single byte
    /// is closed with 4408 (`WS_CLOSE_SILENT`) when the next is due. Default: `WS_HEARTBEAT_INTERVAL`, which is off;
    /// zero turns it off. Less than 100 ms stops the start, and so does more than one ping for each
    /// pong that [`control_rate_limit`](Self::control_rate_limit) lets a client send.
    ///
    /// ```
    /// use orcs::prelude::*;
    /// use std::time::Duration;
    ///
    /// let game = ws("/ws/game").heartbeat(Duration::from_secs(5)).heartbeat_misses(2);
    /// # let _ = game;
    /// ```
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.table.own_limits.heartbeat_interval = Some(interval);
        self
    }

    /// How many pings of [`heartbeat`](Self::heartbeat) in a row a client may leave without
    /// anything coming in. Default: `WS_HEARTBEAT_MISSES`, 3. At least 1; without a heartbeat it
    /// stops the start.
    pub fn heartbeat_misses(mut self, pings: u32) -> Self {
        self.table.own_limits.heartbeat_misses = Some(pings);
        self
    }
}
