//! `orcs ws -e EVENT -d JSON`: says something, prints what comes back, and goes.

use super::visit::{Ended, Until, Visit};
use crate::terminal::Failure;
use std::time::{Duration, Instant};

/// What is said, and how long is listened.
#[derive(Debug)]
pub struct Once {
    pub events: Vec<(String, String)>,
    pub listen: Option<Duration>,
    pub count: Option<usize>,
}

pub fn run(visit: &Visit, once: &Once) -> Result<(), Failure> {
    let mut session = visit.enter().map_err(|unopened| unopened.failure)?;
    for (event, payload) in &once.events {
        session.event(event, payload, &visit.show)?;
    }
    let mut until = once.until(visit);
    match visit.listen(&mut session, &mut until) {
        Ok(Ended::Enough) => visit.leave(&mut session),
        Ok(Ended::Closed(closing)) => {
            visit.judge(&closing)?;
            let is_missing = until.answered && session.unanswered() > 0 || until.messages.is_some();
            match is_missing {
                true => Err(Failure::new("the server closed before all of it had come")),
                false => Ok(()),
            }
        }
        Err(failure) => {
            visit.leave(&mut session)?;
            Err(failure)
        }
    }
}

impl Once {
    /// Until all is answered, unless `--for` or `--count` say otherwise.
    fn until(&self, visit: &Visit) -> Until {
        let listen = self
            .listen
            .or_else(|| (!visit.ids && self.count.is_none()).then_some(A_WHILE));
        Until {
            answered: listen.is_none() && self.count.is_none(),
            messages: self.count,
            came: 0,
            deadline: Some(
                listen.map_or_else(|| visit.deadline(), |listen| Instant::now() + listen),
            ),
        }
    }
}

/// Without answers nobody knows when there is no more to come.
const A_WHILE: Duration = Duration::from_secs(1);
