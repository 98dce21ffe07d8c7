//! `orcs ws --watch`: only listens, and comes back when the connection ends.

use super::once::Once;
use super::visit::{Ended, Pauses, Until, Visit};
use crate::terminal::Failure;
use std::thread;
use std::time::Instant;

pub fn run(visit: &Visit, once: &Once) -> Result<(), Failure> {
    let mut until = Until {
        messages: once.count,
        deadline: once.listen.map(|listen| Instant::now() + listen),
        ..Until::default()
    };
    // Who mistyped the URL wants to know.
    let mut session = visit.enter().map_err(|unopened| unopened.failure)?;
    loop {
        match visit.listen(&mut session, &mut until)? {
            Ended::Enough => return visit.leave(&mut session),
            Ended::Closed(closing) if !closing.may_return() => return visit.judge(&closing),
            Ended::Closed(closing) => visit.show.closed_words(&closing),
        }
        let mut pauses = Pauses::new();
        session = loop {
            let pause = pauses.next();
            if until
                .deadline
                .is_some_and(|deadline| Instant::now() + pause > deadline)
            {
                return Ok(());
            }
            visit.show.note(&format!("  again in {pause:?}"));
            thread::sleep(pause);
            match visit.enter() {
                Ok(session) => break session,
                Err(unopened) if unopened.may_return => {}
                Err(unopened) => return Err(unopened.failure),
            }
        };
    }
}
