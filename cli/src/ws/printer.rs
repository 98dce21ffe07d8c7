//! Prints above the line that somebody types.

use rustyline::ExternalPrinter;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// A thread of its own: the editor takes what is printed only while it reads keys, and whoever
/// serves the connection must not wait for that.
pub struct Printer {
    texts: Sender<String>,
    waiting: Arc<AtomicUsize>,
}

impl Printer {
    pub fn start(mut editor: impl ExternalPrinter + Send + 'static) -> Self {
        let (texts, taken) = mpsc::channel::<String>();
        let waiting = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&waiting);
        thread::spawn(move || {
            for text in taken {
                _ = editor.print(text);
                counter.fetch_sub(1, Ordering::AcqRel);
            }
        });
        Self { texts, waiting }
    }

    /// Prints a text with the end of its line. A terminal is slower than a server: with many
    /// texts waiting the caller waits a little, so that the server has to wait as well.
    pub fn print(&self, text: String) {
        self.wait_until(MAX_WAITING, A_LITTLE);
        self.waiting.fetch_add(1, Ordering::AcqRel);
        _ = self.texts.send(text);
    }

    /// Waits a moment for what is not printed yet.
    pub fn finish(self) {
        self.wait_until(0, A_MOMENT);
    }

    fn wait_until(&self, waiting: usize, at_most: Duration) {
        let deadline = Instant::now() + at_most;
        while self.waiting.load(Ordering::Acquire) > waiting && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// A few screens.
const MAX_WAITING: usize = 200;
/// Not for ever: the editor may be between two lines.
const A_LITTLE: Duration = Duration::from_millis(50);
const A_MOMENT: Duration = Duration::from_millis(200);
