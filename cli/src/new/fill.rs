//! `--force`: an app among files that are already there, none of which is changed.

use super::file::File;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the folder has under names the app needs, and with other contents.
pub fn conflicts<'a>(files: &'a [File], target: &Path) -> Vec<&'a Path> {
    let is_other = |file: &&File| matches!(look(file, target), Found::Other);
    files
        .iter()
        .filter(is_other)
        .map(|file| &*file.path)
        .collect()
}

/// Writes the files that are missing; a failure takes back what it wrote.
pub fn write(files: &[File], target: &Path) -> io::Result<()> {
    let mut added = Added::default();
    for file in files {
        if matches!(look(file, target), Found::Same) {
            continue;
        }
        added.folders(target, &file.path)?;
        file.write(target)?;
        added.files.push(target.join(&file.path));
    }
    added.stays = true;
    Ok(())
}

enum Found {
    Nothing,
    Same,
    Other,
}

fn look(file: &File, target: &Path) -> Found {
    let mut place = target.to_owned();
    for part in file.path.parent().into_iter().flat_map(Path::components) {
        place.push(part);
        match fs::symlink_metadata(&place) {
            Err(_) => return Found::Nothing,
            // Through a link we would write somewhere else.
            Ok(found) if !found.is_dir() => return Found::Other,
            Ok(_) => {}
        }
    }
    place = target.join(&file.path);
    match fs::symlink_metadata(&place) {
        Err(_) => Found::Nothing,
        // A `.env` is its owner's: the secret in it is not the one we would make.
        Ok(found) if found.is_file() && file.private => Found::Same,
        Ok(found) if found.is_file() && is_equal(&place, &file.contents) => Found::Same,
        Ok(_) => Found::Other,
    }
}

fn is_equal(path: &Path, contents: &[u8]) -> bool {
    fs::read(path).is_ok_and(|found| found == contents)
}

/// What was not there before; removed again unless all of it stays.
#[derive(Debug, Default)]
struct Added {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
    stays: bool,
}

impl Added {
    /// Makes the folders that a file lies in, outermost first.
    fn folders(&mut self, target: &Path, file: &Path) -> io::Result<()> {
        let mut folder = target.to_owned();
        for part in file.parent().into_iter().flat_map(Path::components) {
            folder.push(part);
            match fs::create_dir(&folder) {
                Ok(()) => self.folders.push(folder.clone()),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

impl Drop for Added {
    fn drop(&mut self) {
        if self.stays {
            return;
        }
        // What cannot be taken back cannot be helped; the first error is the one to report.
        for file in &self.files {
            _ = fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_takes_back_what_it_wrote_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("a")).unwrap();
        fs::write(dir.path().join("a/theirs"), "").unwrap();
        // A file cannot be a folder too.
        let files = ["a/b", "c/d/e", "f", "f/g"].map(|path| File::new(path, "x"));
        assert!(write(&files, dir.path()).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 1);
    }

    #[test]
    fn equal_files_are_no_conflict() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("same"), "x").unwrap();
        fs::write(dir.path().join("other"), "theirs").unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        fs::create_dir(dir.path().join("folder")).unwrap();
        let files = ["same", "other", "file/x", "folder", "new/x"].map(|path| File::new(path, "x"));
        let found = conflicts(&files, dir.path());
        assert_eq!(found, ["other", "file/x", "folder"].map(Path::new));
    }

    #[test]
    fn an_env_that_is_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".env"), "theirs").unwrap();
        let env = File {
            private: true,
            ..File::new(".env", "ours")
        };
        assert!(conflicts(std::slice::from_ref(&env), dir.path()).is_empty());
        write(&[env], dir.path()).unwrap();
        assert_eq!(
            fs::read_to_string(dir.path().join(".env")).unwrap(),
            "theirs"
        );
    }
}
