//! The flags that every command has, and what they do before it begins.

use crate::app::cargo_call;
use crate::terminal::{Failure, mode, shell};
use clap::builder::FalseyValueParser;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, ValueEnum};
use std::path::PathBuf;

/// Each can be a variable as well; the flag wins.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of all commands")]
pub struct Globals {
    /// Say only what went wrong
    #[arg(short, long, global = true, env = "ORCS_QUIET", hide_env_values = true)]
    #[arg(action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    #[arg(overrides_with = "quiet")]
    quiet: bool,

    /// Say more: what is run, and what cargo does
    #[arg(
        short,
        long,
        global = true,
        env = "ORCS_VERBOSE",
        hide_env_values = true
    )]
    #[arg(action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    #[arg(overrides_with = "verbose")]
    verbose: bool,

    /// Colours: auto (as the terminal, NO_COLOR and CLICOLOR_FORCE say), always or never
    #[arg(long, global = true, env = "ORCS_COLOR", hide_env_values = true)]
    #[arg(
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    #[arg(hide_default_value = true, value_enum)]
    color: Color,

    /// Let cargo fetch nothing
    #[arg(long, global = true, env = "ORCS_OFFLINE", hide_env_values = true)]
    #[arg(action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    offline: bool,

    /// Run as if started in this folder
    #[arg(long, global = true, env = "ORCS_CWD", hide_env_values = true)]
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    cwd: Option<PathBuf>,
}

/// When there are colours.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Globals {
    /// Puts the flags into force for the rest of this process and for the cargo it starts.
    ///
    /// `matches` tell a typed flag from a variable: `-q` silences who has set ORCS_VERBOSE.
    pub fn apply(&self, matches: &ArgMatches) -> Result<(), Failure> {
        let typed = |flag| matches.value_source(flag) == Some(ValueSource::CommandLine);
        mode::set(match (self.quiet, self.verbose) {
            (true, true) if typed("verbose") => mode::Loudness::Verbose,
            (true, _) => mode::Loudness::Quiet,
            (false, true) => mode::Loudness::Verbose,
            (false, false) => mode::Loudness::Normal,
        });
        self.color.apply();
        cargo_call::set(self.offline, self.color.word());
        if let Some(dir) = &self.cwd {
            std::env::set_current_dir(dir).map_err(|e| {
                Failure::new(format!("cannot enter `{}`: {e}", shell::visible(dir)))
                    .help("--cwd takes a folder that exists")
            })?;
        }
        Ok(())
    }
}

/// Colours of the help and of a wrong usage, which clap prints before flags are known.
pub fn color_before_parsing() {
    let mut words = std::env::args_os()
        .skip(1)
        .filter_map(|w| w.into_string().ok());
    let mut color = std::env::var_os("ORCS_COLOR").and_then(|color| color.into_string().ok());
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        color = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(rest) if rest.starts_with('=') => Some(rest[1..].to_owned()),
            _ => color,
        };
    }
    if let Some(color) = color.and_then(|color| Color::from_str(&color, false).ok()) {
        color.apply();
    }
}

impl Color {
    fn apply(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }

    /// As cargo spells it; `None` leaves the choice to cargo.
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::Always => Some("always"),
            Self::Never => Some("never"),
        }
    }
}
