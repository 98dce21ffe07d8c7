//! Who a client is: an id that cannot be guessed and names the node it lives on.

use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A client's id: 64 bits for its node, 64 bits of randomness.
///
/// As text and on the wire it is 26 characters of lower-case base32 (Crockford's
/// alphabet, without i, l, o and u): `"01h3v9k2m8qz4x7c5n6p8r0stw"`. It is not a
/// secret towards the other clients of a room, but nobody can make one up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[doc(alias = "clientId")]
pub struct ClientId(u128);

impl ClientId {
    pub(crate) fn new(node: u64, entropy: u64) -> Self {
        Self(u128::from(node) << 64 | u128::from(entropy))
    }

    fn text(self) -> [u8; TEXT_LEN] {
        let mut text = [0; TEXT_LEN];
        for (index, digit) in text.iter_mut().enumerate() {
            let shift = 5 * (TEXT_LEN - 1 - index);
            *digit = DIGITS[(self.0 >> shift) as usize & 31];
        }
        text
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(std::str::from_utf8(&self.text()).expect("base32 digits are ASCII"))
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ClientId {
    type Err = NotAClientId;

    fn from_str(text: &str) -> Result<Self, NotAClientId> {
        let refused = || NotAClientId(text.chars().take(TEXT_LEN + 1).collect());
        // 26 digits hold 130 bits: the first digit of a 128-bit id is at most 7.
        if text.len() != TEXT_LEN || !matches!(text.as_bytes()[0], b'0'..=b'7') {
            return Err(refused());
        }
        let mut bits = 0;
        for byte in text.bytes() {
            let digit = DIGITS
                .iter()
                .position(|digit| *digit == byte)
                .ok_or_else(refused)?;
            bits = bits << 5 | digit as u128;
        }
        Ok(Self(bits))
    }
}

impl Serialize for ClientId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.text();
        serializer.serialize_str(std::str::from_utf8(&text).expect("base32 digits are ASCII"))
    }
}

impl<'de> Deserialize<'de> for ClientId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// Clients to leave out: an array, a `Vec`, an `Option`, or any other row of ids.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of client ids",
    label = "this has type `{Self}`",
    note = "write `[client.id()]` for one client, `[]` for none, `ids.iter().copied()` for ids that are borrowed",
    note = "a text becomes an id by `text.parse::<ClientId>()`"
)]
pub trait ClientIds: IntoIterator<Item = ClientId> {}

#[diagnostic::do_not_recommend]
impl<I: IntoIterator<Item = ClientId>> ClientIds for I {}

/// A text that is no client's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a client id (26 characters of base32)")]
pub struct NotAClientId(String);

const TEXT_LEN: usize = 26;
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_id_reads_back() {
        for id in [
            ClientId::new(0, 0),
            ClientId::new(1, 2),
            ClientId::new(u64::MAX, u64::MAX),
        ] {
            assert_eq!(id.to_string().len(), TEXT_LEN);
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
            assert_eq!(
                serde_json::from_str::<ClientId>(&format!("\"{id}\"")).unwrap(),
                id
            );
        }
    }

    #[test]
    fn a_text_that_is_no_id_is_refused() {
        for text in [
            "",
            "abc",
            "client-123",
            "80000000000000000000000000",
            "0000000000000000000000000é",
        ] {
            assert!(text.parse::<ClientId>().is_err(), "{text}");
        }
    }
}
