//! How many TCP connections are open, in all and from each network, and how many may be.

use crate::lock::lock;
use crate::proxy::Proxies;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// Counts visits. An IPv6 peer counts as its /64, because one host owns a whole /64.
///
/// One lock for all: the two numbers are compared with their limits and changed together,
/// once when a connection begins, once when it ends and hardly ever between.
#[derive(Default)]
pub(crate) struct Census(Mutex<Books>);

#[derive(Default)]
struct Books {
    networks: HashMap<IpAddr, usize>,
    /// The sum of them.
    visits: usize,
    refused: u64,
    limits: Limits,
}

/// How many connections there may be.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// In all.
    pub(crate) visits: usize,
    /// From one network; none is no limit.
    pub(crate) per_network: Option<usize>,
    /// Many come through them, so their own networks have no limit.
    pub(crate) proxies: Proxies,
}

impl Default for Limits {
    /// None.
    fn default() -> Self {
        Self {
            visits: usize::MAX,
            per_network: None,
            proxies: Proxies::default(),
        }
    }
}

/// Why there is no room for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    /// In all; 503.
    #[error("as many connections as there may be (WS_MAX_CONNECTIONS); try again later")]
    Server,
    /// From this network; 429.
    #[error(
        "as many connections from one address as there may be (WS_MAX_CONNECTIONS_PER_IP); \
         close one first"
    )]
    Network,
}

impl Census {
    /// Holds whoever comes from now on to these limits.
    pub(crate) fn limit(&self, limits: Limits) {
        lock(&self.0).limits = limits;
    }

    /// Counts one connection for as long as the visit lives, whatever the limits.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Visit {
        lock(&self.0).add(network(address));
        self.visit(address)
    }

    /// Counts one connection for as long as the visit lives, if there is room for it.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Visit, Full> {
        lock(&self.0).admit(address)?;
        Ok(self.visit(address))
    }

    /// Connections, and distinct addresses.
    pub(super) fn counts(&self) -> (usize, usize) {
        let books = lock(&self.0);
        (books.visits, books.networks.len())
    }

    /// Connections that there was no room for.
    pub(super) fn refused(&self) -> u64 {
        lock(&self.0).refused
    }

    fn visit(self: &Arc<Self>, address: IpAddr) -> Visit {
        Visit {
            census: Arc::clone(self),
            address: Mutex::new(address),
        }
    }
}

impl Books {
    fn admit(&mut self, address: IpAddr) -> Result<(), Full> {
        if self.visits >= self.limits.visits {
            self.refused += 1;
            return Err(Full::Server);
        }
        self.admit_to_network(address)?;
        self.add(network(address));
        Ok(())
    }

    fn admit_to_network(&mut self, address: IpAddr) -> Result<(), Full> {
        let own = self.networks.get(&network(address)).copied();
        let is_full = (self.limits.per_network).is_some_and(|most| own.unwrap_or(0) >= most);
        if is_full && !self.limits.proxies.trust(address) {
            self.refused += 1;
            return Err(Full::Network);
        }
        Ok(())
    }

    fn add(&mut self, network: IpAddr) {
        self.visits += 1;
        *self.networks.entry(network).or_default() += 1;
    }

    fn take(&mut self, network: IpAddr) {
        self.visits -= 1;
        if let Some(count) = self.networks.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.networks.remove(&network);
            }
        }
    }
}

/// One open connection.
pub(crate) struct Visit {
    census: Arc<Census>,
    /// Locked before the census, never the other way round.
    address: Mutex<IpAddr>,
}

impl Visit {
    /// Where it comes from.
    pub(crate) fn address(&self) -> IpAddr {
        *lock(&self.address)
    }

    /// Counts it where it really comes from, which a proxy has told.
    ///
    /// # Errors
    ///
    /// [`Full::Network`]; it is counted where it was then.
    pub(crate) fn move_to(&self, address: IpAddr) -> Result<(), Full> {
        let mut own = lock(&self.address);
        if network(*own) != network(address) {
            let mut books = lock(&self.census.0);
            books.admit_to_network(address)?;
            books.take(network(*own));
            books.add(network(address));
        }
        *own = address;
        Ok(())
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let network = network(self.address());
        lock(&self.census.0).take(network);
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
    use proptest::prelude::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn limited(visits: usize, per_network: Option<usize>, proxies: &str) -> Arc<Census> {
        let census = Arc::<Census>::default();
        census.limit(Limits {
            visits,
            per_network,
            proxies: proxies.parse().unwrap(),
        });
        census
    }

    fn refusal(entered: Result<Visit, Full>) -> Option<Full> {
        entered.err()
    }

    #[test]
    fn a_visit_counts_until_it_ends() {
        let census = Arc::<Census>::default();
        let visits = [
            "127.0.0.1",
            "::ffff:127.0.0.1",
            "2001:db8::1",
            "2001:db8::2",
            "2001:db8:0:1::1",
        ]
        .map(|text| census.enter(ip(text)));
        assert_eq!(
            census.counts(),
            (5, 3),
            "a mapped IPv4 is that IPv4, a /64 is one"
        );
        drop(visits);
        assert_eq!(census.counts(), (0, 0));
    }

    #[test]
    fn a_full_server_takes_the_next_when_one_has_gone() {
        let census = limited(2, None, "");
        let first = census.admit(ip("10.0.0.1")).unwrap();
        let _second = census.admit(ip("10.0.0.1")).unwrap();
        assert_eq!(refusal(census.admit(ip("10.0.0.2"))), Some(Full::Server));
        assert_eq!(census.counts(), (2, 1));
        drop(first);
        assert_eq!(refusal(census.admit(ip("10.0.0.2"))), None);
        assert_eq!(census.refused(), 1);
    }

    #[test]
    fn a_full_network_leaves_room_for_the_others() {
        let census = limited(100, Some(2), "");
        let _visits = ["2001:db8::1", "2001:db8::2"].map(|text| census.admit(ip(text)).unwrap());
        assert_eq!(
            refusal(census.admit(ip("2001:db8::3"))),
            Some(Full::Network)
        );
        assert_eq!(refusal(census.admit(ip("2001:db8:0:1::1"))), None);
        let _visits = ["10.0.0.1", "::ffff:10.0.0.1"].map(|text| census.admit(ip(text)).unwrap());
        assert_eq!(refusal(census.admit(ip("10.0.0.1"))), Some(Full::Network));
        assert_eq!(refusal(census.admit(ip("10.0.0.2"))), None);
        assert_eq!(census.refused(), 2);
    }

    #[test]
    fn a_proxy_is_not_limited_and_its_clients_are() {
        let census = limited(100, Some(1), "10.0.0.1");
        let visits = [(); 3].map(|()| census.admit(ip("10.0.0.1")).unwrap());
        assert_eq!(visits[0].move_to(ip("9.9.9.9")), Ok(()));
        assert_eq!(visits[0].address(), ip("9.9.9.9"));
        assert_eq!(visits[1].move_to(ip("9.9.9.9")), Err(Full::Network));
        assert_eq!(visits[1].address(), ip("10.0.0.1"), "it stays where it was");
        assert_eq!(visits[2].move_to(ip("2001:db8::1")), Ok(()));
        assert_eq!(
            visits[2].move_to(ip("2001:db8::2")),
            Ok(()),
            "the same network"
        );
        assert_eq!(visits[2].address(), ip("2001:db8::2"));
        assert_eq!((census.counts(), census.refused()), ((3, 3), 1));
        drop(visits);
        assert_eq!(census.counts(), (0, 0));
    }

    #[test]
    fn a_moved_visit_needs_no_second_place() {
        let census = limited(1, Some(1), "10.0.0.1");
        let visit = census.admit(ip("10.0.0.1")).unwrap();
        assert_eq!(visit.move_to(ip("9.9.9.9")), Ok(()));
        assert_eq!(refusal(census.admit(ip("9.9.9.8"))), Some(Full::Server));
    }

    #[test]
    fn a_visit_is_no_larger_than_its_address_and_its_census() {
        assert!(size_of::<Visit>() <= 32);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Admit(u8),
        Move(usize, u8),
        Drop(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0u8..4).prop_map(Step::Admit),
            (0usize..8, 0u8..4).prop_map(|(index, address)| Step::Move(index, address)),
            (0usize..8).prop_map(Step::Drop),
        ]
    }

    proptest! {
        #[test]
        fn the_books_agree_with_a_recount(steps in prop::collection::vec(step(), 0..60)) {
            let census = limited(6, Some(2), "10.0.0.0");
            let address = |last: u8| IpAddr::from([10, 0, 0, last]);
            let mut visits: Vec<Visit> = Vec::new();
            let mut refused = 0;
            for step in steps {
                let from = |visits: &[Visit], last: u8| {
                    visits.iter().filter(|visit| visit.address() == address(last)).count()
                };
                let is_crowded = |last: u8| last != 0 && from(&visits, last) >= 2;
                match step {
                    Step::Admit(last) => {
                        let expected = match visits.len() {
                            6 => Some(Full::Server),
                            _ => is_crowded(last).then_some(Full::Network),
                        };
                        match census.admit(address(last)) {
                            Ok(visit) => {
                                prop_assert_eq!(expected, None);
                                visits.push(visit);
                            }
                            Err(full) => {
                                prop_assert_eq!(expected, Some(full));
                                refused += 1;
                            }
                        }
                    }
                    Step::Move(index, last) => {
                        if let Some(visit) = visits.get(index) {
                            let is_there = visit.address() == address(last);
                            let is_refused = is_crowded(last) && !is_there;
                            prop_assert_eq!(visit.move_to(address(last)).is_err(), is_refused);
                            refused += u64::from(is_refused);
                        }
                    }
                    Step::Drop(index) if index < visits.len() => {
                        visits.swap_remove(index);
                    }
                    Step::Drop(_) => {}
                }
                let networks = (0..4).filter(|last| from(&visits, *last) > 0).count();
                prop_assert_eq!(census.counts(), (visits.len(), networks));
                prop_assert_eq!(census.refused(), refused);
            }
            visits.clear();
            prop_assert_eq!(census.counts(), (0, 0));
        }
    }
}
