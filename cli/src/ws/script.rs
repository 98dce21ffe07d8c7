//! `orcs ws --script FILE`: lines as they are typed, and what is expected of the server.

use super::closing::Closing;
use super::line::{self, Line};
use super::link::Came;
use super::session::{Done, Heard, Input, Session, load, take_leave};
use super::visit::Visit;
use crate::terminal::{Failure, shell};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// One step of a script, and the line it stands on.
#[derive(Debug, PartialEq)]
pub struct Step {
    number: usize,
    text: String,
    does: Does,
}

#[derive(Debug, PartialEq)]
enum Does {
    Line(Line),
    Sleep(Duration),
    /// A message of this event (`*`: of any), with at least this in its payload.
    Expect {
        event: String,
        least: Option<Value>,
    },
}

/// Reads a whole script before anything is sent.
pub fn parse(script: &str, place: &str) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    for (at, text) in script.lines().enumerate() {
        let does = step(text).map_err(|why| {
            Failure::usage(format!("{}:{}: {why}", shell::visible(place), at + 1))
        })?;
        if does != Does::Line(Line::Empty) {
            steps.push(Step {
                number: at + 1,
                text: text.trim().to_owned(),
                does,
            });
        }
    }
    Ok(steps)
}

fn step(text: &str) -> Result<Does, String> {
    let (word, rest) = line::cut(text);
    match word {
        "sleep" => line::duration(rest).map(Does::Sleep),
        "wait" if rest.is_empty() || rest.contains(char::is_whitespace) => {
            Err("`wait` takes one event: wait welcome".into())
        }
        "wait" => Ok(Does::Expect {
            event: rest.to_owned(),
            least: None,
        }),
        "expect" => {
            let (event, least) = line::cut(rest);
            if event.is_empty() {
                return Err("`expect` takes an event: expect message {\"text\":\"hi\"}".into());
            }
            let least = match least {
                "" => None,
                text => {
                    Some(serde_json::from_str(text).map_err(|e| format!("this is not JSON: {e}"))?)
                }
            };
            Ok(Does::Expect {
                event: event.to_owned(),
                least,
            })
        }
        _ => line::parse(text).map(Does::Line),
    }
}

/// Does one step after the other; the first that fails ends it.
pub fn run(visit: &Visit, steps: Vec<Step>, place: &str) -> Result<(), Failure> {
    let session = visit.enter().map_err(|unopened| unopened.failure)?;
    let mut play = Play {
        visit,
        session,
        came: VecDeque::new(),
        closed: None,
        was_expected: false,
    };
    for step in steps {
        let at = format!("{}:{}", shell::visible(place), step.number);
        if play.step(step, &at)? == Done::Leave {
            return match play.closed {
                Some(_) => Ok(()),
                None => take_leave(&mut play.session, &visit.inputs, &visit.show),
            };
        }
    }
    match play.closed {
        Some(_) if play.was_expected => Ok(()),
        Some(closing) => visit.judge(&closing),
        None => visit.leave(&mut play.session),
    }
}

struct Play<'a> {
    visit: &'a Visit,
    session: Session,
    /// What no step has asked for yet.
    came: VecDeque<News>,
    closed: Option<Closing>,
    /// Whether a step asked for that close.
    was_expected: bool,
}

/// A message, or the close: the event `close` with its code and reason.
struct News {
    event: String,
    payload: Value,
}

impl Play<'_> {
    fn step(&mut self, step: Step, at: &str) -> Result<Done, Failure> {
        match step.does {
            Does::Sleep(pause) => {
                let deadline = Instant::now() + pause;
                while self.hear(deadline)? {}
                // Nothing more comes over a closed connection, but the time passes.
                std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
                Ok(Done::Nothing)
            }
            Does::Expect { event, least } => {
                self.expect(&event, least.as_ref(), &step.text, at)?;
                Ok(Done::Nothing)
            }
            Does::Line(line) => {
                if let Some(closing) = &self.closed {
                    return Err(Failure::new(format!("{at}: {}", closing.sentence())));
                }
                self.session.act(load(line)?, &self.visit.show)
            }
        }
    }

    /// Waits for a message that fits; those before it are passed over.
    fn expect(
        &mut self,
        event: &str,
        least: Option<&Value>,
        text: &str,
        at: &str,
    ) -> Result<(), Failure> {
        let deadline = self.visit.deadline();
        let mut nearest = None;
        loop {
            while let Some(news) = self.came.pop_front() {
                if event != "*" && event != news.event {
                    continue;
                }
                if least.is_none_or(|least| is_within(least, &news.payload)) {
                    if news.event == CLOSE {
                        self.was_expected = true;
                    }
                    return Ok(());
                }
                nearest = Some(news);
            }
            if self.closed.is_some() || !self.hear(deadline)? {
                break;
            }
        }
        let text = shell::visible(text);
        let failure = match (&self.closed, nearest) {
            (_, Some(News { event, payload })) => {
                Failure::new(format!("{at}: `{text}` did not come")).help(format!(
                    "the last `{}` was {}",
                    shell::visible(event),
                    shell::visible(payload.to_string())
                ))
            }
            (Some(closing), None) => Failure::new(format!(
                "{at}: `{text}` did not come: {}",
                closing.sentence()
            )),
            (None, None) => Failure::new(format!(
                "{at}: `{text}` did not come within {:?}",
                self.visit.bounds.patience
            )),
        };
        Err(failure)
    }

    /// Takes in what comes next; `false` when nothing does in time.
    fn hear(&mut self, deadline: Instant) -> Result<bool, Failure> {
        if self.closed.is_some() {
            return Ok(false);
        }
        let news = match self.visit.next(Some(deadline)) {
            Ok(Input::Came(Came::Message(message, at))) => {
                match self.session.hear(&message, at, &self.visit.show)? {
                    Heard::News { event, json } => News {
                        event: event.unwrap_or_else(|| "text".to_owned()),
                        payload: serde_json::from_str(&json).unwrap_or(Value::String(json)),
                    },
                    Heard::Answer { refused, .. } => News {
                        event: if refused.is_some() {
                            "error"
                        } else {
                            "orcs:ack"
                        }
                        .to_owned(),
                        payload: payload_of(&message),
                    },
                    Heard::Binary => News {
                        event: "binary".to_owned(),
                        payload: Value::Null,
                    },
                    Heard::Pulse => return Ok(true),
                }
            }
            Ok(Input::Came(Came::Closed(closing))) => {
                self.visit.show.closed_data(&closing)?;
                let payload = serde_json::json!({ "code": closing.code, "reason": closing.reason });
                self.closed = Some(closing);
                News {
                    event: CLOSE.to_owned(),
                    payload,
                }
            }
            Ok(Input::Typed(_) | Input::End(_)) => return Ok(true),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(false),
        };
        self.came.push_back(news);
        if self.came.len() > MAX_NEWS {
            self.came.pop_front();
        }
        Ok(true)
    }
}

fn payload_of(message: &tungstenite::Message) -> Value {
    let value: Option<Value> = message
        .to_text()
        .ok()
        .and_then(|text| serde_json::from_str(text).ok());
    value
        .map(|mut value| value["payload"].take())
        .unwrap_or_default()
}

/// Whether a value says at least this: an object may have more members, a list has the same ones.
fn is_within(least: &Value, value: &Value) -> bool {
    match (least, value) {
        (Value::Object(least), Value::Object(value)) => least
            .iter()
            .all(|(key, least)| value.get(key).is_some_and(|value| is_within(least, value))),
        (Value::Array(least), Value::Array(value)) => {
            least.len() == value.len()
                && least
                    .iter()
                    .zip(value)
                    .all(|(least, value)| is_within(least, value))
        }
        (least, value) => least == value,
    }
}

/// What the end of a connection is called.
const CLOSE: &str = "close";

/// Messages that no step has asked for; the oldest go.
const MAX_NEWS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_script_is_lines_and_what_is_expected() {
        let steps = parse("# chat\njoin {\"room\":\"a\"}\n\nwait welcome\n  expect message {\"text\":\"hi\"}\nsleep 5ms\n", "a.ws").unwrap();
        let numbers: Vec<_> = steps.iter().map(|step| step.number).collect();
        assert_eq!(numbers, [2, 4, 5, 6]);
        assert_eq!(
            steps[2].does,
            Does::Expect {
                event: "message".into(),
                least: Some(json!({"text": "hi"}))
            }
        );
        assert_eq!(steps[3].does, Does::Sleep(Duration::from_millis(5)));
        for wrong in [
            "wait",
            "wait a b",
            "expect",
            "expect a {",
            "sleep soon",
            "/nope",
            "a {",
        ] {
            assert!(parse(wrong, "a.ws").is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_value_may_say_more_than_expected() {
        let value = json!({"a": 1, "b": {"c": [1, {"d": 2}], "e": null}});
        for least in [
            json!({}),
            json!({"a": 1}),
            json!({"b": {"c": [1, {}]}}),
            json!({"b": {"e": null}}),
        ] {
            assert!(is_within(&least, &value), "{least}");
        }
        for more in [
            json!({"a": 2}),
            json!({"z": null}),
            json!({"b": {"c": [1]}}),
            json!([]),
        ] {
            assert!(!is_within(&more, &value), "{more}");
        }
    }
}
