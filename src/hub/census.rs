//! How many TCP connections are open, in all and from each address.

use crate::lock::lock;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// Counts visits. An IPv6 peer counts as its /64, because one host owns a whole /64.
#[derive(Default)]
pub(crate) struct Census(Mutex<HashMap<IpAddr, usize>>);

impl Census {
    /// Counts one connection for as long as the visit lives.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Visit {
        *lock(&self.0).entry(network(address)).or_default() += 1;
        Visit {
            census: Arc::clone(self),
            address,
        }
    }

    /// Connections, and distinct addresses.
    pub(super) fn counts(&self) -> (usize, usize) {
        let visits = lock(&self.0);
        (visits.values().sum(), visits.len())
    }
}

/// One open connection.
pub(crate) struct Visit {
    census: Arc<Census>,
    address: IpAddr,
}

impl Visit {
    /// Where it comes from.
    pub(crate) fn address(&self) -> IpAddr {
        self.address
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut visits = lock(&self.census.0);
        let network = network(self.address);
        if let Some(count) = visits.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                visits.remove(&network);
            }
        }
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_counts_until_it_ends() {
        let census = Arc::<Census>::default();
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let visits = [
            "127.0.0.1",
            "::ffff:127.0.0.1",
            "2001:db8::1",
            "2001:db8::2",
            "2001:db8:0:1::1",
        ]
        .map(|text| census.enter(address(text)));
        assert_eq!(
            census.counts(),
            (5, 3),
            "a mapped IPv4 is that IPv4, a /64 is one"
        );
        drop(visits);
        assert_eq!(census.counts(), (0, 0));
    }
}
