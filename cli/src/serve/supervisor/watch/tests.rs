use super::*;
use std::fs;

struct Watched {
    dir: tempfile::TempDir,
    watch: Watch,
    events: Receiver<Event>,
}

fn watched() -> Watched {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    fs::create_dir(root.join("src")).unwrap();
    fs::write(root.join("src/main.rs"), "").unwrap();
    let (bus, events) = mpsc::channel();
    let app = App { root: root.clone() };
    let watch = Watch::start(&app, &root.join("target"), bus).unwrap();
    Watched { dir, watch, events }
}

impl Watched {
    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(path)
    }

    fn next(&self) -> Changes {
        match self.events.recv_timeout(Duration::from_secs(10)).unwrap() {
            Event::Changed(changes) => changes,
            other => panic!("{other:?}"),
        }
    }

    fn is_quiet(&self) -> bool {
        self.events
            .recv_timeout(Duration::from_millis(200))
            .is_err()
    }

    fn sources(&self, paths: &[&str]) -> Changes {
        Changes {
            sources: paths.iter().map(|path| self.path(path)).collect(),
            ..Changes::default()
        }
    }
}

#[test]
fn a_file_that_is_exchanged_by_a_rename_has_changed() {
    let watched = watched();
    fs::write(watched.path("src/.main.rs.new"), "fn main() {}").unwrap();
    fs::rename(
        watched.path("src/.main.rs.new"),
        watched.path("src/main.rs"),
    )
    .unwrap();
    assert_eq!(watched.next(), watched.sources(&["src/main.rs"]));
    assert!(watched.is_quiet());
}

#[test]
fn a_storm_of_changes_is_one() {
    let watched = watched();
    for i in 0..200 {
        fs::write(watched.path(&format!("src/m{i}.rs")), "").unwrap();
    }
    assert_eq!(watched.next().sources.len(), 200);
    assert!(watched.is_quiet());
}

#[test]
fn a_folder_that_appears_later_is_watched_too() {
    let watched = watched();
    fs::create_dir(watched.path("game")).unwrap();
    watched.next();
    fs::create_dir(watched.path("game/deep")).unwrap();
    watched.next();
    fs::write(watched.path("game/deep/rules.rs"), "").unwrap();
    assert_eq!(watched.next(), watched.sources(&["game/deep/rules.rs"]));
}

#[test]
fn reading_and_building_are_no_changes() {
    let watched = watched();
    fs::create_dir_all(watched.path("target/debug")).unwrap();
    fs::write(watched.path("target/debug/app"), "").unwrap();
    fs::read(watched.path("src/main.rs")).unwrap();
    fs::write(watched.path("notes.txt"), "").unwrap();
    assert!(watched.is_quiet());
    fs::write(watched.path(".env"), "PORT=1").unwrap();
    assert!(watched.next().env);
}

#[test]
fn a_file_of_a_path_dependency_has_changed() {
    let watched = watched();
    let library = tempfile::tempdir().unwrap();
    let library = library.path().canonicalize().unwrap();
    fs::create_dir(library.join("src")).unwrap();
    fs::write(library.join("Cargo.toml"), "").unwrap();
    fs::write(library.join("src/lib.rs"), "").unwrap();
    fs::create_dir_all(watched.path("target/debug")).unwrap();
    let executable = watched.path("target/debug/app");
    let made_of = format!("app: {}\n", library.join("src/lib.rs").display());
    fs::write(executable.with_extension("d"), made_of).unwrap();
    watched.watch.learn(&executable);
    fs::write(library.join("src/lib.rs"), "pub mod new;").unwrap();
    assert_eq!(
        watched.next().sources,
        BTreeSet::from([library.join("src/lib.rs")])
    );
}

#[test]
fn what_is_written_on_the_way_is_no_change() {
    let watched = watched();
    fs::write(watched.path("src/sedYxQ"), "fn main() {}").unwrap();
    fs::rename(watched.path("src/sedYxQ"), watched.path("src/main.rs")).unwrap();
    assert_eq!(watched.next(), watched.sources(&["src/main.rs"]));
    fs::write(watched.path("src/passing.rs"), "").unwrap();
    fs::remove_file(watched.path("src/passing.rs")).unwrap();
    assert!(watched.is_quiet());
    fs::remove_file(watched.path("src/main.rs")).unwrap();
    assert_eq!(watched.next(), watched.sources(&["src/main.rs"]));
}

#[test]
fn when_some_changes_were_lost_all_may_have_changed() {
    let watched = watched();
    let lost = notify::Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan);
    let changes = watched.watch.0.changes(&[lost]);
    assert!(changes.env && !changes.sources.is_empty() && !changes.pages.is_empty());
}
