//! The repository that a new app begins with.

use super::place;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Whether a folder that may not exist yet lies in a repository.
pub fn is_inside_repository(dir: &Path) -> bool {
    let Some(dir) = place::resolve(dir) else {
        // Nobody can tell: a repository inside another one would be the worse guess.
        return true;
    };
    // In a worktree or a submodule `.git` is a file.
    dir.ancestors().any(|folder| folder.join(".git").exists())
}

/// A git that makes a folder a repository, while we write the files beside it. Waited for when
/// dropped: without git there is no repository, and a git that fails leaves nothing.
#[derive(Debug)]
pub struct Init {
    git: io::Result<Child>,
    dir: PathBuf,
}

impl Init {
    pub fn begin(dir: &Path) -> Self {
        let mut git = Command::new("git");
        for elsewhere in ELSEWHERE {
            git.env_remove(elsewhere);
        }
        git.args(["init", "--quiet"])
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self {
            git: git.spawn(),
            dir: dir.to_owned(),
        }
    }
}

impl Drop for Init {
    fn drop(&mut self) {
        let Ok(git) = &mut self.git else { return };
        if !git.wait().is_ok_and(|status| status.success()) {
            _ = fs::remove_dir_all(self.dir.join(".git"));
        }
    }
}

/// Set inside a hook or by `git --git-dir`; they would make git begin in another folder.
const ELSEWHERE: [&str; 5] = [
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_WORK_TREE",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_below_a_repository_is_inside() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_inside_repository(&dir.path().join("app")));
        // As in a worktree.
        fs::write(dir.path().join(".git"), "gitdir: elsewhere\n").unwrap();
        assert!(is_inside_repository(&dir.path().join("app")));
        assert!(is_inside_repository(&dir.path().join("apps/of/mine")));
    }
}
