//! Where there are no process groups and no sockets to hand over: build, run, end as the app does.

use super::{Args, announce};
use crate::app::App;
use crate::terminal::{Failure, say, shell};
use owo_colors::OwoColorize;

/// Gives the app's exit code.
pub fn run(app: App, args: &Args) -> Result<i32, Failure> {
    let program = app.build(args.release)?;
    let settings = args.settings();
    let (description, _) = program.describe(&settings)?;
    say!("  {}", description.name.bold());
    for line in announce::lines(&description) {
        say!("    {line}");
    }
    say!("  stop with Ctrl-C");
    let mut command = program.command(&settings);
    let status = command.args(&args.args).status();
    let status = status.map_err(|e| {
        let program = shell::visible(command.get_program());
        Failure::new(format!("cannot run {program}: {e}"))
    })?;
    Ok(status.code().unwrap_or(1))
}
