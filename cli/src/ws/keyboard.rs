//! The line that somebody types, with history and completion.

use super::history::{History, holds_secret};
use super::line::{self, COMMANDS, Line};
use super::screen::{PROMPT, Screen};
use super::session::{Input, Leaving};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The events that Tab knows, each with a payload to begin with, if the app says which.
#[derive(Clone, Default)]
pub struct Words(Arc<Mutex<BTreeMap<String, Option<String>>>>);

impl Words {
    /// Events that came are worth knowing too, up to a number that a hostile server cannot choose.
    pub fn learn(&self, event: &str, payload: Option<String>) {
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_word = !event.is_empty()
            && event.len() <= 128
            && !event.contains(|c: char| c.is_whitespace() || crate::terminal::shell::is_unseen(c));
        if is_word && words.len() < MAX_WORDS {
            words.entry(event.to_owned()).or_insert(payload);
        }
    }

    /// What can stand for the word that ends at `pos`, and where that word begins.
    fn complete(&self, line: &str, pos: usize) -> (usize, Vec<Pair>) {
        let typed = &line[..pos];
        let words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((event, rest)) = typed.split_once(' ') {
            let payload = words
                .get(event)
                .and_then(Option::as_ref)
                .filter(|_| rest.trim().is_empty());
            let payload = payload.map(|payload| Pair {
                display: payload.clone(),
                replacement: payload.clone(),
            });
            return (pos, payload.into_iter().collect());
        }
        let commands = COMMANDS.iter().map(|(name, ..)| *name);
        let pair = |word: &str| Pair {
            display: word.to_owned(),
            replacement: format!("{word} "),
        };
        let all = words.keys().map(String::as_str).chain(commands);
        let fitting = all.filter(|word| word.starts_with(typed));
        // Commands are many: they are offered to who asks for them.
        let fitting = fitting.filter(|word| !word.starts_with('/') || typed.starts_with('/'));
        (0, fitting.map(pair).collect())
    }
}

/// Completes words, and tells the screen what the line has become.
struct Completing {
    words: Words,
    screen: Screen,
}

impl Completer for Completing {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        Ok(self.words.complete(line, pos))
    }
}

impl Hinter for Completing {
    type Hint = String;

    /// Asked whenever the line or the cursor has changed.
    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<String> {
        self.screen.becomes(line, pos);
        None
    }
}

impl Highlighter for Completing {
    /// The whole line is drawn again for each key: a message may just have moved it.
    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        true
    }
}

impl Validator for Completing {}
impl Helper for Completing {}

/// Somebody at a terminal. When it is dropped, the terminal is as it was.
pub struct Keyboard {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Keyboard {
    /// Begins to read lines; `None` where nobody sits or the terminal can do nothing.
    pub fn start(words: Words, screen: Screen, inbox: SyncSender<Input>) -> Option<Self> {
        let can_edit = io::stdin().is_terminal() && io::stdout().is_terminal() && !is_dumb();
        if !can_edit {
            return None;
        }
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .history_ignore_dups(true)
            .ok()?
            .build();
        let lines = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, lines).ok()?;
        let helper = Completing {
            words,
            screen: screen.clone(),
        };
        editor.set_helper(Some(helper));
        let history = History::find();
        for line in history.iter().flat_map(History::lines) {
            _ = editor.add_history_entry(line);
        }
        let keyboard = Self {
            #[cfg(unix)]
            before: rustix::termios::tcgetattr(io::stdin()).ok(),
        };
        thread::spawn(move || read(editor, &screen, history.as_ref(), &inbox));
        Some(keyboard)
    }
}

impl Drop for Keyboard {
    /// The editor may be in the middle of a line, which would leave the terminal without echo.
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            use rustix::termios::{OptionalActions, tcsetattr};
            _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
        // The begun line goes, and pasting is as before.
        _ = write!(io::stdout(), "\r\x1b[K\x1b[?2004l");
        _ = io::stdout().flush();
    }
}

fn read(
    mut editor: Editor<Completing, MemHistory>,
    screen: &Screen,
    history: Option<&History>,
    inbox: &SyncSender<Input>,
) {
    loop {
        screen.begin();
        let typed = editor.readline(PROMPT);
        screen.end();
        let typed = match typed {
            Ok(typed) => typed,
            Err(ReadlineError::Interrupted) => {
                _ = inbox.send(Input::End(Leaving::Interrupted));
                return;
            }
            Err(ReadlineError::Signal(_)) => continue,
            Err(_) => {
                _ = inbox.send(Input::End(Leaving::Done));
                return;
            }
        };
        if !typed.trim().is_empty() && !holds_secret(&typed) {
            _ = editor.add_history_entry(typed.as_str());
            if let Some(history) = history {
                history.keep(&typed);
            }
        }
        let is_last = matches!(line::parse(&typed), Ok(Line::Quit | Line::Close { .. }));
        if inbox.send(Input::Typed(typed)).is_err() || is_last {
            return;
        }
    }
}

/// Terminals without a cursor that moves; rustyline's list.
fn is_dumb() -> bool {
    let term = std::env::var_os("TERM").unwrap_or_default();
    ["dumb", "cons25", "emacs"]
        .iter()
        .any(|dumb| term.eq_ignore_ascii_case(dumb))
}

/// More than any app has.
const MAX_WORDS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tab_knows_events_payloads_and_commands() {
        let words = Words::default();
        words.learn("join", Some(r#"{"room":""}"#.into()));
        words.learn("joke", None);
        words.learn("leave", None);
        words.learn("\u{1b}[2J", None);
        words.learn("two words", None);
        let complete = |line: &str| -> Vec<String> {
            let (_, pairs) = words.complete(line, line.len());
            pairs.into_iter().map(|pair| pair.replacement).collect()
        };
        assert_eq!(complete("jo"), ["join ", "joke "]);
        assert_eq!(complete(""), ["join ", "joke ", "leave "]);
        assert_eq!(complete("/pi"), ["/ping "]);
        assert_eq!(complete("join "), [r#"{"room":""}"#]);
        assert!(
            complete("leave ").is_empty()
                && complete("join {").is_empty()
                && complete("x").is_empty()
        );
    }
}
