//! What the supervisor hears, from all that goes on beside it.

use super::cargo::Heard;
use super::watch::Changes;
use crate::app::Description;
use std::process::ExitStatus;
use std::sync::mpsc::{Receiver, Sender};

/// One thing that happened. Numbers tell builds and generations of the app apart: word of
/// one that was given up may still be on its way.
#[derive(Debug)]
pub enum Event {
    /// Files were written, once they have been quiet for a moment.
    Changed(Changes),
    /// Cargo said something.
    Cargo(u64, Heard),
    /// A generation of the app listens.
    Ready(u64),
    /// A generation of the app has ended.
    Exited(u64, ExitStatus),
    /// What a generation of the app says of itself.
    Described(u64, Box<Description>),
    /// A key was pressed.
    Key(u8),
    /// The operating system asks for something.
    Signal(i32),
}

pub type Bus = Sender<Event>;
pub type Events = Receiver<Event>;
