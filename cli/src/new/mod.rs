//! `orcs new`: writes an app that runs as it is.

mod framework;
pub mod name;
mod scaffold;

use crate::terminal::{Failure, say, shell};
use framework::{Framework, Source};
use name::Name;
use owo_colors::OwoColorize;
use scaffold::Values;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Write a new app: a chat that runs as it is
#[derive(clap::Args)]
pub struct Args {
    /// Where to write it; the last part is the app's name
    path: PathBuf,

    /// The framework's checkout the app depends on [default: the one `orcs` was built from]
    #[arg(long, value_name = "path:DIR")]
    framework: Option<Source>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let start = Instant::now();
    let name = name_of(&args.path)?;
    let target = target(&args.path);
    check_free(&target, &name)?;

    let framework = Framework::locate(args.framework.as_ref())?;
    let dependency = framework.seen_from(&args.path);
    let dependency = dependency.to_str().ok_or_else(|| {
        let path = shell::visible(&dependency);
        Failure::new(format!(
            "Cargo.toml cannot hold the path `{path}`: it is not UTF-8"
        ))
    })?;
    let files = scaffold::render("chat", &Values::new(&name, dependency))?;
    scaffold::write(&files, &target).map_err(|e| {
        let path = shell::visible(&args.path);
        Failure::new(format!(
            "cannot write `{path}`: {e}; nothing was left behind"
        ))
    })?;

    let (files, time) = (files.len(), start.elapsed().as_millis());
    say!(
        "  {} {name} ({files} files) in {time} ms",
        "created".green().bold()
    );
    say!(
        "  framework: path {} ({})",
        shell::visible(dependency),
        framework.origin
    );
    match shell::quote(&target) {
        Some(here) if here == "." => say!("Next:  {}", "cargo run".bold()),
        Some(path) => say!("Next:  {}", format!("cd {path} && cargo run").bold()),
        None => say!("Next:  {} in that folder", "cargo run".bold()),
    }
    say!("       then open http://localhost:42069/");
    Ok(())
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

/// Refuses a place that holds something, and says which name is free to take.
fn check_free(path: &Path, name: &Name) -> Result<(), Failure> {
    let given = shell::visible(path);
    let taken = |why| {
        Failure::new(format!("`{given}` already exists and {why}"))
            .help(instead(path, &Name::suggest(&format!("{name}-2"))))
    };
    let error = match fs::read_dir(path).map(|mut entries| entries.next().is_none()) {
        Ok(true) => return Ok(()),
        Ok(false) => return Err(taken("is not empty")),
        Err(e) => e,
    };
    match obstacle(path) {
        Some((place, why)) if place == path => Err(taken(why)),
        Some((place, why)) => Err(Failure::new(format!("`{}` {why}", shell::visible(place)))),
        None if error.kind() == io::ErrorKind::NotFound => Ok(()),
        None => Err(Failure::new(format!("cannot look into `{given}`: {error}"))),
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

/// The path without its last slashes and dots, for renames and for `cd`.
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
