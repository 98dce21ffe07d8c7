//! How messages are shown: data on stdout, words about it on stderr, and both above the line
//! that is being typed where there is one.

use super::closing::Closing;
use super::json::{self, Look};
use super::message::{ACK, ERROR, Envelope};

use super::record::{self, milliseconds};
use super::screen::Screen;
use super::seen::{harmless, hex};
use crate::terminal::{Failure, say, shell};
use owo_colors::OwoColorize;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;
use tungstenite::Message;

/// How a message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For people.
    Plain,
    /// As it came.
    Raw,
    /// One line of JSON.
    Json,
}

pub struct Show {
    style: Style,
    look: Look,
    page: Page,
}

/// Where it goes.
enum Page {
    /// stdout and stderr.
    Streams { is_terminal: bool },
    /// Above the line that is typed.
    Above(Screen),
}

/// What a message answers, and how long that took.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub took: Duration,
    /// The event; none for a ping.
    pub to: Option<&'a str>,
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    In,
    Out,
}

impl Show {
    pub fn new(style: Style) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let choice = anstream::AutoStream::choice(&io::stdout());
        Self {
            style,
            look: Look {
                width: if is_terminal { columns() } else { usize::MAX },
                colours: choice != anstream::ColorChoice::Never,
                shorten: is_terminal,
            },
            page: Page::Streams { is_terminal },
        }
    }

    /// From now on all of it goes above the line that is typed.
    pub fn above(&mut self, screen: Screen) {
        self.page = Page::Above(screen);
    }

    /// There is no such line any more.
    pub fn below(&mut self) {
        let is_terminal = io::stdout().is_terminal();
        self.page = Page::Streams { is_terminal };
    }

    /// A message that came, or went out, with the time its answer took.
    pub fn message(
        &self,
        way: Way,
        message: &Message,
        answer: Option<Answer<'_>>,
    ) -> Result<(), Failure> {
        match self.style {
            Style::Json => match record::message(way, message, answer) {
                Some(line) => self.data(&line),
                None => Ok(()),
            },
            Style::Raw if way == Way::In => self.raw(message),
            Style::Raw => Ok(()),
            Style::Plain => {
                let Some(text) = self.plain(way, message, answer) else {
                    return Ok(());
                };
                match (way, &self.page) {
                    // Whoever typed it sees it already.
                    (Way::Out, Page::Above(_)) => Ok(()),
                    (Way::Out, Page::Streams { .. }) => {
                        self.note(&text);
                        Ok(())
                    }
                    (Way::In, _) => self.data(&text),
                }
            }
        }
    }

    pub fn opened(&self, url: &str, protocol: Option<&str>, took: Duration) -> Result<(), Failure> {
        if self.style == Style::Json {
            return self.data(&record::opened(url, protocol, took));
        }
        let protocol = protocol.map(|name| format!("  {}", shell::visible(name)));
        let protocol = protocol.unwrap_or_default();
        self.note(&format!(
            "  open {:.0} ms  {url}{protocol}",
            took.as_secs_f64() * 1e3
        ));
        Ok(())
    }

    /// The end of a connection.
    pub fn closed(&self, closing: &Closing) -> Result<(), Failure> {
        self.closed_words(closing);
        self.closed_data(closing)
    }

    /// The end of a connection, for people alone.
    pub fn closed_words(&self, closing: &Closing) {
        if self.style != Style::Json {
            self.note(&format!("  {}", closing.sentence()));
        }
    }

    /// The end of a connection, for scripts alone: people are told what it came to.
    pub fn closed_data(&self, closing: &Closing) -> Result<(), Failure> {
        if self.style != Style::Json {
            return Ok(());
        }
        self.data(&record::closed(closing))
    }

    /// A word beside the data, on stderr.
    pub fn note(&self, text: &str) {
        match &self.page {
            Page::Streams { .. } => say!("{text}"),
            Page::Above(screen) => _ = screen.print(text),
        }
    }

    fn data(&self, text: &str) -> Result<(), Failure> {
        match &self.page {
            Page::Streams { .. } => written(writeln!(anstream::stdout(), "{text}")),
            Page::Above(screen) => written(screen.print(text)),
        }
    }

    /// Bytes as they came, unless they would steer a terminal.
    fn raw(&self, message: &Message) -> Result<(), Failure> {
        match (&self.page, message) {
            (Page::Streams { is_terminal: false }, Message::Text(text)) => {
                written(writeln!(io::stdout(), "{text}"))
            }
            (Page::Streams { is_terminal: false }, Message::Binary(bytes)) => written(
                io::stdout()
                    .write_all(bytes)
                    .and_then(|()| io::stdout().flush()),
            ),
            (_, Message::Text(text)) => self.data(&harmless(text, usize::MAX)),
            (_, Message::Binary(bytes)) => self.data(&hex(bytes, usize::MAX)),
            _ => Ok(()),
        }
    }

    fn plain(&self, way: Way, message: &Message, answer: Option<Answer<'_>>) -> Option<String> {
        let arrow = match way {
            Way::In => "<",
            Way::Out => ">",
        };
        let arrow = self.paint(arrow, |text| text.dimmed().to_string());
        Some(match message {
            Message::Text(text) => match Envelope::parse(text) {
                Some(envelope) => self.envelope(&arrow, &envelope, answer),
                None => format!("  {arrow} {}", self.text(text)),
            },
            Message::Binary(bytes) => {
                let most = if self.look.shorten {
                    MAX_HEX
                } else {
                    usize::MAX
                };
                format!("  {arrow} ({} bytes) {}", bytes.len(), hex(bytes, most))
            }
            Message::Pong(_) => format!("  {arrow} pong {:.1} ms", milliseconds(answer?.took)),
            _ => return None,
        })
    }

    fn envelope(&self, arrow: &str, envelope: &Envelope<'_>, answer: Option<Answer<'_>>) -> String {
        let is_ack = answer.is_some() && envelope.event == ACK;
        let event = match is_ack {
            true => "ack".to_owned(),
            false => harmless(&envelope.event, MAX_NAME),
        };
        let mut line = format!("  {arrow} ");
        line += &match &*envelope.event {
            ERROR => self.paint(&event, |text| text.red().to_string()),
            _ => self.paint(&event, |text| text.bold().to_string()),
        };
        if let Some(Answer { took, to }) = answer {
            let to = harmless(to.unwrap_or_default(), MAX_NAME);
            _ = write!(line, " {:.1} ms ({to})", milliseconds(took));
        }
        // An answer without a payload says all by being there.
        if !(is_ack && envelope.payload() == "null") {
            line.push(' ');
            line += &json::pretty(envelope.payload(), 4, self.look);
        }
        line
    }

    fn text(&self, text: &str) -> String {
        let is_json = text.trim_start().starts_with(['{', '['])
            && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        if is_json {
            return json::pretty(text, 4, self.look);
        }
        harmless(
            text,
            if self.look.shorten {
                MAX_TEXT
            } else {
                usize::MAX
            },
        )
    }

    fn paint(&self, text: &str, paint: impl FnOnce(&str) -> String) -> String {
        if self.look.colours {
            paint(text)
        } else {
            text.to_owned()
        }
    }
}

/// `orcs ws --watch | head` has seen enough: the server sees the connection end.
fn written(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        written => written.map_err(|e| Failure::new(format!("cannot print: {e}"))),
    }
}

#[cfg(unix)]
pub fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stdout());
    size.map_or(80, |size| usize::from(size.ws_col).max(40))
}

#[cfg(not(unix))]
pub fn columns() -> usize {
    80
}

/// A few lines of a terminal.
const MAX_TEXT: usize = 400;
/// What the framework allows.
const MAX_NAME: usize = 128;
const MAX_HEX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_came_steers_the_terminal() {
        let show = Show {
            style: Style::Plain,
            look: Look {
                width: 80,
                colours: false,
                shorten: true,
            },
            page: Page::Streams { is_terminal: true },
        };
        for text in [
            "\u{1b}[2Jgone",
            "{\"event\":\"\\u001b[2J\",\"payload\":\"\u{9b}2J\"}",
            "[\"\u{202e}\"]",
            "{\"\u{1b}",
        ] {
            let shown = show.plain(Way::In, &Message::text(text), None).unwrap();
            assert!(!shown.contains(shell::is_unseen), "{shown:?}");
        }
        let long = show
            .plain(Way::In, &Message::text("x".repeat(10_000)), None)
            .unwrap();
        assert!(long.ends_with("… (10000 characters)"));
        let bytes = show
            .plain(Way::In, &Message::binary(vec![7; 100]), None)
            .unwrap();
        assert!(bytes.starts_with("  < (100 bytes) 0707") && bytes.ends_with('…'));
    }
}
