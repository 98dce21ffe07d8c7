//! The end: everybody is told, waited for, and at last killed.

use super::event::{Event, Events};
use super::generation::Generation;
use super::settings;
use super::{End, Supervisor};
use rustix::process::Signal;
use signal_hook::consts::{SIGCONT, SIGINT, SIGTSTP};
use signal_hook::low_level::emulate_default_handler;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

impl Supervisor {
    pub(super) fn signal(&mut self, signal: i32) -> Option<End> {
        match signal {
            SIGCONT => {
                if let Some(keys) = &self.keys {
                    keys.take();
                }
                None
            }
            SIGTSTP => {
                if let Some(keys) = &self.keys {
                    keys.give_back();
                }
                // We stand still in here, until `fg`; the app goes on.
                _ = emulate_default_handler(SIGTSTP);
                None
            }
            SIGINT => Some(End::Asked { by_signal: true }),
            _ => Some(End::Terminated),
        }
    }

    /// Ends all that we have started; gives the exit code.
    pub(super) fn stop(mut self, end: End, events: &Events) -> i32 {
        // Whoever does not read keys any more gives the terminal back first.
        drop(self.keys.take());
        let is_building = self.build.take().is_some();
        let serves = self.current.is_some();
        let running = [self.current.take(), self.next.take()];
        let mut left: Vec<Generation> = running
            .into_iter()
            .flatten()
            .map(|running| running.generation)
            .collect();
        let farewell = match end {
            // Closes clients with 1001: this app does not come back.
            End::Asked { .. } | End::App(_) => Signal::INT,
            End::Terminated => Signal::TERM,
        };
        for generation in &left {
            generation.signal(farewell);
        }
        // These were asked before; asked again, an app ends at once and cuts its clients off.
        left.extend(self.old.drain(..).map(|(old, _)| old));
        let deadline = Instant::now() + settings::patience();
        let mut hint = Some(Instant::now() + SHORT);
        while !left.is_empty() {
            let next = hint.unwrap_or(deadline);
            match events.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(Event::Exited(number, _)) => {
                    left.retain(|generation| generation.number != number);
                }
                Ok(Event::Signal(signal)) if ![SIGCONT, SIGTSTP].contains(&signal) => kill(&left),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) if hint.take().is_some() => {
                    let words = "waiting for the app to stop; another Ctrl-C ends it at once";
                    self.report.note(words);
                }
                Err(_) => {
                    kill(&left);
                    break;
                }
            }
        }
        match end {
            End::App(code) => code,
            End::Asked { by_signal: true } if is_building && !serves => INTERRUPTED,
            End::Asked { .. } | End::Terminated => 0,
        }
    }
}

fn kill(left: &[Generation]) {
    for generation in left {
        generation.signal(Signal::KILL);
    }
}

/// An app that only closes its clients has ended before.
const SHORT: Duration = Duration::from_secs(1);

/// What a shell gives for Ctrl-C.
const INTERRUPTED: i32 = 130;
