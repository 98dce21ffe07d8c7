//! What is logged while a file's tests run, by whichever of them.

use std::io::{self, Write};
use std::sync::{LazyLock, Mutex};
use tracing::Level;

/// The lines so far that hold all of these texts. Those that are logged before the first call
/// are not there, so a test calls it once when it begins.
pub fn lines_with(texts: &[&str]) -> Vec<String> {
    LazyLock::force(&LISTENING);
    let log = LOG.lock().expect("nobody panics while logging");
    let log = String::from_utf8_lossy(&log);
    let lines = log.lines();
    let lines = lines.filter(|line| texts.iter().all(|text| line.contains(text)));
    lines.map(str::to_owned).collect()
}

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

// For all threads: a subscriber of one thread alone misses what another one logged first.
static LISTENING: LazyLock<()> = LazyLock::new(|| {
    tracing_subscriber::fmt()
        .with_max_level(Level::DEBUG)
        .with_ansi(false)
        .with_writer(|| Lines)
        .init();
});

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = LOG.lock().expect("nobody panics while logging");
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
