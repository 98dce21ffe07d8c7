//! A text that says who sent it and the how-manieth of his it is, at fixed places.

use crate::dialect::Dialect;
use crate::failure::Result;

/// The texts of one room: alike in all but nine digits.
#[derive(Debug)]
pub struct Message {
    text: Vec<u8>,
    digits: usize,
}

impl Message {
    /// What goes to an echo, `bytes` long; `connection` makes it unlike all others'.
    pub fn echo(dialect: Dialect, connection: usize, bytes: usize) -> Result<Self> {
        let (before, after) = dialect.around("message");
        let before = format!(r#"{before}{{"text":""#);
        Self::new(
            &before,
            &format!("{connection:05}"),
            &format!(r#""}}{after}"#),
            bytes,
        )
    }

    /// What goes to a room and comes to its members, the same in both directions.
    pub fn room(dialect: Dialect, room: &str, bytes: usize) -> Result<Self> {
        let (before, after) = dialect.around("message");
        let before = format!(r#"{before}{{"room":"{room}","text":""#);
        Self::new(&before, "", &format!(r#""}}{after}"#), bytes)
    }

    /// What a raw route sends back: no envelope at all.
    pub fn raw(connection: usize, bytes: usize) -> Result<Self> {
        Self::new("", &format!("{connection:05}"), "", bytes)
    }

    fn new(before: &str, mark: &str, after: &str, bytes: usize) -> Result<Self> {
        let least = before.len() + DIGITS + mark.len() + after.len();
        let Some(fill) = bytes.checked_sub(least) else {
            return Err(format!("`--bytes {bytes}` is too short; {least} are needed").into());
        };
        let digits = "0".repeat(DIGITS);
        let fill: String = LETTERS.chars().cycle().take(fill).collect();
        Ok(Self {
            text: format!("{before}{digits}{mark}{fill}{after}").into_bytes(),
            digits: before.len(),
        })
    }

    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Where the digits of the number stand.
    pub fn number_at(&self) -> usize {
        self.digits + SENDER_DIGITS
    }

    /// The text as a sender begins to say it.
    pub fn of_sender(&self, sender: usize) -> Vec<u8> {
        let mut text = self.text.clone();
        write_digits(sender as u32, &mut text[self.digits..self.number_at()]);
        text
    }

    /// Sender and number, if each other byte is as it must be.
    pub fn read(&self, text: &[u8]) -> Option<(usize, u32)> {
        let end = self.digits + DIGITS;
        if text.len() != self.text.len()
            || text[..self.digits] != self.text[..self.digits]
            || text[end..] != self.text[end..]
        {
            return None;
        }
        let sender = read_digits(&text[self.digits..self.number_at()])?;
        let number = read_digits(&text[self.number_at()..end])?;
        Some((sender as usize, number))
    }
}

/// Writes a number over all of `place`, with leading zeros; what does not fit is cut.
pub fn write_digits(mut number: u32, place: &mut [u8]) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn read_digits(place: &[u8]) -> Option<u32> {
    place.iter().try_fold(0, |number, digit| match digit {
        b'0'..=b'9' => Some(number * 10 + u32::from(digit - b'0')),
        _ => None,
    })
}

/// Senders of a room are told apart up to this many.
pub const MAX_SENDERS: usize = 1000;
const SENDER_DIGITS: usize = 3;

/// A sender's numbers begin again here.
pub const NUMBERS: u32 = 1_000_000;
pub const NUMBER_DIGITS: usize = 6;

const DIGITS: usize = SENDER_DIGITS + NUMBER_DIGITS;
const LETTERS: &str = "the quick brown fox jumps over the lazy dog, ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_long_as_asked_for_and_tells_who_and_which() {
        for message in [
            Message::echo(Dialect::WebSocket, 99, 64),
            Message::echo(Dialect::SocketIo, 99, 64),
            Message::room(Dialect::WebSocket, "r001", 64),
            Message::room(Dialect::SocketIo, "r001", 1024),
            Message::raw(63, 16_384),
        ] {
            let message = message.unwrap();
            let length = message.text.len();
            assert!([64, 1024, 16_384].contains(&length), "{length}");
            let mut text = message.of_sender(42);
            let number_at = message.number_at();
            write_digits(123_456, &mut text[number_at..][..NUMBER_DIGITS]);
            assert_eq!(message.read(&text), Some((42, 123_456)));
        }
    }

    #[test]
    fn a_text_with_any_byte_changed_is_not_taken_for_the_same() {
        let message = Message::room(Dialect::WebSocket, "r001", 80).unwrap();
        let text = message.of_sender(7);
        for at in 0..text.len() {
            let mut changed = text.clone();
            changed[at] ^= 1;
            assert_ne!(message.read(&changed), Some((7, 0)), "byte {at}");
        }
        assert_eq!(message.read(&text[1..]), None);
    }

    #[test]
    fn too_few_bytes_are_refused_with_the_least_number() {
        let refused = Message::room(Dialect::WebSocket, "r001", 63).unwrap_err();
        assert!(refused.to_string().contains("64 are needed"), "{refused}");
    }
}
