//! Which files matter, and what for.

use super::super::walked::walked;
use crate::terminal::shell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// What a changed file asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A build.
    Source,
    /// A restart.
    Env,
    /// That pages load again.
    Page,
}

/// The app's folder, and the files elsewhere that its program is made of.
#[derive(Debug)]
pub struct Ground {
    root: PathBuf,
    /// Where builds are written: watching it, we would build for ever.
    target: PathBuf,
    /// Watched with all that is below them.
    folders: BTreeSet<PathBuf>,
    /// Watched for files of their own.
    places: BTreeSet<PathBuf>,
    /// The files that the compiler has read.
    files: HashSet<PathBuf>,
}

impl Ground {
    pub fn new(root: PathBuf, target: PathBuf) -> Self {
        Self {
            places: BTreeSet::from([root.clone()]),
            root,
            target,
            folders: BTreeSet::new(),
            files: HashSet::new(),
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folders of an app that are there.
    pub fn folders_at_start(&mut self) -> Vec<PathBuf> {
        let folders = FOLDERS.iter().map(|name| self.root.join(name));
        let folders: Vec<_> = folders.filter(|folder| folder.is_dir()).collect();
        self.folders.extend(folders.iter().cloned());
        folders
    }

    /// The app's own folders, as one types them.
    pub fn folders(&self) -> Vec<String> {
        let own = self
            .folders
            .iter()
            .filter(|folder| folder.parent() == Some(&self.root));
        own.map(|folder| format!("{}/", shell::visible(name(folder).as_ref())))
            .collect()
    }

    /// Whether a folder that has come is to be watched with all that is below it.
    pub fn adopt(&mut self, folder: &Path) -> bool {
        let is_ours = folder.parent() == Some(&self.root)
            && !self.is_built(folder)
            && !is_hidden(folder)
            && !STRANGE.iter().any(|name| folder.ends_with(name));
        if is_ours {
            self.folders.insert(folder.to_owned());
        }
        is_ours
    }

    /// Takes over what the compiler says a program is made of, in the form of `make`. Gives
    /// the folders that are to be watched from now on, and whether with all below them.
    pub fn learn(&mut self, dependencies: &str) -> Vec<(PathBuf, bool)> {
        self.files = files(dependencies)
            .into_iter()
            .map(|file| walked(&self.root.join(file)))
            .collect();
        // Whether a folder has sources of Rust.
        let mut folders = BTreeMap::new();
        for file in &self.files {
            if let Some(folder) = file.parent() {
                let is_rust = file.extension().is_some_and(|extension| extension == "rs");
                *folders.entry(folder.to_owned()).or_insert(false) |= is_rust;
            }
        }
        let mut wanted = BTreeMap::new();
        for (folder, is_rust) in folders {
            // A module that is missing today may be in a folder that has sources; a package's
            // own folder has its builds below it, too.
            let is_deep = is_rust && !has_manifest(&folder) && folder != self.root;
            let package = folder.ancestors().skip(1).find(|above| has_manifest(above));
            if let Some(package) = package.filter(|_| is_rust) {
                wanted.entry(package.to_owned()).or_insert(false);
            }
            *wanted.entry(folder).or_insert(false) |= is_deep;
        }
        let is_new = |(place, is_deep): &(PathBuf, bool)| {
            let is_below = place.ancestors().any(|above| self.folders.contains(above));
            !is_below && (*is_deep || !self.places.contains(place))
        };
        let new: Vec<_> = wanted.into_iter().filter(is_new).collect();
        for (place, is_deep) in &new {
            match is_deep {
                true => self.folders.insert(place.clone()),
                false => self.places.insert(place.clone()),
            };
        }
        new
    }

    /// What a change of this file asks for.
    pub fn kind(&self, path: &Path) -> Option<Kind> {
        if self.is_built(path) {
            return None;
        }
        if path == self.root.join(".env") {
            return Some(Kind::Env);
        }
        if self.files.contains(path) {
            return Some(Kind::Source);
        }
        if is_hidden(path) || is_scrap(path) {
            return None;
        }
        if path.starts_with(self.root.join("public")) {
            return Some(Kind::Page);
        }
        let is_below = path.ancestors().any(|above| self.folders.contains(above));
        let is_beside = path
            .parent()
            .is_some_and(|parent| self.places.contains(parent));
        let is_known = MANIFESTS.iter().any(|name| path.ends_with(name));
        (is_below || is_beside && is_known).then_some(Kind::Source)
    }

    fn is_built(&self, path: &Path) -> bool {
        let tagged = |folder: &Path| folder.join("CACHEDIR.TAG").is_file();
        let below_root = path
            .ancestors()
            .take_while(|above| *above != self.root && above.starts_with(&self.root));
        path.starts_with(&self.target) || below_root.last().is_some_and(tagged)
    }
}

/// The files of cargo's dep-info: `program: one.rs two\ words.rs`.
fn files(dependencies: &str) -> Vec<PathBuf> {
    let first = dependencies.lines().next().unwrap_or_default();
    // Windows has a colon after the drive, and no space behind it.
    let Some((_, list)) = first.split_once(": ") else {
        return Vec::new();
    };
    let mut files = vec![String::new()];
    let mut chars = list.chars().peekable();
    while let Some(c) = chars.next() {
        let file = files.last_mut().expect("there is always one");
        match c {
            '\\' if chars.peek() == Some(&' ') => file.extend(chars.next()),
            ' ' => files.push(String::new()),
            c => file.push(c),
        }
    }
    files.retain(|file| !file.is_empty());
    files.into_iter().map(PathBuf::from).collect()
}

fn has_manifest(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file()
}

fn is_hidden(path: &Path) -> bool {
    name(path).starts_with('.')
}

/// What editors write beside the file that is meant.
fn is_scrap(path: &Path) -> bool {
    let name = name(path);
    let ends = ["~", ".swp", ".swx", ".tmp", ".bak", ".orig", "___"];
    // Vim looks with `4913` whether it may write.
    name.starts_with('#') || name == "4913" || ends.iter().any(|end| name.ends_with(end))
}

fn name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

/// What an app has.
const FOLDERS: [&str; 6] = [
    "src",
    "routes",
    "config",
    "middleware",
    "templates",
    "public",
];

/// What decides on a build, at the root of a package.
const MANIFESTS: [&str; 5] = [
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
    "rust-toolchain",
    "rust-toolchain.toml",
];

/// Folders of others that come and go.
const STRANGE: [&str; 7] = [
    "target",
    "node_modules",
    "tests",
    "benches",
    "examples",
    "docs",
    "vendor",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn app() -> (tempfile::TempDir, Ground) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for folder in ["src", "routes", "public", "target", "docs"] {
            fs::create_dir(root.join(folder)).unwrap();
        }
        let mut ground = Ground::new(root.clone(), root.join("target"));
        ground.folders_at_start();
        (dir, ground)
    }

    #[test]
    fn each_file_asks_for_what_it_needs_and_no_more() {
        let (_dir, ground) = app();
        let kind = |path: &str| ground.kind(&ground.root().join(path));
        for path in [
            "src/main.rs",
            "routes/deep/er.rs",
            "src/a template.txt",
            "Cargo.toml",
            "Cargo.lock",
        ] {
            assert_eq!(kind(path), Some(Kind::Source), "{path}");
        }
        assert_eq!(kind(".env"), Some(Kind::Env));
        assert_eq!(kind("public/index.html"), Some(Kind::Page));
        for path in [
            "README.md",
            "docs/a.md",
            "target/debug/app",
            ".git/index",
            "src/main.rs~",
            "src/.main.rs.swp",
            "src/4913",
            "src/#main.rs#",
            "public/.index.html.swp",
            ".env.example",
        ] {
            assert_eq!(kind(path), None, "{path}");
        }
    }

    #[test]
    fn what_the_compiler_has_read_counts_wherever_it_is() {
        let (dir, mut ground) = app();
        let library = tempfile::tempdir().unwrap();
        let library = library.path().canonicalize().unwrap();
        fs::create_dir_all(library.join("src/deep")).unwrap();
        fs::write(library.join("Cargo.toml"), "").unwrap();
        let root = dir.path().canonicalize().unwrap();
        let text = format!(
            "{root}/target/debug/app: {root}/docs/a\\ b.md {root}/src/../routes/chat.rs {root}/src/main.rs {library}/src/lib.rs {library}/README.md\n\nother: x\n",
            root = root.display(),
            library = library.display()
        );
        let new = ground.learn(&text);
        let expected = BTreeSet::from([
            (root.join("docs"), false),
            (library.clone(), false),
            (library.join("src"), true),
        ]);
        assert_eq!(new.into_iter().collect::<BTreeSet<_>>(), expected);
        assert_eq!(ground.learn(&text), [], "nothing is watched twice");

        let kind = |path: PathBuf| ground.kind(&path);
        assert_eq!(kind(root.join("docs/a b.md")), Some(Kind::Source));
        assert_eq!(kind(root.join("docs/c.md")), None);
        assert_eq!(kind(library.join("src/deep/new.rs")), Some(Kind::Source));
        assert_eq!(kind(library.join("Cargo.toml")), Some(Kind::Source));
        assert_eq!(kind(library.join("README.md")), Some(Kind::Source));
        assert_eq!(kind(library.join("CHANGELOG.md")), None);
    }

    #[test]
    fn a_folder_of_builds_is_never_watched() {
        let (dir, mut ground) = app();
        let root = dir.path().canonicalize().unwrap();
        let built = root.join("my-target");
        fs::create_dir_all(built.join("debug")).unwrap();
        fs::write(built.join("CACHEDIR.TAG"), "").unwrap();
        assert!(!ground.adopt(&built));
        for folder in ["game", "views"] {
            assert!(ground.adopt(&root.join(folder)), "{folder}");
        }
        for folder in ["target", "node_modules", ".idea", "tests"] {
            assert!(!ground.adopt(&root.join(folder)), "{folder}");
        }
        ground.folders.insert(built.clone());
        assert_eq!(ground.kind(&built.join("debug/app.rs")), None);
    }
}
