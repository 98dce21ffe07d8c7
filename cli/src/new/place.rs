//! Where an app is to be: what its path says, and whether nobody is there.

use super::name::Name;
use crate::terminal::{Failure, shell};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A place whose last part can be the name of an app.
#[derive(Debug)]
pub struct Place {
    /// Without its last slashes and dots, for renames and for `cd`.
    pub target: PathBuf,
    pub name: Name,
}

impl Place {
    pub fn parse(path: &Path) -> Result<Self, Failure> {
        Ok(Self {
            name: name_of(path)?,
            target: target(path),
        })
    }

    /// Refuses a place that holds something, and says which name is free to take.
    ///
    /// With `force`, a folder may hold something.
    pub fn check_free(&self, force: bool) -> Result<(), Failure> {
        let path = &*self.target;
        let given = shell::visible(path);
        let another = || instead(path, &Name::suggest(&format!("{}-2", self.name)));
        let error = match holds_something(path) {
            Ok(false) => return Ok(()),
            Ok(true) if force => return Ok(()),
            Ok(true) => {
                let refusal = Failure::new(format!("`{given}` already exists and is not empty"));
                return Err(refusal.help(format!(
                    "{}, or --force to write into it (no file there is changed or deleted)",
                    another()
                )));
            }
            Err(e) => e,
        };
        match obstacle(path) {
            Some((place, why)) if place == path => {
                Err(Failure::new(format!("`{given}` already exists and {why}")).help(another()))
            }
            Some((place, why)) => Err(Failure::new(format!("`{}` {why}", shell::visible(place)))),
            None if error.kind() == io::ErrorKind::NotFound => Ok(()),
            None => Err(Failure::new(format!("cannot look into `{given}`: {error}"))),
        }
    }

    /// The refusal to write over other files of the same names.
    pub fn has_others(&self, files: &[&Path]) -> Failure {
        let names: Vec<_> = files.iter().map(shell::visible).collect();
        Failure::new(format!(
            "`{}` has other files of these names: {}",
            shell::visible(&self.target),
            names.join(", ")
        ))
        .help(format!(
            "move them away, or {}",
            instead(&self.target, &Name::suggest(&format!("{}-2", self.name)))
        ))
    }
}

/// Whether a folder has files of somebody's. A repository that is still empty has none.
pub fn holds_something(dir: &Path) -> io::Result<bool> {
    let mut entries = fs::read_dir(dir)?;
    Ok(entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != ".git")))
}

/// The path without links, although its last folders may not exist yet.
pub fn resolve(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let (real, existing) = path
        .ancestors()
        .find_map(|ancestor| Some((ancestor.canonicalize().ok()?, ancestor)))?;
    let missing = path.strip_prefix(existing).ok()?;
    // What `..` leads to cannot be told before the folder in front of it exists.
    let plain = missing
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    // Joining nothing would leave a slash at the end.
    plain.then(|| real.components().chain(missing.components()).collect())
}

/// The last part of the path, when it can be a name.
fn name_of(path: &Path) -> Result<Name, Failure> {
    let given = path.to_string_lossy();
    // On Windows a backslash only separates folders.
    let hostile = |c: char| shell::is_unseen(c) || (c == '\\' && !cfg!(windows));
    if given.contains(hostile) {
        let last = given
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        let message = format!(
            "`{}` cannot be the path of an app: no control or invisible characters, no backslashes",
            shell::visible(&*given)
        );
        return Err(Failure::new(message).help(format!("orcs new {}", Name::suggest(last))));
    }

    // `.` is the folder we stand in, whose name must do; `..` stays without a name.
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let last = absolute
        .file_name()
        .unwrap_or("..".as_ref())
        .to_string_lossy();
    Name::parse(&last).map_err(|reason| {
        let message = format!(
            "`{}` cannot be the name of an app: {reason}",
            shell::visible(&*last)
        );
        Failure::new(message).help(instead(path, &Name::suggest(&last)))
    })
}

/// The command with another name, in the same folder when a short line can say it.
fn instead(path: &Path, name: &Name) -> String {
    let beside = match path.file_name() {
        Some(_) => path.with_file_name(name.as_str()),
        None => name.as_str().into(),
    };
    match shell::quote(&beside) {
        Some(beside) if shell::visible(&beside) == beside => format!("orcs new {beside}"),
        _ => format!("orcs new {name}"),
    }
}

/// What holds the place, or a place on the way to it, and is no folder.
fn obstacle(path: &Path) -> Option<(&Path, &'static str)> {
    let place = path
        .ancestors()
        .find(|place| fs::symlink_metadata(place).is_ok())?;
    match fs::metadata(place) {
        Ok(found) if !found.is_dir() => Some((place, "is not a folder")),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Some((place, "is a link to nowhere")),
        _ => None,
    }
}

/// The path without its last slashes and dots.
fn target(path: &Path) -> PathBuf {
    let plain: PathBuf = path.components().collect();
    if plain.as_os_str().is_empty() {
        ".".into()
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_is_the_name() {
        for path in ["myapp", "a/b/myapp", "../myapp", "/srv/myapp/", "./myapp/."] {
            assert_eq!(name_of(Path::new(path)).unwrap().as_str(), "myapp");
        }
    }

    #[test]
    fn a_refusal_keeps_the_folder_in_front() {
        let refusal = format!("{:?}", name_of(Path::new("my apps/My App!")).unwrap_err());
        assert!(refusal.contains("orcs new 'my apps/my-app'"), "{refusal}");
    }
}
