//! A new text in the place of a file's old one.

use super::secret;
use std::fs;
use std::io;
use std::path::Path;

/// Replaces a file that is there in one step: a full disk must not cost what it holds, and nobody
/// ever sees half of it. Who may read it stays as it was: a server may run as another user.
///
/// A link would become a file: give what it names.
pub fn replace(file: &Path, text: &str) -> io::Result<()> {
    let beside = file.with_extension(format!("orcs-{:08x}", getrandom::u32()?));
    secret::write_private(&beside, text)?;
    fs::metadata(file)
        .and_then(|old| fs::set_permissions(&beside, old.permissions()))
        .and_then(|()| fs::rename(&beside, file))
        .inspect_err(|_| _ = fs::remove_file(&beside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_keeps_who_may_read_it_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(".env");
        assert!(replace(&file, "new").is_err(), "there is none");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

        fs::write(&file, "old").unwrap();
        let mut permissions = fs::metadata(&file).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&file, permissions.clone()).unwrap();
        replace(&file, "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().permissions(), permissions);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
