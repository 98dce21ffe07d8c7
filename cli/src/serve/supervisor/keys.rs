//! Single keys of the terminal, while it is ours.

use super::event::{Bus, Event};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};
use std::io::{self, IsTerminal, Read};
use std::thread;

/// Keys come one by one and are not shown; dropping it gives the terminal back as it was.
#[derive(Debug)]
pub struct Keys {
    before: Termios,
}

impl Keys {
    /// `None` where nobody types: no terminal, or one that another program has.
    pub fn listen(bus: Bus) -> Option<Self> {
        let stdin = io::stdin();
        if !stdin.is_terminal() || !is_in_front() {
            return None;
        }
        let keys = Self {
            before: tcgetattr(&stdin).ok()?,
        };
        keys.take();
        thread::spawn(move || {
            for byte in io::stdin().lock().bytes().map_while(Result::ok) {
                if bus.send(Event::Key(byte)).is_err() {
                    return;
                }
            }
        });
        Some(keys)
    }

    /// Takes the terminal (again, after Ctrl-Z and `fg`): a key comes without Enter. Ctrl-C
    /// still interrupts, and lines still begin at the left.
    pub fn take(&self) {
        if !is_in_front() {
            return;
        }
        let mut keys = self.before.clone();
        keys.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        keys.special_codes[SpecialCodeIndex::VMIN] = 1;
        keys.special_codes[SpecialCodeIndex::VTIME] = 0;
        _ = tcsetattr(io::stdin(), OptionalActions::Now, &keys);
    }

    /// Before Ctrl-Z lets somebody else type: not every shell mends the terminal itself.
    pub fn give_back(&self) {
        // Whoever has the terminal now has set it up himself.
        if is_in_front() {
            _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// In the background, touching the terminal would stop us (SIGTTIN, SIGTTOU).
fn is_in_front() -> bool {
    tcgetpgrp(io::stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
}
