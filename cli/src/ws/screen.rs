//! A terminal on which somebody types a line while messages come in above it.

use super::show::columns;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use unicode_width::UnicodeWidthStr;

/// What stands before the line.
pub const PROMPT: &str = "> ";

/// Knows the line as it is at the moment. rustyline has a printer for this, but in the newest
/// version that Rust 1.88 can build it leaves keys lying that came together.
#[derive(Clone, Default)]
pub struct Screen(Arc<Mutex<Option<Typed>>>);

/// The line that is being typed, and where its cursor stands, in bytes.
#[derive(Clone, Debug, Default)]
struct Typed {
    line: String,
    cursor: usize,
}

impl Screen {
    fn typed(&self) -> MutexGuard<'_, Option<Typed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line begins.
    pub fn begin(&self) {
        *self.typed() = Some(Typed::default());
    }

    /// The line has changed to this.
    pub fn becomes(&self, line: &str, cursor: usize) {
        if let Some(typed) = &mut *self.typed() {
            line.clone_into(&mut typed.line);
            typed.cursor = cursor;
        }
    }

    /// Nobody types any more.
    pub fn end(&self) {
        *self.typed() = None;
    }

    /// Prints a text above the line.
    pub fn print(&self, text: &str) -> io::Result<()> {
        let typed = self.typed();
        let text = match &*typed {
            Some(typed) => typed.below(text, columns()),
            None => format!("{text}\n"),
        };
        let mut screen = io::stdout();
        screen.write_all(text.as_bytes())?;
        screen.flush()
    }
}

impl Typed {
    /// Takes the line away, writes the text in its place, and the line below it as it was.
    fn below(&self, text: &str, columns: usize) -> String {
        let place = |text: &str| {
            let width = PROMPT.width() + text.width();
            (width / columns, width % columns)
        };
        let (row, column) = place(&self.line[..self.cursor]);
        let (last_row, last_column) = place(&self.line);
        let up = |rows: usize| match rows {
            0 => String::new(),
            rows => format!("\x1b[{rows}A"),
        };
        let mut all = format!("{}\r\x1b[J{text}\n{PROMPT}{}", up(row), self.line);
        // A terminal stays in its last column until one more character comes.
        if last_column == 0 {
            all.push('\n');
        }
        if (row, column) != (last_row, last_column) {
            all += &up(last_row - row);
            all.push('\r');
            if column > 0 {
                all += &format!("\x1b[{column}C");
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(line: &str, cursor: usize) -> String {
        let typed = Typed {
            line: line.to_owned(),
            cursor,
        };
        typed.below("news", 10)
    }

    #[test]
    fn the_line_stands_below_the_news_as_it_was() {
        assert_eq!(below("", 0), "\r\x1b[Jnews\n> ");
        assert_eq!(below("join", 4), "\r\x1b[Jnews\n> join");
        assert_eq!(below("join", 1), "\r\x1b[Jnews\n> join\r\x1b[3C");
        // Two rows, the cursor in the second, then in the first.
        assert_eq!(below("0123456789", 10), "\x1b[1A\r\x1b[Jnews\n> 0123456789");
        assert_eq!(
            below("0123456789", 0),
            "\r\x1b[Jnews\n> 0123456789\x1b[1A\r\x1b[2C"
        );
        // Exactly one row: the cursor is in the next.
        assert_eq!(below("01234567", 8), "\x1b[1A\r\x1b[Jnews\n> 01234567\n");
        // Wide characters take two columns.
        assert_eq!(below("日本", 3), "\r\x1b[Jnews\n> 日本\r\x1b[4C");
    }
}
