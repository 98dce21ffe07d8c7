//! What each receiver must get next from each sender of its room.

use crate::failure::Result;
use crate::message::NUMBERS;

/// Order, loss and doubles, checked with each delivery.
#[derive(Debug)]
pub struct Ledger {
    senders: usize,
    next: Vec<u32>,
}

impl Ledger {
    pub fn new(receivers: usize, senders: usize) -> Self {
        Self {
            senders,
            next: vec![0; receivers * senders],
        }
    }

    /// Takes a delivery that is the next of its sender.
    pub fn receive(&mut self, receiver: usize, sender: usize, number: u32) -> Result {
        if sender >= self.senders {
            return Err(format!("client {receiver} got a message of nobody ({sender})").into());
        }
        let next = &mut self.next[receiver * self.senders + sender];
        if *next != number {
            return Err(wrong(receiver, sender, *next, number).into());
        }
        *next = (number + 1) % NUMBERS;
        Ok(())
    }

    /// Makes sure that a receiver got all that a sender sent.
    pub fn finish(&self, receiver: usize, sender: usize, sent: u32) -> Result {
        let next = self.next[receiver * self.senders + sender];
        let missing = (sent % NUMBERS + NUMBERS - next) % NUMBERS;
        match missing {
            0 => Ok(()),
            _ => Err(format!(
                "client {receiver} waits for {missing} messages of sender {sender}, \
                 from number {next} on: lost"
            )
            .into()),
        }
    }
}

fn wrong(receiver: usize, sender: usize, next: u32, number: u32) -> String {
    // Numbers begin again at some time, so the shorter way round decides.
    let ahead = (number + NUMBERS - next) % NUMBERS;
    let what = if ahead < NUMBERS / 2 {
        "lost or out of order"
    } else {
        "a double or out of order"
    };
    format!(
        "client {receiver} got message {number} of sender {sender} where {next} was due: {what}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(numbers: &[u32]) -> Result {
        let mut ledger = Ledger::new(2, 2);
        numbers
            .iter()
            .try_for_each(|number| ledger.receive(1, 1, *number))?;
        ledger.finish(1, 1, 4)
    }

    #[test]
    fn what_is_complete_and_in_order_is_taken() {
        assert_eq!(receive(&[0, 1, 2, 3]), Ok(()));
    }

    #[test]
    fn a_dropped_a_doubled_and_a_swapped_message_are_found() {
        for (numbers, sentence) in [
            (
                &[0, 2][..],
                "got message 2 of sender 1 where 1 was due: lost",
            ),
            (
                &[0, 1, 1],
                "got message 1 of sender 1 where 2 was due: a double",
            ),
            (&[1, 0], "where 0 was due: lost or out of order"),
            (
                &[0, 1, 2],
                "waits for 1 messages of sender 1, from number 3 on: lost",
            ),
            (&[], "waits for 4 messages"),
            (&[0, 1, 2, 3, 4], "lost"),
        ] {
            let problem = receive(numbers).expect_err("it is taken").to_string();
            assert!(problem.contains(sentence), "{numbers:?}: {problem}");
        }
    }

    #[test]
    fn receivers_and_senders_are_kept_apart() {
        let mut ledger = Ledger::new(2, 2);
        for receiver in 0..2 {
            for sender in 0..2 {
                assert_eq!(ledger.receive(receiver, sender, 0), Ok(()));
            }
        }
        assert!(ledger.receive(0, 2, 0).is_err(), "there is no third sender");
    }

    #[test]
    fn numbers_begin_again_after_the_last() {
        let mut ledger = Ledger::new(1, 1);
        ledger.next[0] = NUMBERS - 1;
        assert_eq!(ledger.receive(0, 0, NUMBERS - 1), Ok(()));
        assert_eq!(ledger.receive(0, 0, 0), Ok(()));
        assert_eq!(ledger.finish(0, 0, NUMBERS + 1), Ok(()));
        let again = ledger.receive(0, 0, NUMBERS - 1).unwrap_err().to_string();
        assert!(again.contains("a double"), "{again}");
    }
}
