//! The sockets that browsers reach: opened here once, and lent to each generation of the app.

use super::taken;
use crate::terminal::Failure;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;

/// Where to listen, as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// One address, or both loopbacks.
    pub hosts: Vec<IpAddr>,
    /// 0 picks a free one.
    pub port: u16,
}

impl Place {
    pub fn new(host: Option<IpAddr>, port: u16) -> Self {
        let hosts = match host {
            Some(host) => vec![host],
            None => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        };
        Self { hosts, port }
    }
}

/// Listening sockets, all of one port.
///
/// They stay open while the app is exchanged, so that a browser waits for the next
/// generation instead of being refused.
#[derive(Debug)]
pub struct Listeners {
    pub place: Place,
    pub port: u16,
    sockets: Vec<TcpListener>,
}

impl Listeners {
    /// Listens on every address of the place, by the rules of the library itself.
    pub fn bind(place: Place) -> Result<Self, Failure> {
        let mut port = place.port;
        let mut sockets = Vec::new();
        let mut missing = None;
        for &host in &place.hosts {
            let address = SocketAddr::new(host, port);
            match listen_on(address) {
                Ok(socket) => {
                    // Port 0 picks one; the other address gets the same.
                    port = socket.local_addr().map_err(|e| cannot(address, &e))?.port();
                    sockets.push(socket);
                }
                // A machine without IPv6, or without IPv4: the other loopback will do.
                Err(e) if is_missing(&e) && place.hosts.len() > 1 => missing = Some((address, e)),
                Err(e) => return Err(cannot(address, &e)),
            }
        }
        match (sockets.is_empty(), missing) {
            (true, Some((address, e))) => Err(cannot(address, &e)),
            _ => Ok(Self {
                place,
                port,
                sockets,
            }),
        }
    }

    /// The same sockets once more, for a child.
    pub fn lend(&self) -> io::Result<Vec<OwnedFd>> {
        let lend = |socket: &TcpListener| Ok(socket.try_clone()?.into());
        self.sockets.iter().map(lend).collect()
    }

    /// For who serves on them in this process.
    pub fn into_sockets(self) -> Vec<TcpListener> {
        self.sockets
    }
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpListener::bind(address)?;
    // Who comes while the app is built waits here; std's own queue is short.
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket)
}

fn cannot(address: SocketAddr, error: &io::Error) -> Failure {
    let port = address.port();
    match error.kind() {
        io::ErrorKind::AddrInUse => taken::failure(address),
        io::ErrorKind::PermissionDenied => {
            Failure::new(format!("cannot listen on {address}: permission denied"))
                .help("ports below 1024 need rights; orcs serve -p 42069, or PORT=42069 in .env")
        }
        io::ErrorKind::AddrNotAvailable => Failure::new(format!(
            "cannot listen on {address}: no such address on this machine"
        ))
        .help(format!(
            "orcs serve --host 0.0.0.0 -p {port} listens on every address"
        )),
        _ => Failure::new(format!("cannot listen on {address}: {error}")),
    }
}

fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

/// As the library's own: more than a burst of browsers that come back at once.
const BACKLOG: i32 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_loopbacks_get_the_same_free_port() {
        let listeners = Listeners::bind(Place::new(None, 0)).unwrap();
        assert_ne!(listeners.port, 0);
        for socket in &listeners.sockets {
            assert_eq!(socket.local_addr().unwrap().port(), listeners.port);
        }
    }

    #[test]
    fn a_taken_port_names_its_process_and_another_port() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let host = Some(Ipv4Addr::LOCALHOST.into());
        let failure = Listeners::bind(Place::new(host, port)).unwrap_err();
        let said = format!("{failure:?}");
        assert!(said.contains(&format!("port {port} is taken")), "{said}");
        #[cfg(target_os = "linux")]
        assert!(
            said.contains(&format!("by process {} (", std::process::id())),
            "{said}"
        );
        assert!(said.contains("orcs serve -p "), "{said}");
    }
}
