//! What proxies have written into a request: `X-Forwarded-*` or `Forwarded`.
//!
//! Each proxy appends its part on the right, so all is read from there, and what a client
//! has sent can only stand on the left. Parts are cut at every comma: RFC 7239 lets a quoted
//! text hold one, but nothing that is read here ever does, and who looks for the end of a
//! text is led astray by a quote that a client has left open.

use http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue};
use std::net::{IpAddr, SocketAddr};

/// Which headers count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Style {
    /// `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The headers of a request that count.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    style: Style,
    headers: &'a HeaderMap,
}

impl<'a> Said<'a> {
    pub(super) fn read(style: Style, headers: &'a HeaderMap) -> Self {
        Self { style, headers }
    }

    /// Whom each proxy was asked by, the nearest proxy first; none where it cannot be read.
    pub(super) fn addresses(self) -> impl Iterator<Item = Option<IpAddr>> {
        let name = match self.style {
            Style::XForwarded => X_FORWARDED_FOR,
            Style::Forwarded => FORWARDED,
        };
        parts(self.headers, name).map(move |part| match self.style {
            Style::XForwarded => address(part?),
            Style::Forwarded => address(parameter(part?, "for")?),
        })
    }

    /// The protocol of the outermost of the `hops` that were believed.
    pub(super) fn protocol(self, hops: usize) -> Option<&'a str> {
        self.outermost(hops, X_FORWARDED_PROTO, "proto")
    }

    /// The host that the outermost of them was asked for.
    pub(super) fn host(self, hops: usize) -> Option<&'a str> {
        self.outermost(hops, X_FORWARDED_HOST, "host")
    }

    /// A proxy that writes no list, but one value instead of what was there, is believed too.
    fn outermost(self, hops: usize, name: HeaderName, parameter_name: &str) -> Option<&'a str> {
        // Who names no client may still say how it was asked.
        let hops = hops.max(1);
        match self.style {
            Style::XForwarded => parts(self.headers, name).take(hops).last()?,
            Style::Forwarded => parts(self.headers, FORWARDED)
                .take(hops)
                .filter_map(|part| parameter(part?, parameter_name))
                .last(),
        }
        .filter(|value| !value.is_empty())
    }
}

/// The parts of a list, over all its lines, from the right; none for one that is no ASCII.
fn parts(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = Option<&str>> {
    headers
        .get_all(name)
        .into_iter()
        .rev()
        .flat_map(|line: &HeaderValue| line.as_bytes().rsplit(|byte| *byte == b','))
        .map(|part| str::from_utf8(part.trim_ascii()).ok())
}

/// `for="[2001:db8::1]:4711";proto=https`: the value of one of them, if it is there once.
fn parameter<'a>(part: &'a str, name: &str) -> Option<&'a str> {
    let mut values = part
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(own, _)| own.trim().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim());
    let value = values.next().filter(|_| values.next().is_none())?;
    match value.strip_prefix('"') {
        Some(rest) => rest
            .strip_suffix('"')
            .filter(|text| !text.contains(['"', '\\'])),
        None => Some(value),
    }
}

/// An address as proxies write it: alone or with a port, IPv6 with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = match bare {
        Some(bare) => bare.parse().map(IpAddr::V6).ok(),
        None => text
            .parse()
            .ok()
            .or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip())),
    };
    address.map(|address| address.to_canonical())
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
