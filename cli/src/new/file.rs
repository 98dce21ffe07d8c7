//! A file of an app to be.

use crate::app::secret;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What is written where, still in memory.
#[derive(Debug)]
pub struct File {
    /// Below the app's folder.
    pub path: PathBuf,
    pub contents: Vec<u8>,
    /// Only the owner may read it.
    pub private: bool,
}

impl File {
    pub fn new(path: impl Into<PathBuf>, contents: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            contents: contents.into(),
            private: false,
        }
    }

    /// Writes it below a folder, which gets the folders in between.
    ///
    /// # Errors
    /// `AlreadyExists` when something has its name; it is left alone.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let path = dir.join(&self.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        if self.private {
            return secret::write_private(&path, &String::from_utf8_lossy(&self.contents));
        }
        let mut file = fs::File::create_new(&path)?;
        // Half a file is none.
        io::Write::write_all(&mut file, &self.contents).inspect_err(|_| _ = fs::remove_file(&path))
    }
}
