//! `orcs generate event`: a handler and its payload, in a file of routes.

use super::list;
use super::names::{EventName, Field};
use super::plan::Plan;
use super::source::Source;
use super::{rustfmt, template};
use crate::app::App;
use crate::terminal::{Failure, shell};
use serde::Serialize;
use std::fs;

/// Add an event to a route: its handler and the type of its payload
///
/// For example: orcs generate event chat move x:number y:number
#[derive(clap::Args)]
pub struct Args {
    /// The route: a file of routes/ without its ending, or the name of its function
    route: String,

    /// The event as clients say it
    event: String,

    /// What comes with it, such as text:string, tags:string[], at:number?; nothing without
    fields: Vec<String>,
}

pub fn plan(app: &App, args: &Args) -> Result<Plan, Failure> {
    let mut event = EventName::parse(&args.event)?;
    let fields = parse_fields(&args.fields)?;
    let place = Place::find(app, &args.route)?;
    let source = Source::new(&place.text);
    check_free(&source, &place, &event)?;
    if source.has_word(&event.payload) {
        event.payload.push_str("Payload");
    }

    let code = code_of(&event, &fields, place.data.as_deref())?;
    let call = format!(".on(\"{}\", {})", event.wire, event.handler);
    let mut plan = Plan::default();
    let with_call = source.with_event(&place.function, &call);
    match with_call.filter(|_| source.says("use orcs::prelude::*")) {
        Some(text) => {
            let after = rustfmt::changed(app, &place.text, &with_code(&text, &code));
            plan.change(&place.path, place.text.clone(), after);
        }
        None => {
            let mut lines = vec![format!("{call}, in the chain of `{}()`", place.function)];
            lines.extend(code.lines().map(str::to_owned));
            plan.by_hand(&place.path, lines);
        }
    }
    Ok(plan)
}

pub fn parse_fields(texts: &[String]) -> Result<Vec<Field>, Failure> {
    let mut fields: Vec<Field> = Vec::new();
    for text in texts {
        let field = Field::parse(text)?;
        if fields.iter().any(|known| known.ident == field.ident) {
            let message = format!("there are two fields `{}`", field.ident);
            return Err(Failure::new(message).help("give each a name of its own"));
        }
        fields.push(field);
    }
    Ok(fields)
}

/// The handler of an event, and the type of its payload.
pub fn code_of(event: &EventName, fields: &[Field], data: Option<&str>) -> Result<String, Failure> {
    #[derive(Serialize)]
    struct Values<'a> {
        wire: &'a str,
        handler: &'a str,
        payload: &'a str,
        fields: String,
        client: String,
    }
    let values = Values {
        wire: &event.wire,
        handler: &event.handler,
        payload: &event.payload,
        fields: fields.iter().map(Field::declaration).collect(),
        client: data.map_or_else(|| "Client".to_owned(), |data| format!("Client<{data}>")),
    };
    template::render(
        include_str!("../../templates/generate/event.rs.hbs"),
        &values,
    )
}

/// The function that an event is added to.
struct Place {
    path: String,
    text: String,
    function: String,
    data: Option<String>,
}

impl Place {
    fn find(app: &App, route: &str) -> Result<Self, Failure> {
        let module = route.replace('-', "_");
        let mut known = Vec::new();
        let mut places = Vec::new();
        for (path, text) in files(app)? {
            let stem = path
                .trim_start_matches("routes/")
                .trim_end_matches(".rs")
                .to_owned();
            for (function, data) in Source::new(&text).routes() {
                known.push(function.to_owned());
                if function == module || stem == module {
                    places.push(Self {
                        path: path.clone(),
                        text: text.clone(),
                        function: function.to_owned(),
                        data: data.map(str::to_owned),
                    });
                }
            }
        }
        let exact = places.iter().position(|place| place.function == module);
        match (exact, places.len()) {
            (Some(exact), _) => Ok(places.swap_remove(exact)),
            (None, 1) => Ok(places.remove(0)),
            (None, 0) => Err(Failure::new(format!(
                "there is no route `{}` in routes/",
                shell::visible(route)
            ))
            .help(match known.as_slice() {
                [] => "orcs generate route chat".to_owned(),
                known => format!("there are: {}", known.join(", ")),
            })),
            (None, _) => {
                let functions: Vec<_> = places.iter().map(|place| &*place.function).collect();
                let route = shell::visible(route);
                let message = format!("routes/{route}.rs has several routes");
                Err(Failure::new(message)
                    .help(format!("name the function: {}", functions.join(", "))))
            }
        }
    }
}

/// The files of `routes/` in order, as far as they can be read.
pub fn files(app: &App) -> Result<Vec<(String, String)>, Failure> {
    let entries = fs::read_dir(app.root.join("routes"))
        .map_err(|e| Failure::new(format!("cannot look into routes/: {e}")))?;
    let mut names: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".rs"))
        .collect();
    names.sort();
    let file = |name: String| {
        let path = format!("routes/{name}");
        let text = list::read(app, &path)?;
        Ok((path, text))
    };
    names.into_iter().map(file).collect()
}

fn check_free(source: &Source<'_>, place: &Place, event: &EventName) -> Result<(), Failure> {
    let path = shell::visible(&place.path);
    let refuse = |what: &str| {
        Err(Failure::new(format!("{path} already has {what}"))
            .help("choose another name for the event, or change what is there"))
    };
    let payload = format!("{}Payload", event.payload);
    if source.text.contains(&format!(".on(\"{}\"", event.wire)) {
        refuse(&format!("a handler of `{}`", event.wire))
    } else if source.has_word(&event.handler) {
        refuse(&format!("a function `{}`", event.handler))
    } else if source.has_word(&event.payload) && source.has_word(&payload) {
        refuse(&format!("a type `{payload}`"))
    } else {
        Ok(())
    }
}

/// The code at the end of a file, or in front of its tests.
fn with_code(text: &str, code: &str) -> String {
    let tests = text.find("\n#[cfg(test)]\n");
    let (before, tests) = text.split_at(tests.unwrap_or(text.len()));
    format!("{}\n\n{}\n{tests}", before.trim_end(), code.trim_end())
}
