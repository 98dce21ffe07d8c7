//! `orcs new -i`: asks for what was not said, and tells the command that needs no questions.
//!
//! Plain lines, no menus: the terminal stays as it is, so that Ctrl-C needs no cleaning up.

use super::framework::Source;
use super::place::Place;
use super::{Args, git, template};
use crate::terminal::{Failure, say, shell};
use owo_colors::OwoColorize;
use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

/// The arguments with the answers of who sits at the terminal.
pub fn complete(args: &Args) -> Result<Args, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(
            Failure::new("-i asks questions, and there is no terminal to answer on")
                .help("orcs new myapp"),
        );
    }
    answers(args, &mut io::stdin().lock())
}

/// The command that does the same without questions, when a line can say it.
pub fn equivalent(args: &Args) -> Option<String> {
    let mut command = format!("orcs new {}", shell::quote(args.path.as_deref()?)?);
    if args.template != template::DEFAULT {
        command.extend([" --template ", &args.template]);
    }
    if args.framework != Source::Auto {
        let framework = args.framework.to_string();
        command.extend([" --framework ", &shell::quote(framework.as_ref())?]);
    }
    for (is_set, flag) in [
        (args.no_git, " --no-git"),
        (args.no_agents_md, " --no-agents-md"),
        (args.no_build, " --no-build"),
        (args.force, " --force"),
        (args.json, " --json"),
    ] {
        command.push_str(if is_set { flag } else { "" });
    }
    Some(command)
}

fn answers(args: &Args, lines: &mut impl BufRead) -> Result<Args, Failure> {
    let mut said = args.clone();
    let path = match &args.path {
        Some(path) => path.clone(),
        None => ask(
            lines,
            "Where? The last part is its name",
            "myapp",
            |answer| {
                let path = with_home(answer);
                Place::parse(&path)?.check_free(args.force)?;
                Ok(path)
            },
        )?,
    };
    let names = template::names().join(", ");
    let question = format!("What does it begin as? {names}");
    said.template = ask(lines, &question, &args.template, |answer| {
        let known = template::names().contains(&answer);
        let unknown = || Failure::new(format!("`{}` is none of {names}", shell::visible(answer)));
        known.then(|| answer.to_owned()).ok_or_else(unknown)
    })?;
    // What needs no question gets none.
    if !args.no_git && !git::is_inside_repository(&path) {
        said.no_git = !yes(lines, "A git repository?")?;
    }
    if !args.no_agents_md {
        said.no_agents_md = !yes(lines, "An AGENTS.md, for AI agents?")?;
    }
    if !args.no_build {
        said.no_build = !yes(lines, "Begin the first build in the background?")?;
    }
    said.path = Some(path);
    Ok(said)
}

fn yes(lines: &mut impl BufRead, question: &str) -> Result<bool, Failure> {
    let answer = |answer: &str| match answer.to_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err(Failure::new("expected y or n")),
    };
    ask(lines, question, "y", answer)
}

/// Asks until an answer is taken; an empty one is the proposal.
fn ask<T>(
    lines: &mut impl BufRead,
    question: &str,
    proposal: &str,
    take: impl Fn(&str) -> Result<T, Failure>,
) -> Result<T, Failure> {
    loop {
        prompt(question, proposal);
        let mut line = String::new();
        match lines.read_line(&mut line) {
            Ok(0) => {
                say!();
                return Err(Failure::new("no answer; nothing was written"));
            }
            Ok(_) => {}
            Err(e) => return Err(Failure::new(format!("cannot read the answer: {e}"))),
        }
        let answer = Some(line.trim()).filter(|answer| !answer.is_empty());
        match take(answer.unwrap_or(proposal)) {
            Ok(taken) => return Ok(taken),
            Err(failure) => _ = failure.report(),
        }
    }
}

/// A question without the end of its line, for the answer.
fn prompt(question: &str, proposal: &str) {
    let mut stderr = anstream::stderr();
    _ = io::Write::write_fmt(
        &mut stderr,
        format_args!("  {question} {} ", format!("[{proposal}]").cyan()),
    );
    _ = io::Write::flush(&mut stderr);
}

/// No shell reads this answer, so `~` is ours to replace.
fn with_home(answer: &str) -> PathBuf {
    let home = std::env::home_dir();
    match (answer.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => answer.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Args as _, FromArgMatches};

    fn args(words: &[&str]) -> Args {
        let command = Args::augment_args(clap::Command::new("new"));
        let words = ["new"].iter().chain(words);
        Args::from_arg_matches(&command.get_matches_from(words)).unwrap()
    }

    fn answered(words: &[&str], answers: &str) -> Result<String, Failure> {
        let said = super::answers(&args(words), &mut answers.as_bytes())?;
        Ok(equivalent(&said).unwrap())
    }

    #[test]
    fn enter_takes_the_proposal() {
        let dir = tempfile::tempdir().unwrap();
        let app = dir.path().join("myapp");
        let app = app.to_str().unwrap();
        let command = format!("orcs new {app}");
        assert_eq!(answered(&["-i", app], "\n\n\n\n").unwrap(), command);
        let answers = format!("{app}\n\n\n\n\n");
        assert_eq!(answered(&["-i"], &answers).unwrap(), command);
    }

    #[test]
    fn a_wrong_answer_is_asked_again() {
        let dir = tempfile::tempdir().unwrap();
        let (taken, free) = (dir.path().join("taken"), dir.path().join("my app/chat"));
        std::fs::create_dir(&taken).unwrap();
        std::fs::write(taken.join("file"), "").unwrap();
        let answers = format!(
            "{}\nMy App!\n{}\nnone\nchat\nmaybe\nno\nn\nN\n",
            taken.display(),
            free.display()
        );
        let command = answered(&["-i"], &answers).unwrap();
        let quoted = format!("'{}'", free.display());
        let said = format!("orcs new {quoted} --no-git --no-agents-md --no-build");
        assert_eq!(command, said);
    }

    #[test]
    fn nobody_there_is_no_answer() {
        assert!(answered(&["-i"], "").is_err());
        assert!(answered(&["-i", "myapp"], "chat\ny\n").is_err());
    }

    #[test]
    fn what_was_said_is_not_asked_and_said_again() {
        let words = [
            "-i",
            "/srv/myapp",
            "--framework",
            "path:my orcs",
            "--no-git",
            "--no-agents-md",
            "--no-build",
            "--json",
        ];
        let command = "orcs new /srv/myapp --framework 'path:my orcs' --no-git --no-agents-md \
                       --no-build --json";
        assert_eq!(answered(&words, "\n").unwrap(), command);
    }
}
