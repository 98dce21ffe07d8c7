//! The nearest word for what clap does not know.

use crate::terminal::nearest;
use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use std::ffi::OsString;

/// Adds the word that was meant, where clap has found none.
pub fn explain(mut error: Error, orcs: &Command, args: impl Iterator<Item = OsString>) -> Error {
    let (wrong, suggested) = match error.kind() {
        ErrorKind::InvalidSubcommand => (
            ContextKind::InvalidSubcommand,
            ContextKind::SuggestedSubcommand,
        ),
        ErrorKind::InvalidValue => (ContextKind::InvalidValue, ContextKind::SuggestedValue),
        _ => return error,
    };
    let Some(ContextValue::String(word)) = error.get(wrong) else {
        return error;
    };
    if error.get(suggested).is_some() {
        return error;
    }
    let known = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => values.clone(),
        _ => commands(orcs, args),
    };
    if let Some(meant) = nearest(word, known.iter().map(String::as_str)) {
        let meant = match suggested {
            ContextKind::SuggestedValue => ContextValue::String(meant.to_owned()),
            _ => ContextValue::Strings(vec![meant.to_owned()]),
        };
        error.insert(suggested, meant);
    }
    error
}

/// What could have stood where the unknown word stands: the commands of the last known one.
fn commands(orcs: &Command, args: impl Iterator<Item = OsString>) -> Vec<String> {
    let last = args.fold(orcs, |command, word| {
        command.find_subcommand(&word).unwrap_or(command)
    });
    let names = last.get_subcommands();
    names
        .flat_map(|command| {
            let aliases = command.get_visible_aliases().map(str::to_owned);
            std::iter::once(command.get_name().to_owned())
                .chain(aliases)
                .collect::<Vec<_>>()
        })
        .collect()
}
