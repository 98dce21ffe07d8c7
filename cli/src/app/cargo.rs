//! Cargo, in the app's folder.

use super::{App, Program};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

impl App {
    /// The cargo that was asked for, which is not spoken to.
    pub fn cargo(&self) -> Command {
        // Set when cargo itself started us: the toolchain that was asked for.
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
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
