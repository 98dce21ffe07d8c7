//! The headers of a handshake: any bytes, and the same decision however they are split.

use crate::proto::extension::{self, Grant};
use crate::proto::handshake::{self, Offer, accept_key};

/// Reads `data` as the head of a request and decides about it.
///
/// Its first line begins with the method, the others are `Name: value`; names that do not
/// matter are skipped.
pub fn handshake(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let start = lines.next().unwrap_or_default();
    let method = start.split(|byte| *byte == b' ').next().unwrap_or_default();
    let method = String::from_utf8_lossy(method);
    let mut head = Head::default();
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if let Some(values) = head.values(&name.to_ascii_lowercase()) {
            values.push(value);
        }
    }
    decide(&head, &method);
    agree(&head.extensions);
    let protocols = handshake::subprotocols(&head.protocols);
    assert_eq!(
        protocols,
        handshake::subprotocols(&[&joined(&head.protocols)]).or_else(|refused| {
            // No header offers nothing; an empty one is not a list of tokens.
            if head.protocols.is_empty() {
                Ok(vec![])
            } else {
                Err(refused)
            }
        })
    );
}

/// The values of the headers that count, in order.
#[derive(Default)]
struct Head<'a> {
    host: Vec<&'a [u8]>,
    connection: Vec<&'a [u8]>,
    upgrade: Vec<&'a [u8]>,
    key: Vec<&'a [u8]>,
    version: Vec<&'a [u8]>,
    protocols: Vec<&'a [u8]>,
    extensions: Vec<&'a [u8]>,
}

impl<'a> Head<'a> {
    fn values(&mut self, name: &[u8]) -> Option<&mut Vec<&'a [u8]>> {
        Some(match name {
            b"host" => &mut self.host,
            b"connection" => &mut self.connection,
            b"upgrade" => &mut self.upgrade,
            b"sec-websocket-key" => &mut self.key,
            b"sec-websocket-version" => &mut self.version,
            b"sec-websocket-protocol" => &mut self.protocols,
            b"sec-websocket-extensions" => &mut self.extensions,
            _ => return None,
        })
    }
}

/// Several lines of a header are as good as one with commas between (RFC 9110, 5.3).
fn joined(values: &[&[u8]]) -> Vec<u8> {
    values.join(&b","[..])
}

fn decide(head: &Head<'_>, method: &str) {
    let offer = Offer {
        method,
        http_1_1: true,
        host: &head.host,
        connection: &head.connection,
        upgrade: &head.upgrade,
        key: &head.key,
        version: &head.version,
    };
    let decision = handshake::accept(&offer);
    let (connection, upgrade) = (joined(&head.connection), joined(&head.upgrade));
    let once = handshake::accept(&Offer {
        connection: &[&connection],
        upgrade: &[&upgrade],
        ..offer
    });
    assert_eq!(decision, once, "it depends on how headers are split");
    let late = Offer {
        http_1_1: false,
        ..offer
    };
    assert!(handshake::accept(&late).is_err(), "HTTP/1.0 has no upgrade");
    if let Ok(answer) = decision {
        assert_eq!((method, head.host.len()), ("GET", 1));
        assert_eq!((&head.version[..], head.key.len()), (&[&b"13"[..]][..], 1));
        let key = str::from_utf8(head.key[0]).expect("base64 is ASCII");
        assert_eq!((key.len(), answer), (24, accept_key(key)));
        assert!(
            upgrade
                .to_ascii_lowercase()
                .windows(9)
                .any(|word| word == b"websocket")
        );
        assert!(
            connection
                .to_ascii_lowercase()
                .windows(7)
                .any(|word| word == b"upgrade")
        );
    }
}

fn agree(values: &[&[u8]]) {
    for (context_takeover, window_bits) in [(false, 15), (true, 15), (true, 9)] {
        let grant = Grant {
            context_takeover,
            window_bits,
        };
        let agreed = extension::negotiate(values, Some(&grant));
        let once = extension::negotiate(&[&joined(values)], Some(&grant));
        assert_eq!(agreed, once, "it depends on how headers are split");
        let without = extension::negotiate(values, None);
        assert_eq!(without.is_err(), agreed.is_err());
        let Ok(Some(agreed)) = agreed else { continue };
        assert!((9..=window_bits).contains(&agreed.server_window_bits));
        assert!(context_takeover || !agreed.server_keeps_context);
        assert!(context_takeover || !agreed.client_keeps_context);
        // What we answer, offered to us, is answered by itself.
        let answer = agreed.to_string();
        let again = extension::negotiate(&[answer.as_bytes()], Some(&grant));
        let again = again.ok().flatten().map(|again| again.to_string());
        assert_eq!(again.as_deref(), Some(&*answer));
    }
}
