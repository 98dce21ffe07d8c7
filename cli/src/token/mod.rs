//! `orcs token`: signs tokens as the app's users carry them, and reads them.

mod decode;
mod sign;

pub use sign::sign_for;

use crate::terminal::Failure;

/// Sign a token with the app's JWT_SECRET, or read one
///
/// The secret comes from the environment, else from the app's `.env`, and so do the
/// algorithm (HS256, HS384 or HS512), the issuer and the audience. The token is a JWT
/// with `sub`, `iat` and `exp`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,

    #[command(flatten)]
    sign: sign::Args,
}

#[derive(clap::Subcommand)]
enum What {
    Decode(decode::Args),
    Sign(sign::Args),
}

pub fn run(args: &Args) -> Result<(), Failure> {
    match &args.what {
        Some(What::Decode(args)) => decode::run(args),
        Some(What::Sign(args)) => sign::run(args),
        None => sign::run(&args.sign),
    }
}
