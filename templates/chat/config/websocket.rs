//! How the sockets behave. A key in `.env` wins over a value here.

use orcs::Config;
use std::time::Duration;

pub fn configure(config: &mut Config) {
    // A client that stays silent for this long is closed with 4408.
    config.idle_timeout = Some(Duration::from_secs(120));
    // A longer message is closed with 1009.
    config.max_payload_bytes = 16 * 1024 * 1024;
}
