//! Other programs: found, run, and read while they speak.

use crate::failure::{Failure, Result};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A command of the cargo that runs this chore, in the repository's root.
pub fn cargo(words: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(words).current_dir(crate::root());
    command
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Result {
    let status = command.status().map_err(|error| cannot(command, &error))?;
    judged(command, status.success())
}

/// Runs a command to its end, and reads along what it prints.
pub fn run_read(command: &mut Command, mut read: impl FnMut(&str)) -> Result {
    each_line(command, |line| {
        // Whoever reads us may be gone (`| head`); the tests still run to their end.
        _ = std::io::stdout().write_all(line);
        _ = std::io::stdout().flush();
        read(String::from_utf8_lossy(line).trim_end());
    })
}

/// Runs a command to its end, and reads what it prints instead of showing it.
pub fn run_quietly(command: &mut Command, mut read: impl FnMut(&str)) -> Result {
    each_line(command, |line| {
        read(String::from_utf8_lossy(line).trim_end());
    })
}

fn each_line(command: &mut Command, mut act: impl FnMut(&[u8])) -> Result {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| cannot(command, &error))?;
    let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = Vec::new();
    while output
        .read_until(b'\n', &mut line)
        .map_err(|error| error.to_string())?
        > 0
    {
        act(&line);
        line.clear();
    }
    let status = child.wait().map_err(|error| cannot(command, &error))?;
    judged(command, status.success())
}

/// Whether a command can be run at all: `--version` works everywhere.
pub fn works(mut command: Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Where a program lies on PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file())
}

/// What cargo built beside this program, of one profile: `debug` or `release`.
pub fn built(profile: &str, program: &str) -> Result<PathBuf> {
    Ok(target()?
        .join(profile)
        .join(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
}

/// Where cargo builds.
pub fn target() -> Result<PathBuf> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = own.ancestors().nth(2).expect("target/debug/xtask");
    Ok(target.to_owned())
}

fn judged(command: &Command, succeeded: bool) -> Result {
    if succeeded {
        return Ok(());
    }
    Err(Failure::Chore(format!("`{}` failed", spelt(command))))
}

fn cannot(command: &Command, error: &std::io::Error) -> Failure {
    Failure::Chore(format!("cannot run `{}`: {error}", spelt(command)))
}

/// A command as one would type it.
fn spelt(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit(['/', '\\']).next().unwrap_or_default();
    command
        .get_args()
        .fold(program.to_owned(), |text, argument| {
            format!("{text} {}", argument.to_string_lossy())
        })
}
