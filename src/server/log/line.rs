//! What one event says, before it is written in one form or the other.

use crate::turn_holder::TurnHolder;
use serde_json::Value as Json;
use std::error::Error;
use std::fmt;
use std::time::SystemTime;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::{FmtContext, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// What one event says.
pub(super) struct Line {
    pub(super) time: SystemTime,
    pub(super) level: Level,
    pub(super) target: &'static str,
    /// The app's own spans around it, the outermost first: `request{path="/"}`.
    pub(super) spans: Vec<String>,
    pub(super) message: String,
    pub(super) fields: Vec<(&'static str, Value)>,
}

/// What a field holds.
pub(super) enum Value {
    Text(String),
    /// What its `Display` or its `Debug` says.
    Shown(String),
    /// A number or a bool.
    Plain(Json),
}

impl Line {
    pub(super) fn of<S, N>(ctx: &FmtContext<'_, S, N>, event: &Event<'_>) -> Self
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
        N: for<'a> FormatFields<'a> + 'static,
    {
        let mut line = Self {
            time: SystemTime::now(),
            level: *event.metadata().level(),
            target: event.metadata().target(),
            spans: spans(ctx),
            message: String::new(),
            fields: Vec::new(),
        };
        event.record(&mut line);
        if let Some(holder) = TurnHolder::current() {
            line.add_holder(holder);
        }
        line
    }

    /// Says whose turn it is, unless the event itself has said so.
    fn add_holder(&mut self, TurnHolder { client, route }: TurnHolder) {
        if let Some(client) = client {
            self.add_missing("client", || Value::Shown(client.to_string()));
        }
        self.add_missing("route", || Value::Text(route.to_owned()));
    }

    fn add_missing(&mut self, name: &'static str, value: impl FnOnce() -> Value) {
        if self.fields.iter().all(|(known, _)| *known != name) {
            self.fields.push((name, value()));
        }
    }

    fn add(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            (MESSAGE, Value::Text(text) | Value::Shown(text)) => self.message = text,
            (MESSAGE, Value::Plain(value)) => self.message = value.to_string(),
            (name, value) => {
                // As it was written, if it is one of Rust's own words: `r#type`.
                let name = name.strip_prefix("r#").unwrap_or(name);
                self.fields.push((name, value));
            }
        }
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, Value::Shown(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, Value::Text(value.to_owned()));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add(field, Value::Shown(value.to_string()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Value::Plain(value.into()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, Value::Plain(value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, Value::Plain(value.into()));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for what is no number.
        let plain = serde_json::Number::from_f64(value).map(|number| Value::Plain(number.into()));
        self.add(
            field,
            plain.unwrap_or_else(|| Value::Shown(value.to_string())),
        );
    }
}

fn spans<S, N>(ctx: &FmtContext<'_, S, N>) -> Vec<String>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    let Some(scope) = ctx.event_scope() else {
        return Vec::new();
    };
    let spans = scope.from_root().map(|span| {
        let extensions = span.extensions();
        match extensions.get::<FormattedFields<N>>() {
            Some(fields) if !fields.is_empty() => format!("{}{{{fields}}}", span.name()),
            _ => span.name().to_owned(),
        }
    });
    spans.collect()
}

/// The field that holds what an event says in words.
const MESSAGE: &str = "message";
