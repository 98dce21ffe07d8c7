//! `orcs doctor`: looks at the machine and the app, and says what mends what it finds.

mod check;
mod env_file;
mod machine;
mod offline;
mod settings;
mod strangers;
mod toolchain;

use crate::app::App;
use crate::terminal::{Failure, answer};
use check::{Check, State};
use owo_colors::OwoColorize;
use std::io::Write as _;

/// Check this machine and this app, and say what mends it
///
/// Nothing is changed, and nobody is asked over the network. Exits with 1 when a check
/// fails; warnings are for what works, but less well than it could.
#[derive(clap::Args)]
pub struct Args {
    /// Print the checks as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let app = match App::find() {
        Err(failure) if failure.is_no_app() => None,
        found => Some(found?),
    };
    let checks = checks(app.as_ref());
    if args.json {
        let json = serde_json::to_string(&checks);
        answer::print(&json.map_err(|e| Failure::new(format!("cannot print: {e}")))?)?;
    } else {
        print(&checks)?;
    }
    let failed = checks.iter().filter(|check| check.state == State::Failed);
    match failed.count() {
        0 => Ok(()),
        1 => Err(Failure::new("one check failed").help("type what stands below it")),
        failed => Err(Failure::new(format!("{failed} checks failed"))
            .help("type what stands below each of them")),
    }
}

fn checks(app: Option<&App>) -> Vec<Check> {
    let mut checks = toolchain::checks(app);
    checks.push(strangers::installed());
    checks.push(strangers::on_path());
    match app {
        Some(app) => {
            checks.push(offline::check(app));
            checks.extend(env_file::checks(app));
            checks.extend(settings::checks(app));
            checks.push(machine::links(app));
        }
        None => checks.push(Check::skipped(
            "app",
            "no app here; inside of one its settings, port and crates are checked too",
        )),
    }
    checks.extend(machine::limits());
    checks
}

/// One line each, and below it what to type.
fn print(checks: &[Check]) -> Result<(), Failure> {
    let width = checks.iter().map(|check| check.name.len()).max();
    let width = width.unwrap_or(0);
    let mut text = Vec::new();
    for check in checks {
        let mark = format!("{:7}", check.mark());
        let mark = match check.state {
            State::Ok => mark.green().to_string(),
            State::Warning => mark.yellow().bold().to_string(),
            State::Failed => mark.red().bold().to_string(),
            State::Skipped => mark.dimmed().to_string(),
        };
        _ = writeln!(text, "{mark}  {:width$}  {}", check.name, check.shown());
        if let Some(fix) = &check.fix {
            _ = writeln!(
                text,
                "         {:width$}  {}: {fix}",
                "",
                "fix".cyan().bold()
            );
        }
    }
    answer::print_coloured(String::from_utf8_lossy(&text).trim_end())
}
