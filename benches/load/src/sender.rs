//! One client's messages: each with the next number, the rest written once.

use crate::codec::{self, Opcode};
use crate::message::{Message, NUMBER_DIGITS, NUMBERS, write_digits};

/// A frame that is masked already, but for its number.
#[derive(Debug)]
pub struct Sender {
    frame: Vec<u8>,
    number_at: usize,
    mask: [u8; NUMBER_DIGITS],
    sent: u32,
}

impl Sender {
    pub fn new(message: &Message, sender: usize, connection: usize) -> Self {
        let (mut frame, key) = (Vec::new(), codec::key(connection));
        let start = codec::write(&mut frame, Opcode::Text, &message.of_sender(sender), key);
        let first = message.number_at();
        Self {
            frame,
            number_at: start + first,
            mask: std::array::from_fn(|at| key[(first + at) % 4]),
            sent: 0,
        }
    }

    /// How many it has said.
    pub fn sent(&self) -> u32 {
        self.sent
    }

    /// Appends the next message, and tells its number.
    pub fn say(&mut self, out: &mut Vec<u8>) -> u32 {
        let number = self.sent % NUMBERS;
        let digits = &mut self.frame[self.number_at..][..NUMBER_DIGITS];
        write_digits(number, digits);
        for (digit, mask) in digits.iter_mut().zip(self.mask) {
            *digit ^= mask;
        }
        out.extend_from_slice(&self.frame);
        self.sent += 1;
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;

    #[test]
    fn each_frame_unmasks_to_the_next_message() {
        for connection in [0, 1, 2, 77] {
            let message = Message::room(Dialect::WebSocket, "r007", 200).unwrap();
            let mut sender = Sender::new(&message, 3, connection);
            for number in 0..12 {
                let mut frame = Vec::new();
                assert_eq!(sender.say(&mut frame), number);
                let (head, payload) = frame.split_at(8);
                assert_eq!(head[..4], [0x81, 0x80 | 126, 0, 200]);
                let text: Vec<u8> = payload
                    .iter()
                    .zip(head[4..].iter().cycle())
                    .map(|(byte, key)| byte ^ key)
                    .collect();
                assert_eq!(message.read(&text), Some((3, number)));
            }
            assert_eq!(sender.sent(), 12);
        }
    }
}
