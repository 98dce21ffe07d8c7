//! The repository that a new app begins with.

use super::place;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether a folder that may not exist yet lies in a repository.
pub fn is_inside_repository(dir: &Path) -> bool {
    let Some(dir) = place::resolve(dir) else {
        // Nobody can tell: a repository inside another one would be the worse guess.
        return true;
    };
    // In a worktree or a submodule `.git` is a file.
    dir.ancestors().any(|folder| folder.join(".git").exists())
}

/// Makes a folder a repository. Without git there is none, and a git that fails leaves nothing.
pub fn init(dir: &Path) {
    let mut git = Command::new("git");
    for elsewhere in ELSEWHERE {
        git.env_remove(elsewhere);
    }
    let status = git
        .args(["init", "--quiet"])
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        _ = fs::remove_dir_all(dir.join(".git"));
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
