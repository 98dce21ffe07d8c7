//! Proxies in front of us: whose word about a client counts.

mod said;

use crate::error::Error;
use http::HeaderMap;
use http::header::HOST;
use ipnet::IpNet;
use said::{Said, Style};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Proxies whose word about their clients counts: addresses and networks.
///
/// A list of `10.1.2.3`, `10.0.0.0/8`, `2001:db8::/32`, and the words
///
/// - `loopback`: `127.0.0.0/8` and `::1`;
/// - `private`: `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16` and `fc00::/7`;
/// - `forwarded`: they write `Forwarded` (RFC 7239). Without it their `X-Forwarded-For`,
///   `X-Forwarded-Proto` and `X-Forwarded-Host` count. Only ever one kind does: a proxy
///   hands the other on as a client has made it up.
///
/// From anybody else these headers mean nothing. Of a trusted proxy's, only what trusted
/// proxies have added does: the client is the first, from the right, that is none of them.
/// A client whose proxy does not say who it is has the proxy's address.
///
/// ```
/// # fn configure(config: &mut orcs::Config) -> orcs::Result {
/// config.trusted_proxies = "loopback, 10.0.0.0/8".parse()?;
/// # Ok(())
/// # }
/// # configure(&mut orcs::Config::default()).unwrap();
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[doc(alias = "trustProxy")]
pub struct Proxies {
    networks: Vec<IpNet>,
    style: Style,
}

/// How a request came in, as far as it can be believed.
///
/// Where a proxy writes no protocol or no host of its own, but hands on a client's, that
/// counts: it deceives nobody else. A page's script cannot set these headers, so a host of
/// its choice does not help a page to pass for one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival<'a> {
    /// The client's address; an IPv4 one as such, however it was written.
    pub(crate) address: IpAddr,
    /// Whether the client spoke TLS.
    pub(crate) is_secure: bool,
    /// The host that the client asked for.
    pub(crate) host: Option<&'a str>,
}

impl Proxies {
    /// Whether nobody is one.
    pub(crate) fn are_none(&self) -> bool {
        self.networks.is_empty()
    }

    /// Whether this address is one of them.
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks
            .iter()
            .any(|network| network.contains(&address))
    }

    /// Reads a request that came from `peer` with these headers.
    pub(crate) fn arrival<'a>(&self, peer: IpAddr, headers: &'a HeaderMap) -> Arrival<'a> {
        let peer = peer.to_canonical();
        let direct = Arrival {
            address: peer,
            is_secure: false,
            host: headers.get(HOST).and_then(|host| host.to_str().ok()),
        };
        if !self.trust(peer) {
            return direct;
        }
        let said = Said::read(self.style, headers);
        let (address, hops) = self.walk(peer, said.addresses());
        Arrival {
            address,
            is_secure: said.protocol(hops).is_some_and(is_tls),
            host: said.host(hops).or(direct.host),
        }
    }

    /// Goes from proxy to proxy until somebody is none, and counts what was believed.
    ///
    /// Who says nothing that can be read is as far as we get.
    fn walk(
        &self,
        peer: IpAddr,
        addresses: impl Iterator<Item = Option<IpAddr>>,
    ) -> (IpAddr, usize) {
        let mut reached = (peer, 0);
        for said in addresses.take(MAX_HOPS) {
            let (address, hops) = reached;
            match said {
                Some(behind) if self.trust(address) => reached = (behind, hops + 1),
                _ => break,
            }
        }
        reached
    }

    fn add(&mut self, entry: &str) -> Result<(), String> {
        match entry {
            "loopback" => self.networks.extend(networks(&LOOPBACK)),
            "private" => self.networks.extend(networks(&PRIVATE)),
            "forwarded" => self.style = Style::Forwarded,
            _ => self.networks.push(network(entry)?),
        }
        Ok(())
    }
}

impl FromStr for Proxies {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut proxies = Self::default();
        if !text.trim().is_empty() {
            for entry in text.split(',') {
                proxies.add(entry.trim())?;
            }
        }
        if proxies.networks.is_empty() && proxies.style == Style::Forwarded {
            return Err(
                "`forwarded` says what proxies write, not who they are (example: loopback,forwarded)"
                    .into(),
            );
        }
        Ok(proxies)
    }
}

/// As `.env` may hold it, the words for networks written out.
impl fmt::Display for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, network) in self.networks.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{network}")?;
        }
        match self.style {
            Style::Forwarded => f.write_str(",forwarded"),
            Style::XForwarded => Ok(()),
        }
    }
}

/// An address or a network.
fn network(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let network: IpNet = text
        .parse()
        .map_err(|_| format!("`{text}` is neither an address nor a network ({EXAMPLE})"))?;
    let whole = network.trunc();
    if network.prefix_len() == 0 {
        Err(format!(
            "`{text}` is everybody: any client could say that it is another ({EXAMPLE})"
        ))
    } else if network != whole {
        Err(format!(
            "`{text}` begins in the middle of a network (example: {whole})"
        ))
    } else if network.addr().to_canonical() != network.addr() {
        Err(format!("`{text}` is IPv4 written as IPv6 ({EXAMPLE})"))
    } else {
        Ok(network)
    }
}

fn networks(texts: &'static [&'static str]) -> impl Iterator<Item = IpNet> {
    texts
        .iter()
        .map(|text| text.parse().expect("our own networks are well written"))
}

fn is_tls(protocol: &str) -> bool {
    ["https", "wss"]
        .iter()
        .any(|secure| protocol.eq_ignore_ascii_case(secure))
}

const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

/// More proxies in a row are a loop, or somebody who wants to keep us busy.
const MAX_HOPS: usize = 16;

const EXAMPLE: &str = "example: loopback,10.0.0.0/8";

#[cfg(test)]
mod tests;
