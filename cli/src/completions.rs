//! `orcs completions`: what a shell needs to complete this command.

use crate::terminal::{Failure, answer, say};
use clap_complete::Shell;
use std::io::{self, IsTerminal};

/// Print what your shell needs to complete `orcs`
///
/// bash:        orcs completions bash > ~/.local/share/bash-completion/completions/orcs
/// zsh:         orcs completions zsh > "${fpath[1]}/_orcs"
/// fish:        orcs completions fish > ~/.config/fish/completions/orcs.fish
/// powershell:  orcs completions powershell >> $PROFILE
/// elvish:      orcs completions elvish >> ~/.config/elvish/rc.elv
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// bash, zsh, fish, powershell or elvish
    #[arg(value_enum, hide_possible_values = true)]
    shell: Shell,
}

pub fn run(args: &Args, mut orcs: clap::Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut orcs, "orcs", &mut script);
    answer::print(String::from_utf8_lossy(&script).trim_end())?;
    // Not where a shell reads it: it may do so at each of its starts.
    if io::stdout().is_terminal() {
        say!("to install it:  {}", install(args.shell));
    }
    Ok(())
}

fn install(shell: Shell) -> &'static str {
    match shell {
        Shell::Zsh => r#"orcs completions zsh > "${fpath[1]}/_orcs""#,
        Shell::Fish => "orcs completions fish > ~/.config/fish/completions/orcs.fish",
        Shell::PowerShell => "orcs completions powershell >> $PROFILE",
        Shell::Elvish => "orcs completions elvish >> ~/.config/elvish/rc.elv",
        _ => "orcs completions bash > ~/.local/share/bash-completion/completions/orcs",
    }
}
