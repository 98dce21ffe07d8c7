//! Ctrl-C and its kin, as events.

use super::event::{Bus, Event};
use crate::terminal::Failure;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use std::thread;

/// From here on they do not end us by themselves.
pub fn listen(bus: Bus) -> Result<(), Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT])
        .map_err(|e| Failure::new(format!("cannot listen to signals: {e}")))?;
    thread::spawn(move || {
        for signal in signals.forever() {
            if bus.send(Event::Signal(signal)).is_err() {
                return;
            }
        }
    });
    Ok(())
}
