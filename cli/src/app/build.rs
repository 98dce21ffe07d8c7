//! The app's program, built by cargo and found by cargo's messages.

use super::{App, Program, cargo_call};
use crate::terminal::{Failure, shell};
use serde::Deserialize;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

impl App {
    /// Builds the app with cargo, which says on stderr what it does.
    pub fn build(&self, release: bool) -> Result<Program, Failure> {
        self.build_with(if release { &["--release"] } else { &[] })
    }

    /// As [`App::build`], with more words for cargo.
    pub fn build_with(&self, words: &[&str]) -> Result<Program, Failure> {
        let mut command = self.cargo();
        command.args(["build", "--message-format=json-render-diagnostics"]);
        command.args(words);
        let mut build = command
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| cargo_call::cannot_run(&e))?;
        let messages = build.stdout.take().expect("stdout is piped");
        let executable = executable(messages, &self.main());
        let status = build.wait().map_err(|e| cargo_call::cannot_run(&e))?;
        if !status.success() {
            return Err(cargo_call::failure(status, "the app does not build"));
        }
        let executable = executable.ok_or_else(|| {
            Failure::new(format!(
                "{} has no program in src/main.rs",
                shell::visible(&self.root)
            ))
            .help("an app starts in `main` of src/main.rs; the other files of src/ are modules")
        })?;
        Ok(self.program(executable))
    }

    /// cargo in the app's folder, which is not spoken to.
    pub fn cargo(&self) -> Command {
        let mut command = cargo_call::command();
        command.current_dir(&self.root).stdin(Stdio::null());
        command
    }

    /// What cargo has built, ready to be started in the app's folder.
    pub fn program(&self, executable: PathBuf) -> Program {
        Program {
            root: self.root.clone(),
            executable,
        }
    }

    /// Where an app begins.
    pub fn main(&self) -> PathBuf {
        self.root.join("src/main.rs")
    }
}

/// What cargo says it has compiled.
#[derive(Debug, Deserialize)]
pub struct Target {
    kind: Vec<String>,
    src_path: PathBuf,
}

impl Target {
    /// Whether it is the program that begins in this file.
    pub fn is_program(&self, main: &Path) -> bool {
        let is_bin = self.kind.iter().any(|kind| kind == "bin");
        is_bin && (self.src_path == main || same_file(&self.src_path, main))
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// The program that cargo made of `main`, told by its messages.
fn executable(messages: impl Read, main: &Path) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        reason: String,
        target: Option<Target>,
        executable: Option<PathBuf>,
    }
    let is_main = |target: &Target| target.is_program(main);
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
}
