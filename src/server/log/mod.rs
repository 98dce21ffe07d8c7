//! Prints the log, unless the app has chosen a printer of its own.

mod escaped;
mod json;
mod line;
mod panics;
mod pretty;

use crate::config::LogFormat;
use line::Line;
use std::fmt;
use std::io::{IsTerminal, stderr};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Lines on stderr, from this level up, panics among them.
pub(super) fn init(level: Level, format: LogFormat) {
    let printer = Printer {
        format,
        is_colourful: stderr().is_terminal(),
    };
    let is_ours = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(stderr)
        .with_ansi(false)
        // Complaints would go where nobody reads any more, and panic there.
        .log_internal_errors(false)
        .event_format(printer)
        .try_init();
    // An error says that the app has its own: then that one prints, and std tells of panics.
    if is_ours.is_ok() {
        panics::init();
    }
}

/// Writes each event as one line.
struct Printer {
    format: LogFormat,
    is_colourful: bool,
}

impl<S, N> FormatEvent<S, N> for Printer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let line = Line::of(ctx, event);
        match self.format {
            LogFormat::Pretty => pretty::write(writer, &line, self.is_colourful),
            LogFormat::Json => json::write(writer, &line),
        }
    }
}
