//! A host and a port, as `Host` and an origin have them.

use std::net::Ipv6Addr;

/// A host in small letters, an IPv6 address in its shortest form and in brackets, and the
/// port if there is one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authority {
    pub(super) host: String,
    pub(super) port: Option<u16>,
}

impl Authority {
    pub(super) fn read(text: &str) -> Option<Self> {
        let (host, port) = split(text)?;
        Some(Self {
            host: match host.strip_prefix('[') {
                Some(address) => {
                    let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
                    format!("[{address}]")
                }
                None if is_name(host) => host.to_ascii_lowercase(),
                None => return None,
            },
            port: match port {
                Some(port) => Some(read_port(port)?),
                None => None,
            },
        })
    }
}

/// Host and port of a text that holds at most one colon outside of brackets.
pub(super) fn split(text: &str) -> Option<(&str, Option<&str>)> {
    let end_of_host = text.rfind(']').map_or(0, |at| at + 1);
    match text[end_of_host..].find(':') {
        Some(colon) => {
            let (host, port) = text.split_at(end_of_host + colon);
            Some((host, Some(&port[1..])))
        }
        None => Some((text, None)),
    }
    .filter(|(host, _)| !host.is_empty())
}

/// One or more labels. A dot at the end makes it another host to a browser, and one that
/// nobody means, so it is none of ours.
fn is_name(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// Underscores are in no domain's name, but in those of containers.
pub(super) fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// `parse` alone would take a plus sign, and zeros in front.
pub(super) fn read_port(text: &str) -> Option<u16> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain)
}
