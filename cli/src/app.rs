//! The app somebody stands in: where it is, how it is built, what it says of itself.

use crate::failure::Failure;
use crate::say::say;
use crate::shell;
use serde::Deserialize;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// The folder whose Cargo.toml has `[package.metadata.orcs]`.
#[derive(Debug)]
pub struct App {
    pub root: PathBuf,
}

/// The app's program, built.
#[derive(Debug)]
pub struct Program {
    root: PathBuf,
    executable: PathBuf,
}

/// What an app answers to `ORCS_DESCRIBE=1`: one line of JSON. Keys that are not
/// named here belong to other versions and are no error.
#[derive(Debug, Deserialize)]
pub struct Description {
    pub name: String,
    pub hosts: Vec<String>,
    pub port: u16,
    pub routes: Vec<RouteLine>,
}

/// One route of a description.
#[derive(Debug, Deserialize)]
pub struct RouteLine {
    pub path: String,
    /// `none` or `required`.
    pub auth: String,
    pub events: Vec<String>,
    /// Whether the route also takes events it does not name.
    #[serde(default)]
    pub fallback: bool,
    /// Whether the route takes binary messages.
    #[serde(default)]
    pub binary: bool,
    /// Whether its path is answered as if it did not exist.
    #[serde(default)]
    pub disabled: bool,
}

/// Asks a program to describe itself instead of listening.
pub const DESCRIBE: &str = "ORCS_DESCRIBE";

/// An answer takes milliseconds; a program that does not know the question would serve for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a program has written lies in the pipe when it ends; reading it takes milliseconds.
const GRACE: Duration = Duration::from_secs(1);

impl App {
    /// The nearest app at or above the current folder.
    pub fn find() -> Result<Self, Failure> {
        let here = std::env::current_dir()
            .map_err(|e| Failure::new(format!("cannot tell the current folder: {e}")))?;
        for root in here.ancestors() {
            if is_app(&root.join("Cargo.toml"))? {
                return Ok(Self {
                    root: root.to_owned(),
                });
            }
        }
        Err(Failure::not_an_app(
            "no orcs app here (looked for Cargo.toml with package.metadata.orcs up to /)",
        )
        .help("orcs new myapp"))
    }

    /// Builds the app with cargo, which says on stderr what it does.
    pub fn build(&self, release: bool) -> Result<Program, Failure> {
        // Set when cargo itself started us: the toolchain that was asked for.
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--message-format=json-render-diagnostics"]);
        if release {
            command.arg("--release");
        }
        let no_cargo = |e| {
            Failure::new(format!("cannot run cargo: {e}")).help("install Rust: https://rustup.rs")
        };
        let mut build = command
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(no_cargo)?;
        let messages = build.stdout.take().expect("stdout is piped");
        let executable = executable(messages, &self.root.join("src/main.rs"));
        if !build.wait().map_err(no_cargo)?.success() {
            return Err(Failure::new(
                "the app does not build; what cargo says is above",
            ));
        }
        let executable = executable.ok_or_else(|| {
            Failure::new(format!(
                "{} has no program in src/main.rs",
                shell::visible(&self.root)
            ))
            .help("an app starts in `main` of src/main.rs; the other files of src/ are modules")
        })?;
        Ok(Program {
            root: self.root.clone(),
            executable,
        })
    }
}

fn is_app(manifest: &Path) -> Result<bool, Failure> {
    let text = match std::fs::read_to_string(manifest) {
        Ok(text) => text,
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(false);
        }
        Err(e) => {
            return Err(Failure::new(format!(
                "cannot read {}: {e}",
                shell::visible(manifest)
            )));
        }
    };
    let manifest: toml::Table = text
        .parse()
        .map_err(|e| Failure::new(format!("{} is not valid: {e}", shell::visible(manifest))))?;
    let key = |key| move |value: &toml::Value| value.get(key).cloned();
    let package = manifest.get("package").cloned();
    Ok(package
        .and_then(|p| key("metadata")(&p))
        .and_then(|m| key("orcs")(&m))
        .is_some())
}

/// The program that cargo made of `main`, told by its messages.
fn executable(messages: impl Read, main: &Path) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        reason: String,
        target: Option<Target>,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        kind: Vec<String>,
        src_path: PathBuf,
    }
    let is_main = |target: &Target| {
        let is_bin = target.kind.iter().any(|kind| kind == "bin");
        is_bin && (target.src_path == main || same_file(&target.src_path, main))
    };
    let mut executable = None;
    // Read to the end: cargo must not wait for us.
    for line in BufReader::new(messages).lines().map_while(Result::ok) {
        let Ok(message) = serde_json::from_str::<Message>(&line) else {
            continue;
        };
        if message.reason == "compiler-artifact" && message.target.as_ref().is_some_and(is_main) {
            executable = message.executable.or(executable);
        }
    }
    executable
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

impl Program {
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
            say!("{}", String::from_utf8_lossy(&answer.stderr).trim_end());
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

    #[test]
    fn the_program_is_the_one_of_the_apps_main() {
        let artifact = |kind: &str, path: &str, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"kind":["{kind}"],"src_path":"{path}"}},"executable":{executable},"fresh":true}}"#
            )
        };
        let messages = [
            "not JSON, from a build script".to_owned(),
            artifact("lib", "/app/src/lib.rs", "null"),
            artifact("custom-build", "/app/src/main.rs", r#""/t/build""#),
            artifact("bin", "/app/src/bin/other.rs", r#""/t/other""#),
            artifact("bin", "/app/src/main.rs", r#""/t/app""#),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let found = executable(
            messages.join("\n").as_bytes(),
            Path::new("/app/src/main.rs"),
        );
        assert_eq!(found.as_deref(), Some(Path::new("/t/app")));
    }

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
