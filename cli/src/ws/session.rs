//! One connection's talk: what is sent, which answers are awaited, what came.

use super::closing::Closing;
use super::connect::Opened;
use super::line::{Bytes, Line};
use super::link::{Came, Link};
use super::message::{self, ERROR, Envelope};
use super::show::{Answer, Show, Way};
use crate::terminal::{Failure, shell};
use std::collections::{BTreeMap, VecDeque};
use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};
use tungstenite::Message;

/// What happens while somebody listens.
#[derive(Debug)]
pub enum Input {
    Came(Came),
    /// A line, without its end.
    Typed(String),
    /// There will be no more lines.
    End(Leaving),
}

/// Why no more lines come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// End of the input, or `/quit`.
    Done,
    /// Ctrl-C.
    Interrupted,
}

impl Leaving {
    /// Ctrl-C ends the process as a shell expects it, without another word.
    pub fn end(self) {
        if self == Self::Interrupted {
            std::process::exit(130);
        }
    }
}

impl From<Came> for Input {
    fn from(came: Came) -> Self {
        Self::Came(came)
    }
}

/// What a message meant.
#[derive(Debug)]
pub enum Heard {
    /// An event, or a text that is none.
    News { event: Option<String>, json: String },
    /// The answer to what we sent; the reason if it was refused.
    Answer {
        event: String,
        refused: Option<String>,
    },
    /// A binary message.
    Binary,
    /// Pings and pongs.
    Pulse,
}

impl Heard {
    /// Whether it counts as a message: no answer, no ping.
    pub fn is_news(&self) -> bool {
        matches!(self, Self::News { .. } | Self::Binary)
    }
}

/// What a line led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing went out.
    Nothing,
    Sent,
    /// Close and leave, with this code.
    Leave,
}

pub struct Session {
    link: Link,
    /// Whether events ask for an answer.
    pub ids: bool,
    next_id: u64,
    asked: BTreeMap<u64, Asked>,
    pings: VecDeque<Instant>,
}

struct Asked {
    event: String,
    at: Instant,
}

impl Session {
    pub fn start(opened: Opened, inbox: SyncSender<Input>, ids: bool) -> Result<Self, Failure> {
        let link = Link::start(opened, inbox)
            .map_err(|e| Failure::new(format!("cannot start a thread: {e}")))?;
        Ok(Self {
            link,
            ids,
            next_id: 1,
            asked: BTreeMap::new(),
            pings: VecDeque::new(),
        })
    }

    /// How many events are not answered yet.
    pub fn unanswered(&self) -> usize {
        self.asked.len()
    }

    /// One of them.
    pub fn oldest_unanswered(&self) -> Option<&str> {
        self.asked.values().next().map(|asked| &*asked.event)
    }

    /// Sends what nobody is to see.
    pub fn send_secretly(&self, text: &str) {
        self.link.send(Message::text(text));
    }

    pub fn event(&mut self, event: &str, payload: &str, show: &Show) -> Result<(), Failure> {
        let id = self.ids.then_some(self.next_id);
        let text = message::envelope(event, payload, id);
        if let Some(id) = id {
            self.next_id += 1;
            let asked = Asked {
                event: event.to_owned(),
                at: Instant::now(),
            };
            self.asked.insert(id, asked);
            if self.asked.len() > MAX_ASKED {
                self.asked.pop_first();
            }
        }
        self.send(Message::text(text), show)
    }

    fn send(&self, message: Message, show: &Show) -> Result<(), Failure> {
        show.message(Way::Out, &message, None)?;
        self.link.send(message);
        Ok(())
    }

    /// Does what a line asks for.
    pub fn act(&mut self, line: Line, show: &Show) -> Result<Done, Failure> {
        match line {
            Line::Empty => return Ok(Done::Nothing),
            Line::Event { event, payload } => self.event(&event, &payload, show)?,
            Line::Text(text) => self.send(Message::text(text), show)?,
            Line::Binary(Bytes::Given(bytes)) => self.send(Message::binary(bytes), show)?,
            Line::Binary(Bytes::File(path)) => self.send(Message::binary(read(&path)?), show)?,
            Line::Ping(text) => {
                self.pings.push_back(Instant::now());
                self.pings.truncate(MAX_ASKED);
                self.send(Message::Ping(text.into()), show)?;
            }
            Line::Close { code, reason } => {
                self.link.close(code, &reason);
                return Ok(Done::Leave);
            }
            Line::Ids(ids) => {
                self.ids = ids;
                return Ok(Done::Nothing);
            }
            Line::Help => {
                show.note(&help());
                return Ok(Done::Nothing);
            }
            Line::Quit => {
                self.link.close(1000, "");
                return Ok(Done::Leave);
            }
        }
        Ok(Done::Sent)
    }

    pub fn close(&self) {
        self.link.close(1000, "");
    }

    /// What of ours an envelope answers.
    fn answered(&mut self, envelope: &Envelope<'_>) -> Option<Asked> {
        self.asked.remove(&envelope.answers()?)
    }

    /// Shows what came, and tells what it meant.
    pub fn hear(&mut self, message: &Message, at: Instant, show: &Show) -> Result<Heard, Failure> {
        let mut took = None;
        let heard = match message {
            Message::Text(text) => match Envelope::parse(text) {
                Some(envelope) => match self.answered(&envelope) {
                    Some(asked) => {
                        took = Some(at.saturating_duration_since(asked.at));
                        Heard::Answer {
                            event: asked.event,
                            refused: (envelope.event == ERROR).then(|| why(envelope.payload())),
                        }
                    }
                    None => Heard::News {
                        json: envelope.payload().to_owned(),
                        event: Some(envelope.event.into_owned()),
                    },
                },
                None => Heard::News {
                    event: None,
                    json: text.as_str().to_owned(),
                },
            },
            Message::Pong(_) => {
                let sent = self.pings.pop_front();
                took = sent.map(|sent| at.saturating_duration_since(sent));
                Heard::Pulse
            }
            Message::Binary(_) => Heard::Binary,
            Message::Ping(_) | Message::Close(_) | Message::Frame(_) => Heard::Pulse,
        };
        let to = match &heard {
            Heard::Answer { event, .. } => Some(&**event),
            _ => None,
        };
        let answer = took.map(|took| Answer { took, to });
        show.message(Way::In, message, answer)?;
        Ok(heard)
    }
}

/// Waits for the server's answer to our close frame; what it says before that is still shown.
pub fn take_leave(
    session: &mut Session,
    inputs: &Receiver<Input>,
    show: &Show,
) -> Result<(), Failure> {
    let deadline = Instant::now() + FAREWELL;
    loop {
        match inputs.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Input::Came(Came::Message(message, at))) => {
                session.hear(&message, at, show)?;
            }
            Ok(Input::Came(Came::Closed(closing))) => return show.closed(&closing),
            Ok(Input::Typed(_) | Input::End(_)) => {}
            Err(_) => return show.closed(&Closing::lost("the server did not answer the close")),
        }
    }
}

/// Reads the file of a binary message; any other line stays as it is.
pub fn load(line: Line) -> Result<Line, Failure> {
    match line {
        Line::Binary(Bytes::File(path)) => Ok(Line::Binary(Bytes::Given(read(&path)?))),
        line => Ok(line),
    }
}

/// `join a room before talking to it (forbidden)`, or the payload as it is.
fn why(payload: &str) -> String {
    let payload: serde_json::Value = serde_json::from_str(payload).unwrap_or_default();
    let message = payload["message"].as_str().map(shell::visible);
    match (message, payload["code"].as_str()) {
        (Some(message), Some(code)) => format!("{message} ({})", shell::visible(code)),
        (Some(message), None) => message,
        (None, _) => shell::visible(payload.to_string()),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let place = shell::visible(path);
    let cannot = |e| Failure::new(format!("cannot read {place}: {e}"));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(cannot)?;
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Failure::new(format!(
            "{place} is longer than {} MiB",
            MAX_FILE >> 20
        )));
    }
    Ok(bytes)
}

fn help() -> String {
    let mut rows = vec![
        [
            "EVENT [JSON]",
            "an event and its payload: join {\"room\":\"lobby\"}",
        ]
        .map(str::to_owned),
    ];
    rows.push(["{..} or [..]", "JSON as it stands"].map(str::to_owned));
    for (name, follows, does) in super::line::COMMANDS {
        rows.push([format!("{name} {follows}"), does.to_owned()]);
    }
    let lines = crate::terminal::table::align(&rows);
    let lines: Vec<_> = lines.iter().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}

/// A server answers a close frame at once, unless much is on its way.
const FAREWELL: Duration = Duration::from_secs(3);

/// Answers may never come; more than this many are not waited for.
const MAX_ASKED: usize = 10_000;

/// The longest message that servers usually take.
const MAX_FILE: u64 = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_by_its_message_and_code() {
        assert_eq!(
            why(r#"{"message":"no","code":"forbidden"}"#),
            "no (forbidden)"
        );
        assert_eq!(why(r#"{"message":"\u001b[2J"}"#), r"\u{1b}[2J");
        assert_eq!(why(r#"[1]"#), "[1]");
    }
}
