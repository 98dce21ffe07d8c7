//! An app's folder: whole, or not at all.

use super::file::File;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Writes the files as the folder `target`, which must not exist or be empty.
///
/// Everything is written beside its place and moved there by a rename, so that
/// nobody ever sees half an app, and a failure leaves nothing behind. What `begin`
/// gives works in the folder too; it is dropped before the folder moves.
pub fn write<T>(files: &[File], target: &Path, begin: impl FnOnce(&Path) -> T) -> io::Result<()> {
    let (mut stage, is_there) = if target.is_dir() {
        // The folder stays itself: a shell may stand in it, a volume may be mounted on it.
        (Stage::inside(target)?, true)
    } else {
        (Stage::beside(target)?, false)
    };
    let beside = begin(&stage.dir);
    for file in files {
        file.write(&stage.dir)?;
    }
    drop(beside);
    if is_there {
        stage.move_into(target)
    } else {
        stage.become_dir(target)
    }
}

/// The folder that is written first; dropped before it reached its place, it
/// takes back everything that was made for it.
#[derive(Debug)]
struct Stage {
    dir: PathBuf,
    /// Parents that did not exist before, outermost first.
    parents: Vec<PathBuf>,
    /// Entries that have already reached their place.
    moved: Vec<PathBuf>,
    done: bool,
}

impl Stage {
    fn beside(target: &Path) -> io::Result<Self> {
        let parent = target.parent().unwrap_or(Path::new(""));
        let mut stage = Self::at(parent)?;
        let mut ancestors: Vec<_> = parent
            .ancestors()
            .filter(|ancestor| !ancestor.as_os_str().is_empty())
            .collect();
        ancestors.reverse();
        for ancestor in ancestors {
            match fs::create_dir(ancestor) {
                Ok(()) => stage.parents.push(ancestor.to_owned()),
                // Somebody's folder, or the root of a read-only system: fine as it is.
                Err(_) if ancestor.is_dir() => {}
                Err(e) => return Err(e),
            }
        }
        fs::create_dir(&stage.dir)?;
        Ok(stage)
    }

    fn inside(target: &Path) -> io::Result<Self> {
        let stage = Self::at(target)?;
        fs::create_dir(&stage.dir)?;
        Ok(stage)
    }

    fn at(parent: &Path) -> io::Result<Self> {
        let dir = parent.join(format!(".orcs-new-{:08x}", getrandom::u32()?));
        Ok(Self {
            dir,
            parents: Vec::new(),
            moved: Vec::new(),
            done: false,
        })
    }

    fn become_dir(&mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.dir, target)?;
        self.done = true;
        Ok(())
    }

    fn move_into(&mut self, target: &Path) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let place = target.join(entry.file_name());
            fs::rename(entry.path(), &place)?;
            self.moved.push(place);
        }
        fs::remove_dir(&self.dir)?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        // What cannot be taken back cannot be helped; the first error is the one to report.
        for place in &self.moved {
            _ = if place.is_dir() {
                fs::remove_dir_all(place)
            } else {
                fs::remove_file(place)
            };
        }
        _ = fs::remove_dir_all(&self.dir);
        for parent in self.parents.iter().rev() {
            _ = fs::remove_dir(parent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let file = |path: &str| File::new(path, "x");
        // A file cannot be a folder too.
        let files = [file("a/b"), file("c"), file("c/d")];

        assert!(write(&files, &dir.path().join("new/parents/app"), |_| {}).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

        assert!(write(&files, dir.path(), |_| {}).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_was_made_beside_is_taken_back_too() {
        let dir = tempfile::tempdir().unwrap();
        let app = dir.path().join("app");
        let begin = |stage: &Path| {
            fs::create_dir_all(stage.join(".git/objects")).unwrap();
            // Somebody else was quicker.
            fs::create_dir(&app).unwrap();
            fs::write(app.join("theirs"), "").unwrap();
        };
        assert!(write(&[File::new("a", "x")], &app, begin).is_err());
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().flatten().collect();
        assert_eq!(left.len(), 1);
        assert_eq!(fs::read_dir(&app).unwrap().count(), 1);
    }

    #[test]
    fn an_empty_folder_stays_the_same_folder() {
        let dir = tempfile::tempdir().unwrap();
        write(&[File::new("routes/mod.rs", "")], dir.path(), |_| {}).unwrap();
        assert!(dir.path().join("routes/mod.rs").is_file());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
