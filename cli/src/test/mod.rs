//! `orcs test`: the app's own tests, and its page in a browser.

mod browser;
mod devtools;
mod page;
mod served;

use crate::app::{App, cargo_call};
use crate::terminal::{Failure, say, shell};
use browser::Browser;
use page::Page;
use served::Served;
use std::ffi::OsString;

/// Run the app's tests, and load its page in a browser
///
/// Runs `cargo test`, then starts the app on a free port and loads `/` in headless
/// Chromium, where there is one: the page must load without errors in its console, and
/// the sockets it opens must open.
#[derive(clap::Args)]
pub struct Args {
    /// Leave the browser out
    #[arg(long)]
    no_browser: bool,

    /// Words for cargo test, such as a test's name, `--release`, or `-- --nocapture`
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "CARGO ARGS"
    )]
    words: Vec<OsString>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let app = App::find()?;
    let mut tests = cargo_call::command();
    tests.arg("test").args(&args.words).current_dir(&app.root);
    let status = tests.status().map_err(|e| cargo_call::cannot_run(&e))?;
    if !status.success() {
        return Err(cargo_call::failure(status, "the tests fail"));
    }
    if args.no_browser {
        return Ok(());
    }
    let Some(chromium) = browser::find()? else {
        say!("  the page was not tried: there is no Chromium here");
        say!(
            "  to have it tried: {}, or CHROMIUM=/path/to/it",
            browser::INSTALL
        );
        return Ok(());
    };
    let served = Served::start(&app)?;
    if !served.has_page() {
        say!("  the page was not tried: the app has none at /");
        return Ok(());
    }
    let mut browser = Browser::start(&chromium)?;
    let page = browser.load(&served.url())?;
    judge(&page)
}

/// Says what the page did, and fails for what went wrong.
fn judge(page: &Page) -> Result<(), Failure> {
    let problems = page.problems();
    if problems.is_empty() {
        let sockets = page.open_sockets();
        let opened: Vec<_> = sockets
            .iter()
            .map(|url| format!("{} opens", shell::visible(url)))
            .collect();
        say!(
            "  the page at / loads without errors{}",
            match &opened[..] {
                [] => String::new(),
                opened => format!("; {}", opened.join(", ")),
            }
        );
        return Ok(());
    }
    let lines: Vec<_> = problems
        .iter()
        .map(|problem| format!("\n  {}", shell::visible(problem)))
        .collect();
    Err(
        Failure::new(format!("the page at / has problems:{}", lines.concat()))
            .help("orcs serve, and the browser's console, show more; --no-browser leaves this out"),
    )
}
