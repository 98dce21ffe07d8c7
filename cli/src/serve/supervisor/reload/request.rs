//! A request of a page, and whether the page is our own.

use std::io::{self, Read};
use std::net::IpAddr;

/// As much of a request as we need.
#[derive(Debug, Default)]
pub struct Request {
    pub path: String,
    host: String,
    origin: String,
}

impl Request {
    pub fn read(stream: &mut impl Read) -> io::Result<Self> {
        let mut head = Vec::new();
        let mut buffer = [0; 1024];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let length = stream.read(&mut buffer)?;
            if length == 0 || head.len() > MOST_HEAD_BYTES {
                return Err(io::ErrorKind::InvalidData.into());
            }
            head.extend_from_slice(&buffer[..length]);
        }
        Ok(Self::parse(&String::from_utf8_lossy(&head)))
    }

    fn parse(head: &str) -> Self {
        let mut lines = head.lines();
        let target = lines.next().and_then(|line| line.split(' ').nth(1));
        let path = target.unwrap_or_default().split('?').next();
        let mut request = Self {
            path: path.unwrap_or_default().to_owned(),
            ..Self::default()
        };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            match &*name.to_ascii_lowercase() {
                "host" => value.trim().clone_into(&mut request.host),
                "origin" => value.trim().clone_into(&mut request.origin),
                _ => {}
            }
        }
        request
    }

    /// The page's origin, when the app itself has served it: it names the same host as we are
    /// asked by, and one that a stranger's name server cannot have made up.
    pub fn own_page(&self) -> Option<&str> {
        let host = without_port(&self.host);
        let page = self.origin.split_once("://")?.1;
        let is_certain = host == "localhost"
            || host.ends_with(".localhost")
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        (is_certain && without_port(page) == host).then_some(&self.origin)
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// More than any browser sends.
const MOST_HEAD_BYTES: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_page_may_not_read_what_does_not_compile() {
        let own = |host: &str, origin: &str| {
            let head =
                format!("GET /_orcs/reload HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n");
            Request::parse(&head).own_page().is_some()
        };
        assert!(own("localhost:5", "http://localhost:42069"));
        assert!(own("127.0.0.1:5", "http://127.0.0.1:42069"));
        assert!(own("[::1]:5", "http://[::1]:42069"));
        assert!(own("192.0.2.7:5", "https://192.0.2.7"));
        assert!(!own("localhost:5", "https://example.org"));
        assert!(!own("localhost:5", "http://127.0.0.1:42069"));
        assert!(!own("localhost:5", "null"));
        // A name that was pointed at us.
        assert!(!own("example.org:5", "http://example.org:80"));
    }
}
