//! `orcs secret`: a new secret, printed or put into `.env`.

use crate::app::{App, replace, secret};
use crate::terminal::{Failure, answer, say, shell};
use std::fs;
use std::io;

/// Print a new random secret, or put it into `.env`
///
/// 256 bits of the operating system's randomness in hex: long enough for JWT_SECRET,
/// SESSION_SECRET and WS_METRICS_KEY.
#[derive(clap::Args)]
pub struct Args {
    /// Make it the app's JWT_SECRET in `.env`, in place of the old one
    #[arg(long)]
    write: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    if args.write {
        write(&App::find()?)
    } else {
        answer::print(&secret::random()?)
    }
}

fn write(app: &App) -> Result<(), Failure> {
    let path = app.root.join(".env");
    let place = shell::visible(&path);
    let cannot = |what: &str, e: io::Error| Failure::new(format!("cannot {what} {place}: {e}"));
    // A link stays one: the file that it names is replaced.
    let file = match path.canonicalize() {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return app.write_env(),
        Err(e) => return Err(cannot("read", e)),
    };
    let old = fs::read_to_string(&file).map_err(|e| cannot("read", e))?;
    if secret::spans_lines(&old) {
        let message = format!("{} in {place} spans several lines", secret::KEY);
        return Err(Failure::new(message).help("put it on one line: orcs secret prints a new one"));
    }
    let new = secret::fill_in(&old, &secret::random()?);
    replace(&file, &new).map_err(|e| cannot("write", e))?;
    say!("  wrote a new {} into .env", secret::KEY);
    say!(
        "  tokens that the old one signed end when the app starts again; orcs token signs new ones"
    );
    if std::env::var_os(secret::KEY).is_some_and(|value| !value.is_empty()) {
        say!("  but {} in the environment wins over .env", secret::KEY);
    }
    Ok(())
}
