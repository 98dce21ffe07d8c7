//! Lines as they are typed, at a terminal or from a pipe.

use super::keyboard::{Keyboard, Words};
use super::line::{self, Line};
use super::link::Came;
use super::once::Once;
use super::screen::Screen;
use super::session::{Done, Heard, Input, Leaving, Session, load, take_leave};
use super::visit::{Ended, Pauses, Until, Visit};
use crate::terminal::{Failure, shell};
use std::io::{self, BufRead};
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Instant;

/// What there is to say at a terminal when it begins.
#[derive(Debug, Default)]
pub struct Welcome {
    /// Other paths of the app.
    pub others: Vec<String>,
}

/// Talks until the input ends or somebody leaves.
pub fn run(mut visit: Visit, words: &Words, welcome: &Welcome, once: &Once) -> Result<(), Failure> {
    let mut session = visit.enter().map_err(|unopened| unopened.failure)?;
    let screen = Screen::default();
    let typing = Keyboard::start(words.clone(), screen.clone(), visit.inbox.clone());
    let Some(keyboard) = typing else {
        let inbox = visit.inbox.clone();
        thread::spawn(move || read(&inbox));
        return piped(&visit, &mut session, once);
    };
    visit.show.above(screen);
    if !welcome.others.is_empty() {
        visit
            .show
            .note(&format!("  other paths: {}", welcome.others.join(", ")));
    }
    visit
        .show
        .note("  /help lists what can be typed; Tab completes, Ctrl-D leaves");
    let left = typed(&visit, &mut session, words);
    // First the terminal as it was, then the last words.
    visit.show.below();
    drop(keyboard);
    match left? {
        Left::Quit(leaving) => {
            visit.leave(&mut session)?;
            leaving.end();
        }
        Left::Gone(leaving) => leaving.end(),
        Left::Closed(closing) => {
            visit.show.closed_data(&closing)?;
            visit.judge(&closing)?;
        }
    }
    Ok(())
}

/// How a talk at a terminal ended.
enum Left {
    Quit(Leaving),
    /// While there was no connection.
    Gone(Leaving),
    Closed(super::closing::Closing),
}

fn typed(visit: &Visit, session: &mut Session, words: &Words) -> Result<Left, Failure> {
    loop {
        match visit.next(None) {
            Ok(Input::Came(Came::Message(message, at))) => {
                if let Heard::News {
                    event: Some(event), ..
                } = session.hear(&message, at, &visit.show)?
                {
                    words.learn(&event, None);
                }
            }
            Ok(Input::Came(Came::Closed(closing))) => {
                if !closing.may_return() {
                    return Ok(Left::Closed(closing));
                }
                visit.show.closed(&closing)?;
                match come_back(visit, session.ids)? {
                    Ok(back) => *session = back,
                    Err(leaving) => return Ok(Left::Gone(leaving)),
                }
            }
            Ok(Input::Typed(text)) => {
                let line = line::parse(&text).map_err(Failure::new);
                match line.and_then(load) {
                    Err(why) => visit.show.note(&format!("  {why}")),
                    Ok(Line::Quit) => return Ok(Left::Quit(Leaving::Done)),
                    Ok(line) => {
                        if session.act(line, &visit.show)? == Done::Leave {
                            return Ok(Left::Quit(Leaving::Done));
                        }
                    }
                }
            }
            Ok(Input::End(leaving)) => return Ok(Left::Quit(leaving)),
            Err(_) => return Ok(Left::Quit(Leaving::Done)),
        }
    }
}

/// The app is swapped, or the network broke: tries until it is back, or somebody leaves.
fn come_back(visit: &Visit, ids: bool) -> Result<Result<Session, Leaving>, Failure> {
    let mut pauses = Pauses::new();
    loop {
        let pause = pauses.next();
        visit.show.note(&format!("  again in {pause:?}"));
        let deadline = Instant::now() + pause;
        while let Ok(input) = visit.next(Some(deadline)) {
            match input {
                Input::Typed(text) if matches!(line::parse(&text), Ok(Line::Quit)) => {
                    return Ok(Err(Leaving::Done));
                }
                Input::Typed(_) => visit.show.note("  not connected: this line was not sent"),
                Input::End(leaving) => return Ok(Err(leaving)),
                Input::Came(_) => {}
            }
        }
        match visit.enter() {
            Ok(mut session) => {
                session.ids = ids;
                return Ok(Ok(session));
            }
            Err(unopened) if unopened.may_return => {}
            Err(unopened) => return Err(unopened.failure),
        }
    }
}

/// Every line counts. After the last one it listens as long as it was told, else until all that
/// was asked is answered; with `--for` a pipe that stays open but silent is the end as well.
fn piped(visit: &Visit, session: &mut Session, once: &Once) -> Result<(), Failure> {
    let listens_until = || once.listen.map(|listen| Instant::now() + listen);
    let mut until = Until {
        messages: once.count,
        deadline: listens_until(),
        ..Until::default()
    };
    while !until.is_counted() {
        match visit.next(until.deadline) {
            Ok(Input::Came(Came::Message(message, at))) => {
                let heard = session.hear(&message, at, &visit.show)?;
                until.came += usize::from(heard.is_news());
            }
            Ok(Input::Came(Came::Closed(closing))) => {
                visit.show.closed_data(&closing)?;
                return visit.judge(&closing);
            }
            Ok(Input::Typed(text)) => {
                let line = line::parse(&text)
                    .map_err(|why| Failure::new(format!("{why}, in `{}`", shell::visible(text))))?;
                if session.act(load(line)?, &visit.show)? == Done::Leave {
                    return take_leave(session, &visit.inputs, &visit.show);
                }
                until.deadline = listens_until();
            }
            Ok(Input::End(_)) | Err(_) => break,
        }
    }
    until.answered = once.listen.is_none() && once.count.is_none();
    until.deadline = until.deadline.or_else(|| Some(visit.deadline()));
    match visit.listen(session, &mut until)? {
        Ended::Enough => visit.leave(session),
        Ended::Closed(closing) => visit.judge(&closing),
    }
}

fn read(inbox: &SyncSender<Input>) {
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        if inbox.send(Input::Typed(line)).is_err() {
            return;
        }
    }
    _ = inbox.send(Input::End(Leaving::Done));
}
