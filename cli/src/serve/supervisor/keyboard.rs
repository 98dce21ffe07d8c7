//! What single keys do.

use super::{End, Supervisor};
use crate::terminal::{Failure, say};

impl Supervisor {
    pub(super) fn key(&mut self, key: u8) -> Result<Option<End>, Failure> {
        match key {
            b'r' => self.begin_build(Vec::new(), true)?,
            b'o' => self.open_page(),
            b'c' => self.clear(),
            b'p' => self.pause()?,
            b'v' => self.speak_up(),
            b'h' | b'?' => self.quietly(help),
            b'q' => return Ok(Some(End::Asked { by_signal: false })),
            _ => {}
        }
        Ok(None)
    }

    /// Empties the screen, and what can be scrolled back to.
    fn clear(&self) {
        self.quietly(|| say!("\x1b[H\x1b[2J\x1b[3J"));
    }

    fn pause(&mut self) -> Result<(), Failure> {
        self.is_paused = !self.is_paused;
        let words = match self.is_paused {
            true => "paused: changes wait for another p",
            false => "going on",
        };
        self.quietly(|| self.report.note(words));
        match self.is_paused {
            true => Ok(()),
            false => self.act_on_changes(),
        }
    }

    fn speak_up(&mut self) {
        self.is_verbose = !self.is_verbose;
        let words = match self.is_verbose {
            true => "verbose: what cargo says is shown, and warnings are whole",
            false => "verbose no more",
        };
        self.quietly(|| self.report.note(words));
    }
}

fn help() {
    for line in HELP {
        say!("    {line}");
    }
}

/// All of them in one line.
pub(super) const KEYS: &str = "r rebuild  o open  c clear  p pause  v verbose  q quit  h help";

const HELP: [&str; 7] = [
    "r  build and start again",
    "o  open the page",
    "c  clear the screen",
    "p  pause, and go on: changes wait meanwhile",
    "v  show what cargo says, and whole warnings",
    "q  quit",
    "h  this help",
];
