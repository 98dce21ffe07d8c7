//! A template in, an app's folder out: whole, or not at all.

use super::name::Name;
use crate::app::secret;
use crate::terminal::Failure;
use handlebars::{Handlebars, no_escape};
use include_dir::{Dir, DirEntry, include_dir};
use serde::Serialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// `templates` of the workspace, one folder per kind of app.
static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// What the files ending in `.hbs` may ask for.
#[derive(Debug, Serialize)]
pub struct Values {
    pub name: String,
    /// Where the framework is, as keys of an inline table: `path = "../orcs"`.
    pub framework: String,
}

impl Values {
    pub fn new(name: &Name, framework: &str) -> Self {
        let framework = format!("path = {}", toml::Value::from(framework));
        Self {
            name: name.to_string(),
            framework,
        }
    }
}

/// A file of the app to be.
#[derive(Debug)]
pub struct File {
    /// Below the app's folder.
    path: PathBuf,
    contents: Vec<u8>,
    /// Only the owner may read it.
    private: bool,
}

/// Renders a template in memory, and adds the `.env` that its `.env.example` describes.
pub fn render(template: &str, values: &Values) -> Result<Vec<File>, Failure> {
    let dir = TEMPLATES
        .get_dir(template)
        .ok_or_else(|| Failure::new(format!("there is no template `{template}`")))?;
    let mut handlebars = Handlebars::new();
    // A value that a template misspells must not become an empty place in an app.
    handlebars.set_strict_mode(true);
    handlebars.register_escape_fn(no_escape);

    let mut files = Vec::new();
    for file in files_below(dir) {
        let path = file
            .path()
            .strip_prefix(dir.path())
            .expect("a file lies below its folder");
        let contents = if path.extension().is_some_and(|extension| extension == "hbs") {
            let text = file.contents_utf8().unwrap_or_default();
            let rendered = handlebars.render_template(text, values);
            rendered
                .map_err(|e| Failure::new(format!("template {}: {e}", path.display())))?
                .into()
        } else {
            file.contents().to_vec()
        };
        files.push(File {
            path: target_name(path),
            contents,
            private: false,
        });
    }

    let example = files
        .iter()
        .find(|file| file.path == Path::new(".env.example"));
    if let Some(example) = example {
        let env = secret::fill_in(
            &String::from_utf8_lossy(&example.contents),
            &secret::random()?,
        );
        files.push(File {
            path: ".env".into(),
            contents: env.into(),
            private: true,
        });
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn files_below<'a>(dir: &'a Dir<'a>) -> Vec<&'a include_dir::File<'a>> {
    let mut files = Vec::new();
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(dir) => files.extend(files_below(dir)),
            DirEntry::File(file) => files.push(file),
        }
    }
    files
}

/// `README.md.hbs` becomes `README.md`. `gitignore` becomes `.gitignore`: under
/// its own name it would rule the templates' folder, and hide files of it.
fn target_name(path: &Path) -> PathBuf {
    let path = match path.extension() {
        Some(extension) if extension == "hbs" => path.with_extension(""),
        _ => path.to_owned(),
    };
    if path.file_name().is_some_and(|name| name == "gitignore") {
        path.with_file_name(".gitignore")
    } else {
        path
    }
}

/// Writes the files as the folder `target`, which must not exist or be empty.
///
/// Everything is written beside its place and moved there by a rename, so that
/// nobody ever sees half an app, and a failure leaves nothing behind.
pub fn write(files: &[File], target: &Path) -> io::Result<()> {
    let (mut stage, is_there) = if target.is_dir() {
        // The folder stays itself: a shell may stand in it, a volume may be mounted on it.
        (Stage::inside(target)?, true)
    } else {
        (Stage::beside(target)?, false)
    };
    for file in files {
        file.write(&stage.dir)?;
    }
    if is_there {
        stage.move_into(target)
    } else {
        stage.become_dir(target)
    }
}

impl File {
    fn write(&self, dir: &Path) -> io::Result<()> {
        let path = dir.join(&self.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        if self.private {
            secret::write_private(&path, &String::from_utf8_lossy(&self.contents))
        } else {
            fs::write(path, &self.contents)
        }
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

    fn chat(framework: &str) -> Vec<File> {
        render("chat", &Values::new(&Name::suggest("myapp"), framework)).unwrap()
    }

    fn text<'a>(files: &'a [File], path: &str) -> &'a str {
        let file = files.iter().find(|file| file.path == Path::new(path));
        std::str::from_utf8(&file.unwrap_or_else(|| panic!("no {path}")).contents).unwrap()
    }

    #[test]
    fn the_rendered_manifest_names_the_app_and_the_framework() {
        for framework in ["../orcs", "/a b/\"quoted\"/it's", "/tab\tand\\backslash"] {
            let files = chat(framework);
            let manifest: toml::Table = text(&files, "Cargo.toml").parse().unwrap();
            assert_eq!(manifest["package"]["name"].as_str(), Some("myapp"));
            assert_eq!(
                manifest["dependencies"]["orcs"]["path"].as_str(),
                Some(framework)
            );
            assert_eq!(
                manifest["dev-dependencies"]["orcs"]["path"].as_str(),
                Some(framework)
            );
            assert!(manifest["package"]["metadata"]["orcs"].is_table());
        }
    }

    #[test]
    fn a_new_app_is_a_workspace_of_its_own() {
        let files = chat("..");
        let manifest = text(&files, "Cargo.toml");
        let first = manifest
            .lines()
            .find(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(first, Some("[workspace]"));
        let manifest: toml::Table = manifest.parse().unwrap();
        assert!(manifest["workspace"].as_table().unwrap().is_empty());
    }

    #[test]
    fn nothing_is_left_to_render() {
        for file in chat("..") {
            assert!(
                file.path
                    .extension()
                    .is_none_or(|extension| extension != "hbs")
            );
            assert_ne!(file.path, Path::new("gitignore"));
        }
        assert!(text(&chat(".."), "README.md").starts_with("# myapp\n"));
        assert!(
            text(&chat(".."), ".gitignore")
                .lines()
                .any(|line| line == "/.env")
        );
    }

    #[test]
    fn the_env_is_the_example_with_a_secret() {
        let files = chat("..");
        let (example, env) = (text(&files, ".env.example"), text(&files, ".env"));
        let other = example
            .lines()
            .zip(env.lines())
            .filter(|(one, other)| one != other);
        let (before, after): (Vec<_>, Vec<_>) = other.unzip();
        assert_eq!(before, ["JWT_SECRET="]);
        assert_eq!(after[0].len(), "JWT_SECRET=".len() + 64);
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let file = |path: &str| File {
            path: path.into(),
            contents: b"x".to_vec(),
            private: false,
        };
        // A file cannot be a folder too.
        let files = [file("a/b"), file("c"), file("c/d")];

        assert!(write(&files, &dir.path().join("new/parents/app")).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

        assert!(write(&files, dir.path()).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_empty_folder_stays_the_same_folder() {
        let dir = tempfile::tempdir().unwrap();
        write(&chat(".."), dir.path()).unwrap();
        assert!(dir.path().join("routes/websocket.rs").is_file());
        let stage = fs::read_dir(dir.path()).unwrap().flatten();
        assert!(
            !stage
                .into_iter()
                .any(|entry| entry.file_name().to_string_lossy().contains("orcs"))
        );
    }
}
