//! The first build of a new app, begun while its owner still reads.

use crate::app::cargo_call;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where cargo's messages go, below the app's folder; `orcs serve` counts them.
const MESSAGES: &str = "target/first-build.jsonl";

/// Starts cargo and leaves it alone: it holds neither our terminal nor our pipes, and ends
/// by itself. In CI the next step builds anyway.
///
/// # Errors
/// Cargo cannot be run, say; nothing is left in the app.
pub fn start(app: &Path) -> io::Result<()> {
    let (messages, target) = (app.join(MESSAGES), app.join("target"));
    fs::create_dir_all(&target)?;
    let started = File::create_new(&messages).and_then(|file| detached(app, file).spawn());
    if let Err(e) = started {
        // A build that is under way already has its own.
        if e.kind() != io::ErrorKind::AlreadyExists {
            _ = fs::remove_file(&messages);
            _ = fs::remove_dir(&target);
        }
        return Err(e);
    }
    Ok(())
}

fn detached(app: &Path, messages: File) -> Command {
    let mut command = cargo_call::command();
    command
        .args(["build", "--quiet", "--message-format=json"])
        .current_dir(app)
        .stdin(Stdio::null())
        .stdout(messages)
        .stderr(Stdio::null());
    // Ctrl-C is for who stands in the terminal, not for this.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// Whether this machine has built an app of this version before.
pub fn is_first_here() -> bool {
    let build = concat!("orcs/build-", env!("CARGO_PKG_VERSION"));
    cargo_call::cargo_home().is_none_or(|home| !home.join(build).exists())
}
