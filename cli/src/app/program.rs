//! The built program: what starts it, and the question what it is.

use super::Description;
use crate::terminal::{Failure, insist, shell};
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// The app's program, built.
#[derive(Clone, Debug)]
pub struct Program {
    pub(super) root: PathBuf,
    pub(super) executable: PathBuf,
}

/// Asks a program to describe itself instead of listening.
pub const DESCRIBE: &str = "ORCS_DESCRIBE";

/// An answer takes milliseconds; a program that does not know the question would serve for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a program has written lies in the pipe when it ends; reading it takes milliseconds.
const GRACE: Duration = Duration::from_secs(1);

impl Program {
    /// Where cargo put it.
    pub fn path(&self) -> &Path {
        &self.executable
    }

    /// The program in the app's folder, where its `.env` and `public/` are.
    pub fn command(&self, settings: &[(&str, OsString)]) -> Command {
        let mut command = Command::new(&self.executable);
        command.current_dir(&self.root).env_remove(DESCRIBE);
        command.envs(settings.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Asks the program, which opens no port for it. Gives the line as it came, too.
    pub fn describe(
        &self,
        settings: &[(&str, OsString)],
    ) -> Result<(Description, String), Failure> {
        let mut command = self.command(settings);
        command.env(DESCRIBE, "1");
        let broken = |e| {
            Failure::new(format!(
                "cannot run {}: {e}",
                shell::visible(&self.executable)
            ))
        };
        let Some(answer) = ask(&mut command).map_err(broken)? else {
            let message = format!("the app did not describe itself within {PATIENCE:?}");
            return Err(Failure::new(message).help("let `main` do nothing before `orcs::serve`"));
        };
        if !answer.status.success() {
            insist!("{}", String::from_utf8_lossy(&answer.stderr).trim_end());
            return Err(Failure::new(format!(
                "the app does not start ({})",
                answer.status
            )));
        }
        // An app may print lines of its own before it gets to us.
        let stdout = String::from_utf8_lossy(&answer.stdout);
        let line = stdout
            .lines()
            .rfind(|line| line.starts_with('{'))
            .unwrap_or_default();
        let description = serde_json::from_str(line).map_err(|e| {
            Failure::new(format!("the app's description cannot be read: {e}"))
                .help("end `main` with `orcs::serve(..)`; is `orcs` older than the framework?")
        })?;
        Ok((description, line.to_owned()))
    }
}

struct Answer {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Runs the command to its end, or kills it and gives `None` when it takes too long.
fn ask(command: &mut Command) -> io::Result<Option<Answer>> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // Both pipes at once: a program blocks on the one that nobody empties.
    let stdout = collect(child.stdout.take().expect("stdout is piped"));
    let stderr = collect(child.stderr.take().expect("stderr is piped"));
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(2));
    };
    Ok(Some(Answer {
        status,
        stdout: gather(&stdout),
        stderr: gather(&stderr),
    }))
}

/// Empties a pipe as it fills, piece by piece.
fn collect(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, pieces) = mpsc::channel();
    thread::spawn(move || {
        let mut buffer = [0; 8 * 1024];
        loop {
            match pipe.read(&mut buffer) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // What came before an error is still worth showing.
                Ok(0) | Err(_) => return,
                Ok(length) if sender.send(buffer[..length].to_vec()).is_err() => return,
                Ok(_) => {}
            }
        }
    });
    pieces
}

/// What the program wrote before its end, as one text.
///
/// A pipe ends with the last process that holds it, and a program may leave one
/// behind, so its end is not waited for longer than `GRACE`.
fn gather(pieces: &Receiver<Vec<u8>>) -> Vec<u8> {
    let deadline = Instant::now() + GRACE;
    let mut bytes = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match pieces.recv_timeout(left) {
            Ok(piece) if !left.is_zero() => bytes.extend(piece),
            _ => return bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_process_that_a_program_leaves_behind_is_not_waited_for() {
        let start = Instant::now();
        let left_behind = "echo out; echo err >&2; sleep 20 &";
        let answer = ask(Command::new("sh").args(["-c", left_behind]));
        let answer = answer.unwrap().expect("the shell ends at once");
        assert!(answer.status.success());
        assert_eq!(
            (&*answer.stdout, &*answer.stderr),
            (&b"out\n"[..], &b"err\n"[..])
        );
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[cfg(unix)]
    #[test]
    fn a_long_answer_is_read_whole() {
        let answer = ask(Command::new("sh").args(["-c", "head -c 1000000 /dev/zero"]));
        let answer = answer.unwrap().expect("it takes a moment");
        assert_eq!(answer.stdout.len(), 1_000_000);
    }

    #[test]
    fn unknown_keys_of_a_description_are_ignored() {
        let description: Description = serde_json::from_str(
            r#"{"name":"a","hosts":["::1"],"port":1,"routes":[{"path":"/","auth":"none","events":[],"new":1}],"new":{}}"#,
        )
        .unwrap();
        assert_eq!(description.routes[0].path, "/");
    }
}
