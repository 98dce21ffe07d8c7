//! What a generator wants to write, and how it reaches the disk: all of it, or nothing.

use crate::app::{App, replace};
use crate::terminal::{Failure, answer, say, shell};
use owo_colors::OwoColorize;
use serde::Serialize;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Files to be, files to change, and what to say about them.
#[derive(Debug, Default)]
pub struct Plan {
    created: Vec<(PathBuf, String)>,
    changed: Vec<Change>,
    /// What is left to do by hand, because its place was not found.
    by_hand: Vec<(PathBuf, Vec<String>)>,
    /// What to type or to write next.
    next: Vec<String>,
}

#[derive(Debug)]
struct Change {
    path: PathBuf,
    before: String,
    after: String,
}

/// How a plan is carried out.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct How {
    /// Print what would be written, and write nothing
    #[arg(long, global = true)]
    dry_run: bool,

    /// Print what was written as one line of JSON; with --dry-run also the contents
    #[arg(long, global = true)]
    json: bool,
}

impl Plan {
    /// A file that must not exist; the path is relative to the app.
    pub fn create(&mut self, path: impl Into<PathBuf>, contents: String) {
        self.created.push((path.into(), contents));
    }

    /// A file that changes from what was read to something else.
    pub fn change(&mut self, path: impl Into<PathBuf>, before: String, after: String) {
        let path = path.into();
        if before != after {
            self.changed.push(Change {
                path,
                before,
                after,
            });
        }
    }

    /// Lines that somebody has to put into a file himself.
    pub fn by_hand(&mut self, path: impl Into<PathBuf>, lines: Vec<String>) {
        self.by_hand.push((path.into(), lines));
    }

    /// A sentence for the end.
    pub fn next(&mut self, line: impl Into<String>) {
        self.next.push(line.into());
    }

    /// Carries it out and tells what was done. `instead` is what to type when a file is there.
    pub fn carry_out(&self, app: &App, how: How, instead: &str) -> Result<(), Failure> {
        for (path, _) in &self.created {
            // A link to nowhere holds the place too.
            if fs::symlink_metadata(app.root.join(path)).is_ok() {
                let message = format!("{} already exists", shell::visible(path));
                return Err(Failure::new(message).help(instead));
            }
        }
        if !how.dry_run {
            self.write(&app.root)?;
        }
        if how.json {
            let told = serde_json::to_string(&self.told(how)).expect("texts serialise");
            return answer::print(&told);
        }
        self.tell(how)
    }

    fn write(&self, root: &Path) -> Result<(), Failure> {
        let mut written = Written::default();
        for (path, contents) in &self.created {
            let place = root.join(path);
            let made = written.create(&place, contents);
            made.map_err(|e| cannot("write", path, &e))?;
        }
        for change in &self.changed {
            let place = root.join(&change.path);
            // Somebody may have saved it in an editor meanwhile.
            let now = fs::read_to_string(&place).map_err(|e| cannot("read", &change.path, &e))?;
            if now != change.before {
                let path = shell::visible(&change.path);
                return Err(Failure::new(format!("{path} was changed meanwhile"))
                    .help("run the command again"));
            }
            let changed = written.change(&place, &change.before, &change.after);
            changed.map_err(|e| cannot("write", &change.path, &e))?;
        }
        written.keep();
        Ok(())
    }

    fn tell(&self, how: How) -> Result<(), Failure> {
        if how.dry_run {
            let mut parts: Vec<_> = Vec::new();
            for (path, contents) in &self.created {
                parts.push(format!("--- new file {}\n{contents}", shell::visible(path)));
            }
            for change in &self.changed {
                let path = shell::visible(&change.path);
                let added = added_lines(&change.before, &change.after);
                parts.push(format!("--- added to {path}\n{added}\n"));
            }
            answer::print(parts.join("\n").trim_end())?;
        } else {
            for (path, _) in &self.created {
                say!("  {} {}", "created".green().bold(), shell::visible(path));
            }
            for change in &self.changed {
                let path = shell::visible(&change.path);
                say!("  {} {path}", "changed".green().bold());
            }
        }
        for (path, lines) in &self.by_hand {
            let path = shell::visible(path);
            say!("  {} to {path}:", "add".yellow().bold());
            for line in lines {
                say!("    {line}");
            }
        }
        if !how.dry_run {
            for line in &self.next {
                say!("  {line}");
            }
        }
        Ok(())
    }

    fn told(&self, how: How) -> Told<'_> {
        let contents = |contents| how.dry_run.then_some(contents);
        let created = self.created.iter().map(|(path, text)| ToldFile {
            path,
            contents: contents(text),
        });
        let changed = self.changed.iter().map(|change| ToldFile {
            path: &change.path,
            contents: contents(&change.after),
        });
        let by_hand = self.by_hand.iter();
        Told {
            created: created.collect(),
            changed: changed.collect(),
            by_hand: by_hand
                .map(|(path, lines)| ToldLines { path, lines })
                .collect(),
            next: &self.next,
            dry_run: how.dry_run,
        }
    }
}

#[derive(Serialize)]
struct Told<'a> {
    created: Vec<ToldFile<'a>>,
    changed: Vec<ToldFile<'a>>,
    by_hand: Vec<ToldLines<'a>>,
    next: &'a [String],
    dry_run: bool,
}

#[derive(Serialize)]
struct ToldFile<'a> {
    path: &'a Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    contents: Option<&'a String>,
}

#[derive(Serialize)]
struct ToldLines<'a> {
    path: &'a Path,
    lines: &'a [String],
}

/// The lines that are in a text now and were not before.
fn added_lines(before: &str, after: &str) -> String {
    let (before, after): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let is_same = |(old, new): &(&&str, &&str)| old == new;
    let same = before.iter().zip(&after).take_while(is_same).count();
    let (before, after) = (&before[same..], &after[same..]);
    let same = (before
        .iter()
        .rev()
        .zip(after.iter().rev())
        .take_while(is_same))
    .count();
    let (before, after) = (&before[..before.len() - same], &after[..after.len() - same]);
    // The length of what both have in common from a line of each on.
    let mut common = vec![vec![0; after.len() + 1]; before.len() + 1];
    for (i, old) in before.iter().enumerate().rev() {
        for (j, new) in after.iter().enumerate().rev() {
            common[i][j] = match old == new {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let mut i = 0;
    let mut added = Vec::new();
    for (j, new) in after.iter().enumerate() {
        while i < before.len() && common[i + 1][j] == common[i][j] {
            i += 1;
        }
        if i < before.len() && before[i] == *new {
            i += 1;
        } else {
            added.push(*new);
        }
    }
    added.join("\n")
}

fn cannot(verb: &str, path: &Path, e: &io::Error) -> Failure {
    let path = shell::visible(path);
    Failure::new(format!("cannot {verb} {path}: {e}; nothing was changed"))
}

/// What has reached the disk; dropped before it is whole, it is taken back.
#[derive(Debug, Default)]
struct Written {
    /// Folders and files that were not there, outermost first.
    created: Vec<PathBuf>,
    changed: Vec<(PathBuf, String)>,
    whole: bool,
}

impl Written {
    fn create(&mut self, place: &Path, contents: &str) -> io::Result<()> {
        let parents: Vec<_> = place.ancestors().skip(1).collect();
        for parent in parents.into_iter().rev() {
            match fs::create_dir(parent) {
                Ok(()) => self.created.push(parent.to_owned()),
                Err(_) if parent.is_dir() => {}
                Err(e) => return Err(e),
            }
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(place)?;
        self.created.push(place.to_owned());
        file.write_all(contents.as_bytes())
    }

    fn change(&mut self, place: &Path, before: &str, after: &str) -> io::Result<()> {
        // Behind a link the file itself.
        let place = place.canonicalize()?;
        replace(&place, after)?;
        self.changed.push((place, before.to_owned()));
        Ok(())
    }

    fn keep(mut self) {
        self.whole = true;
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if self.whole {
            return;
        }
        // What cannot be taken back cannot be helped; the first error is the one to report.
        for (place, before) in &self.changed {
            _ = replace(place, before);
        }
        for place in self.created.iter().rev() {
            _ = match place.is_dir() {
                true => fs::remove_dir(place),
                false => fs::remove_file(place),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_everything_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("mod.rs"), "before").unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let mut plan = Plan::default();
        plan.create("new/a.rs", "a".to_owned());
        plan.change("mod.rs", "before".to_owned(), "after".to_owned());
        plan.change("gone.rs", "before".to_owned(), "after".to_owned());
        assert!(plan.write(dir.path()).is_err());
        assert!(!dir.path().join("new").exists());
        let text = fs::read_to_string(dir.path().join("mod.rs")).unwrap();
        assert_eq!(text, "before");
    }

    #[test]
    fn a_file_that_was_saved_meanwhile_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("mod.rs"), "saved").unwrap();
        let mut plan = Plan::default();
        plan.create("a.rs", "a".to_owned());
        plan.change("mod.rs", "read".to_owned(), "after".to_owned());
        assert!(plan.write(dir.path()).is_err());
        assert!(!dir.path().join("a.rs").exists());
        let text = fs::read_to_string(dir.path().join("mod.rs")).unwrap();
        assert_eq!(text, "saved");
    }

    #[test]
    fn what_was_added_is_told() {
        assert_eq!(added_lines("a\nb\nc\n", "a\nx\nb\nc\ny\n"), "x\ny");
        assert_eq!(added_lines("a\nb\n}\n", "a\nbc\n}\n"), "bc");
    }
}
