//! The terminal sessions of the documents, typed and compared word by word.
//!
//! A session is a block of `console`. Its commands stand behind `$`, and a remark behind one may
//! say how it ends: `# exit 3`. Below it stands what it prints, on either stream: `[..]`
//! is any text in a line, a line `...` is any lines, and `^C` is pressed there. What stands in
//! a comment above the block says where it is typed: `<!-- session: in myapp -->`.
//!
//! `UPDATE_SESSIONS=1` writes what is printed now into the documents.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod common;

use common::{SETTINGS, has_chromium, path_with_orcs, workspace};
use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn the_sessions_of_the_documents_are_true() {
    let mut wrong = Vec::new();
    for document in ["docs/cli.md"] {
        let path = workspace().join(document);
        let text = fs::read_to_string(&path).unwrap();
        let mut now = text.clone();
        let sessions = sessions(&text);
        assert!(!sessions.is_empty(), "{document} has no session");
        for session in sessions {
            if session.place.ends_with("Chromium") && !has_chromium() {
                continue;
            }
            let desk = Desk::new(session.place);
            for step in &session.steps {
                let ran = desk.run(step);
                if let Some(why) = ran.differs_from(step) {
                    let line = step.line;
                    wrong.push(format!("{document}:{line}: $ {}\n{why}", step.command));
                    now = now.replacen(&step.as_written(), &step.rewritten(&ran), 1);
                }
            }
        }
        if std::env::var_os("UPDATE_SESSIONS").is_some() {
            fs::write(&path, now).unwrap();
        }
    }
    assert!(
        wrong.is_empty(),
        "if that is meant: UPDATE_SESSIONS=1 cargo test -p cargo-orcs --test sessions\n\n{}",
        wrong.join("\n")
    );
}

/// A block, and where it is typed.
struct Session<'a> {
    place: &'a str,
    steps: Vec<Step>,
}

/// A command and what it prints.
struct Step {
    line: usize,
    /// As it stands behind `$`, with the remark.
    typed: String,
    command: String,
    exit: i32,
    prints: Vec<String>,
    /// Runs until somebody presses Ctrl-C.
    is_interrupted: bool,
}

fn sessions(text: &str) -> Vec<Session<'_>> {
    let mut sessions = Vec::new();
    let mut place = "";
    let mut lines = text.lines().enumerate();
    while let Some((_, line)) = lines.next() {
        if let Some(said) = line.strip_prefix("<!-- session: ") {
            place = said.trim_end_matches(" -->");
        }
        if line != "```console" {
            continue;
        }
        let mut steps: Vec<Step> = Vec::new();
        for (at, line) in lines.by_ref().take_while(|(_, line)| *line != "```") {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(typed), _) => steps.push(Step::new(at + 1, typed)),
                (None, Some(step)) if line == "^C" => step.is_interrupted = true,
                (None, Some(step)) => step.prints.push(line.to_owned()),
                (None, None) => panic!("line {}: a session begins with `$ `", at + 1),
            }
        }
        sessions.push(Session { place, steps });
        place = "";
    }
    sessions
}

impl Step {
    fn new(line: usize, typed: &str) -> Self {
        let (command, remark) = typed.split_once(" # ").unwrap_or((typed, ""));
        Self {
            line,
            typed: typed.to_owned(),
            command: command.trim().to_owned(),
            exit: remark
                .strip_prefix("exit ")
                .map_or(0, |code| code.parse().unwrap()),
            prints: Vec::new(),
            is_interrupted: false,
        }
    }

    fn as_written(&self) -> String {
        self.with(&self.prints)
    }

    fn rewritten(&self, ran: &Output) -> String {
        let mut step = Self::new(0, &self.command);
        if ran.exit != 0 {
            step.typed = format!("{}  # exit {}", self.command, ran.exit);
        } else {
            step.typed.clone_from(&self.typed);
        }
        step.is_interrupted = self.is_interrupted;
        step.with(&ran.lines)
    }

    fn with(&self, prints: &[String]) -> String {
        let end = if self.is_interrupted { "^C\n" } else { "" };
        let lines: String = prints.iter().map(|line| format!("{line}\n")).collect();
        format!("$ {}\n{lines}{end}", self.typed)
    }
}

/// What a command printed, on both streams, and how it ended.
struct Output {
    lines: Vec<String>,
    exit: i32,
}

impl Output {
    fn differs_from(&self, step: &Step) -> Option<String> {
        if self.exit == step.exit && matches(&step.prints, &self.lines) {
            return None;
        }
        Some(format!(
            "ends with {} instead of {}\n--- written\n{}\n--- printed\n{}\n",
            self.exit,
            step.exit,
            step.prints.join("\n"),
            self.lines.join("\n")
        ))
    }
}

/// A folder with a terminal in it, for one session; no app is above it.
struct Desk {
    _folder: tempfile::TempDir,
    root: PathBuf,
    port: u16,
}

/// Cargo may build the framework first.
const PATIENCE: Duration = Duration::from_secs(300);

impl Desk {
    fn new(place: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let desk = Self {
            _folder: folder,
            root,
            port,
        };
        match place {
            "" => {}
            "in myapp" | "in myapp, with Chromium" => {
                desk.prepare("orcs new myapp && cd myapp");
                let env = desk.root.join("myapp/.env");
                let text = fs::read_to_string(&env).unwrap();
                let port = format!("PORT={}", desk.port);
                fs::write(&env, text.replace("PORT=42069", &port)).unwrap();
            }
            "in an empty app" => {
                let app = desk.root.join("myapp");
                fs::create_dir_all(app.join("src")).unwrap();
                fs::write(app.join("Cargo.toml"), MANIFEST).unwrap();
                fs::write(app.join("src/main.rs"), "fn main() {}\n").unwrap();
                desk.prepare("cd myapp");
            }
            other => panic!("no such place for a session: {other}"),
        }
        desk
    }

    fn prepare(&self, command: &str) {
        let ran = self.run(&Step::new(0, command));
        assert_eq!(ran.exit, 0, "{}", ran.lines.join("\n"));
    }

    /// Types a command, in the folder to which the last one went.
    fn run(&self, step: &Step) -> Output {
        let cwd = self.root.join(".cwd");
        let here = fs::read_to_string(&cwd).unwrap_or_default();
        let here = here.trim();
        let here = if here.is_empty() {
            self.root.to_str().unwrap()
        } else {
            here
        };
        let printed = self.root.join(".printed");
        let file = fs::File::create(&printed).unwrap();
        let mut shell = Command::new("sh");
        let script = format!(
            "{}\nexit=$?\npwd > '{}'\nexit $exit",
            step.command,
            cwd.display()
        );
        let script = if step.is_interrupted {
            format!("exec {}", step.command)
        } else {
            script
        };
        shell
            .args(["-c", &script])
            .current_dir(here)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .process_group(0);
        for key in SETTINGS {
            shell.env_remove(key);
        }
        shell
            .env("PATH", path_with_orcs())
            .env(
                "CARGO_TARGET_DIR",
                Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("scaffold"),
            )
            .env("CI", "true")
            .env("RUST_TEST_THREADS", "1");
        let mut child = shell.spawn().unwrap();
        let exit = self.end(&mut child, step);
        Output {
            lines: self.printed(),
            exit,
        }
    }

    /// Waits for the end; presses Ctrl-C as soon as everything is printed, where it is to be
    /// pressed, and where a command does not end by itself.
    fn end(&self, child: &mut Child, step: &Step) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        let is_due = || step.is_interrupted && matches(&step.prints, &self.printed());
        while !is_due() && Instant::now() < deadline {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code().unwrap_or(130);
            }
            thread::sleep(Duration::from_millis(5));
        }
        let kill = format!("kill -INT -{}", child.id());
        _ = Command::new("sh").args(["-c", &kill]).status();
        child.wait().unwrap().code().unwrap_or(130)
    }

    /// The lines so far, as somebody with the default port would see them.
    fn printed(&self) -> Vec<String> {
        let text = fs::read_to_string(self.root.join(".printed")).unwrap();
        let text = text.replace(&self.port.to_string(), "42069");
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    }
}

const MANIFEST: &str = "[workspace]

[package]
name = \"myapp\"
edition = \"2024\"

[package.metadata.orcs]
";

/// Whether lines are as they are written.
fn matches(written: &[String], printed: &[String]) -> bool {
    match (written, printed) {
        ([], []) => true,
        ([any, rest @ ..], _) if any.trim() == "..." => {
            (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]))
        }
        ([line, rest @ ..], [now, others @ ..]) => is_like(line, now) && matches(rest, others),
        _ => false,
    }
}

/// Whether a line is as it is written, with any text for `[..]`.
fn is_like(written: &str, printed: &str) -> bool {
    let Some((before, after)) = written.split_once("[..]") else {
        return written.trim_end() == printed;
    };
    let Some(rest) = printed.strip_prefix(before) else {
        return false;
    };
    (0..=rest.len())
        .filter(|&at| rest.is_char_boundary(at))
        .any(|at| is_like(after, &rest[at..]))
}

#[test]
fn wildcards_stand_for_what_changes() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let is = |written: &str, printed: &str| matches(&lines(written), &lines(printed));
    assert!(is("a\n...\nz", "a\nb\nc\nz") && is("a\n...\nz", "a\nz") && is("...", ""));
    assert!(is("in [..] ms, [..]", "in 12 ms, é") && is_like("[..]", ""));
    assert!(!is("a\n...\nz", "a\nb") && !is("a", "a\nb") && !is("in [..] ms", "in 1 s"));
}
