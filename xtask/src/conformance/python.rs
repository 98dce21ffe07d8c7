//! A Python 2.7: Autobahn's suite is written in it.

use crate::failure::Result;
use crate::process::{find, run, works};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An interpreter that runs.
#[derive(Debug)]
pub struct Python {
    program: PathBuf,
}

impl Python {
    /// The one on PATH, else the newest of pyenv's.
    pub fn find() -> Option<Self> {
        find("python2.7")
            .into_iter()
            .chain(pyenv().iter().flat_map(|root| installed(root)))
            // pyenv puts a script on PATH that only says where to look.
            .find(|program| runs(program))
            .map(|program| Self { program })
    }

    /// Makes an environment of its own in `folder`, and installs `package` there.
    ///
    /// `tools` is for what makes the environment. An old virtualenv is the last one that
    /// knows this Python; nothing is installed outside of the two folders.
    pub fn environment(&self, folder: &Path, tools: &Path, package: &str) -> Result {
        run(self
            .pip()
            .args(["--upgrade", "--target"])
            .args([tools.as_os_str(), VIRTUALENV.as_ref()]))?;
        run(Command::new(&self.program)
            .args(["-m", "virtualenv", "--quiet", "--clear"])
            .arg(folder)
            .env("PYTHONPATH", tools))?;
        let environment = Self {
            program: folder.join("bin/python"),
        };
        run(environment.pip().arg(package))
    }

    fn pip(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["-m", "pip", "install", "--quiet"]);
        // Everybody knows by now that both are old.
        for warning in [
            "PIP_DISABLE_PIP_VERSION_CHECK",
            "PIP_NO_PYTHON_VERSION_WARNING",
        ] {
            command.env(warning, "1");
        }
        command
    }
}

/// Where pyenv keeps its interpreters.
fn pyenv() -> Option<PathBuf> {
    std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".pyenv")))
}

/// The interpreters of this kind below pyenv's folder, newest first.
fn installed(pyenv: &Path) -> Vec<PathBuf> {
    let versions = fs::read_dir(pyenv.join("versions"));
    let mut versions: Vec<_> = versions
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some((name.strip_prefix("2.7.")?.parse::<u32>().ok()?, name)))
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    let program = |name: &str| pyenv.join("versions").join(name).join("bin/python2.7");
    versions.iter().map(|(_, name)| program(name)).collect()
}

fn runs(program: &Path) -> bool {
    let mut command = Command::new(program);
    command.args(["-c", "import pip"]);
    works(command)
}

/// The last one that makes environments for Python 2.7.
const VIRTUALENV: &str = "virtualenv==20.15.1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_pyenvs_interpreters_comes_first() {
        let root = std::env::temp_dir().join(format!("orcs-pyenv-{}", std::process::id()));
        for version in ["2.7.9", "2.7.18", "3.12.1", "2.7-dev", "2.7.13"] {
            fs::create_dir_all(root.join("versions").join(version)).expect("a folder");
        }
        let found = installed(&root);
        let expected = ["2.7.18", "2.7.13", "2.7.9"]
            .map(|version| root.join("versions").join(version).join("bin/python2.7"));
        fs::remove_dir_all(&root).expect("it was made above");
        assert_eq!(found, expected);
        assert!(installed(&root).is_empty(), "no pyenv, no interpreter");
    }

    #[test]
    fn what_does_not_run_is_no_interpreter() {
        assert!(!runs(Path::new("/nowhere/python2.7")));
        // As pyenv's script does when no version is chosen.
        assert!(!runs(Path::new("false")));
    }
}
