//! `orcs new`: writes an app that runs as it is.

mod ask;
mod build_dir;
mod file;
mod fill;
mod first_build;
mod framework;
mod git;
mod lock;
pub mod name;
mod place;
mod report;
mod stage;
mod template;

use crate::terminal::{Failure, mode, say, shell};
use clap::builder::{BoolishValueParser, PossibleValuesParser};
use file::File;
use framework::{Framework, Source};
use place::Place;
use report::Report;
use std::path::{Path, PathBuf};
use std::time::Instant;
use template::Values;

/// Write a new app that runs as it is: no questions, no network
#[derive(clap::Args, Clone)]
pub struct Args {
    /// Where to write it; the last part is the app's name
    #[arg(required_unless_present = "interactive")]
    path: Option<PathBuf>,

    /// What it begins as
    #[arg(long, default_value = template::DEFAULT, value_name = "NAME",
          value_parser = PossibleValuesParser::new(template::names()))]
    template: String,

    /// Where the framework comes from: auto, path:DIR, git:URL[@REV], version:V or vendor
    #[arg(
        long,
        default_value = "auto",
        value_name = "SOURCE",
        env = "ORCS_FRAMEWORK",
        hide_env_values = true
    )]
    framework: Source,

    /// Make no git repository
    #[arg(long)]
    no_git: bool,

    /// Leave out AGENTS.md, which tells an AI agent how the app is written
    #[arg(long)]
    no_agents_md: bool,

    /// Do not begin the first build in the background
    #[arg(long, env = "ORCS_NO_BUILD", hide_env_values = true, value_parser = BoolishValueParser::new())]
    no_build: bool,

    /// Write into a folder that holds something; no file there is changed or deleted
    #[arg(long)]
    force: bool,

    /// Ask for what is not said, then tell the command that asks nothing
    #[arg(short, long)]
    interactive: bool,

    /// Print what was made as one line of JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    if !args.interactive {
        return make(args);
    }
    let args = ask::complete(args)?;
    make(&args)?;
    if let Some(command) = ask::equivalent(&args) {
        say!("  the same without questions:  {command}");
    }
    Ok(())
}

fn make(args: &Args) -> Result<(), Failure> {
    let start = Instant::now();
    let path = args.path.as_deref().unwrap_or(Path::new("."));
    let place = Place::parse(path)?;
    place.check_free(args.force)?;
    let framework = Framework::locate(&args.framework, path)?;
    let mut files = files(args, &place, &framework)?;
    let own = files.len();
    framework.come_along(&mut files)?;
    write(args, &place, &files)?;
    let first_build = begin_build(args, &place.target);

    let report = Report {
        place: &place,
        template: &args.template,
        files: files[..own].iter().map(|file| &*file.path).collect(),
        framework: &framework,
        time: start.elapsed(),
        first_build,
    };
    if args.json {
        return report.print();
    }
    report.say();
    Ok(())
}

/// The app's own files, in order.
fn files(args: &Args, place: &Place, framework: &Framework) -> Result<Vec<File>, Failure> {
    let values = Values::new(&place.name, framework.keys()?);
    let mut files = template::render(&args.template, &values)?;
    if args.no_agents_md {
        files.retain(|file| file.path != Path::new("AGENTS.md"));
    }
    let manifest = files
        .iter()
        .find(|file| file.path == Path::new("Cargo.toml"));
    let manifest = manifest.map(|file| String::from_utf8_lossy(&file.contents).parse());
    if let Some(Ok(manifest)) = manifest {
        files.push(lock::render(&manifest, &framework.pinned()));
    }
    files.push(build_dir::config());
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn write(args: &Args, place: &Place, files: &[File]) -> Result<(), Failure> {
    let target = &*place.target;
    let wants_git = !args.no_git && !git::is_inside_repository(target);
    let begin_git = |dir: &Path| wants_git.then(|| git::Init::begin(dir));
    let written = if place::holds_something(target).is_ok_and(|holds| holds) {
        let conflicts = fill::conflicts(files, target);
        if !conflicts.is_empty() {
            return Err(place.has_others(&conflicts));
        }
        fill::write(files, target).map(|()| drop(begin_git(target)))
    } else {
        stage::write(files, target, begin_git)
    };
    written.map_err(|e| {
        let path = shell::visible(target);
        Failure::new(format!(
            "cannot write `{path}`: {e}; nothing was left behind"
        ))
    })
}

/// Begins the first build; `Some(true)` when this machine has built no such app yet.
fn begin_build(args: &Args, app: &Path) -> Option<bool> {
    let is_wanted = !args.no_build && !mode::is_ci();
    let is_first = first_build::is_first_here();
    let begun = is_wanted && first_build::start(app).is_ok();
    begun.then_some(is_first)
}
