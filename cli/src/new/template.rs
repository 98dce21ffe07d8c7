//! The kinds of apps: a folder each in `templates`, rendered in memory.

use super::file::File;
use super::name::Name;
use crate::app::secret;
use crate::terminal::Failure;
use handlebars::{Handlebars, no_escape};
use include_dir::{Dir, DirEntry, include_dir};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// `templates` of the workspace, inside the command.
pub static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// What an app is made of when nobody says.
pub const DEFAULT: &str = "chat";

/// The folders that make an app; others hold what `orcs generate` writes.
pub fn names() -> Vec<&'static str> {
    let is_app = |dir: &&Dir<'_>| dir.get_file(dir.path().join("Cargo.toml.hbs")).is_some();
    TEMPLATES
        .dirs()
        .filter(is_app)
        .filter_map(|dir| dir.path().to_str())
        .collect()
}

/// What the files ending in `.hbs` may ask for.
#[derive(Debug, Serialize)]
pub struct Values {
    pub name: String,
    /// Where the framework is, as keys of an inline table: `path = "../orcs"`.
    pub framework: String,
}

impl Values {
    pub fn new(name: &Name, framework: String) -> Self {
        Self {
            name: name.to_string(),
            framework,
        }
    }
}

/// Renders a template, and adds the `.env` that its `.env.example` describes.
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
        files.push(File::new(target_name(path), contents));
    }
    let example = files
        .iter()
        .find(|file| file.path == Path::new(".env.example"));
    if let Some(example) = example {
        let example = String::from_utf8_lossy(&example.contents);
        let env = secret::fill_in(&example, &secret::random()?);
        files.push(File {
            private: true,
            ..File::new(".env", env)
        });
    }
    Ok(files)
}

/// Every file below an embedded folder.
pub fn files_below<'a>(dir: &'a Dir<'a>) -> Vec<&'a include_dir::File<'a>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(template: &str) -> Vec<File> {
        let values = Values::new(&Name::suggest("myapp"), r#"path = "../orcs""#.to_owned());
        render(template, &values).unwrap()
    }

    fn text<'a>(files: &'a [File], path: &str) -> &'a str {
        let file = files.iter().find(|file| file.path == Path::new(path));
        std::str::from_utf8(&file.unwrap_or_else(|| panic!("no {path}")).contents).unwrap()
    }

    #[test]
    fn the_default_is_one_of_them() {
        assert!(names().contains(&DEFAULT));
    }

    #[test]
    fn the_rendered_manifest_names_the_app_and_the_framework() {
        for template in names() {
            let files = rendered(template);
            let manifest: toml::Table = text(&files, "Cargo.toml").parse().unwrap();
            assert_eq!(manifest["package"]["name"].as_str(), Some("myapp"));
            for dependencies in ["dependencies", "dev-dependencies"] {
                let orcs = manifest.get(dependencies).and_then(|all| all.get("orcs"));
                let Some(orcs) = orcs else { continue };
                assert_eq!(orcs["path"].as_str(), Some("../orcs"), "{template}");
            }
            assert!(manifest["package"]["metadata"]["orcs"].is_table());
        }
    }

    #[test]
    fn a_new_app_is_a_workspace_of_its_own() {
        for template in names() {
            let files = rendered(template);
            let manifest = text(&files, "Cargo.toml");
            // `vendor` looks for this line.
            assert!(manifest.starts_with("[workspace]\n"), "{template}");
            let manifest: toml::Table = manifest.parse().unwrap();
            assert!(manifest["workspace"].as_table().unwrap().is_empty());
        }
    }

    #[test]
    fn nothing_is_left_to_render() {
        for template in names() {
            let files = rendered(template);
            for file in &files {
                let extension = file.path.extension();
                assert!(extension.is_none_or(|extension| extension != "hbs"));
                assert_ne!(file.path, Path::new("gitignore"));
            }
            assert!(text(&files, "README.md").starts_with("# myapp\n"));
            let mut ignored = text(&files, ".gitignore").lines();
            assert!(ignored.any(|line| line == "/.env"));
        }
    }

    #[test]
    fn the_env_is_the_example_with_a_secret() {
        let files = rendered(DEFAULT);
        let (example, env) = (text(&files, ".env.example"), text(&files, ".env"));
        let other = example
            .lines()
            .zip(env.lines())
            .filter(|(one, other)| one != other);
        let (before, after): (Vec<_>, Vec<_>) = other.unzip();
        assert_eq!(before, ["JWT_SECRET="]);
        assert_eq!(after[0].len(), "JWT_SECRET=".len() + 64);
    }
}
