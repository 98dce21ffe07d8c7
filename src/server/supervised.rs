//! An app that `orcs serve` has started does not outlive it.

use super::shutdown::ShutdownHandle;
use std::io;
use std::thread;

/// Stops the server, as SIGTERM does, when nobody holds the other end of its stdin any more:
/// a supervisor that was killed could not say so.
pub(super) fn stop_with_the_supervisor(handle: ShutdownHandle) {
    if !stdin_is_a_pipe() {
        // Of /dev/null the end is there at once.
        return;
    }
    let watch = move || {
        // What somebody may write there is for nobody. An error is an end too.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        handle.restart();
    };
    // A thread and not a task: tokio reads stdin by a thread too, and waits for it at the end.
    let started = thread::Builder::new().name("orcs-supervised".into());
    if let Err(error) = started.spawn(watch) {
        tracing::warn!("no thread to notice the supervisor's end: {error}");
    }
}

#[cfg(unix)]
fn stdin_is_a_pipe() -> bool {
    use std::fs::File;
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;
    let stdin = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let metadata = stdin.and_then(|stdin| stdin.metadata());
    metadata.is_ok_and(|metadata| metadata.file_type().is_fifo())
}

#[cfg(not(unix))]
fn stdin_is_a_pipe() -> bool {
    use std::io::IsTerminal;
    !io::stdin().is_terminal()
}
