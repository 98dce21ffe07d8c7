//! A port that somebody has: who it is, and which one is free.

use crate::terminal::{Failure, shell};
use std::net::{SocketAddr, TcpListener};

/// Says whose the port is, and what to type instead.
pub fn failure(address: SocketAddr) -> Failure {
    let port = address.port();
    let whose = match holder(port) {
        Some((pid, name)) => format!(" by process {pid} ({})", shell::visible(name)),
        None => String::new(),
    };
    let failure = Failure::new(format!("port {port} is taken{whose}"));
    match next_free(address) {
        Some(free) => failure.help(format!("orcs serve -p {free}, or PORT={free} in .env")),
        None => failure.help("orcs serve -p 0 takes any free port"),
    }
}

/// The first port above that nobody listens on.
fn next_free(address: SocketAddr) -> Option<u16> {
    let is_free = |port: &u16| TcpListener::bind((address.ip(), *port)).is_ok();
    (address.port().checked_add(1)?..=u16::MAX)
        .take(100)
        .find(is_free)
}

/// The process that listens on a port, if the system lets us see it.
#[cfg(target_os = "linux")]
fn holder(port: u16) -> Option<(u32, String)> {
    use std::fs;
    let sockets: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| {
            let sockets = inodes(&table, port).into_iter();
            let links = sockets.map(|inode| format!("socket:[{inode}]"));
            links.collect::<Vec<_>>()
        })
        .collect();
    let holds = |pid: u32| {
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd"));
        descriptors.into_iter().flatten().flatten().any(|entry| {
            let link = fs::read_link(entry.path()).unwrap_or_default();
            sockets.iter().any(|socket| link.as_os_str() == &**socket)
        })
    };
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let pid = processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .find(|&pid| holds(pid))?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some((pid, name.trim().to_owned()))
}

#[cfg(not(target_os = "linux"))]
fn holder(_port: u16) -> Option<(u32, String)> {
    None
}

/// The inodes of sockets that listen on a port, out of the kernel's table (proc(5)).
#[cfg(target_os = "linux")]
fn inodes(table: &str, port: u16) -> Vec<&str> {
    const LISTENS: &str = "0A";
    let listens = |line: &&str| {
        let mut words = line.split_whitespace().skip(1);
        let local = words.next().and_then(|local| local.rsplit_once(':'));
        let is_port = local.is_some_and(|(_, hex)| u16::from_str_radix(hex, 16) == Ok(port));
        is_port && words.nth(1) == Some(LISTENS)
    };
    table
        .lines()
        .filter(listens)
        .filter_map(|line| line.split_whitespace().nth(9))
        .collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_who_listens_on_the_port_has_it() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:A455 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000 100 0 0 10 0
   1: 0100007F:A455 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0000 20 4 30 10 -1
   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4713 1 0000 100 0 0 10 0
";
        assert_eq!(inodes(table, 42069), ["4711"]);
    }
}
