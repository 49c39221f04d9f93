//! What is shown: lines that fit the terminal, in colours unless `NO_COLOR` is set.

use std::{
    env,
    io::{self, IsTerminal, Write},
};

use crossterm::terminal;

/// ANSI's numbers.
#[derive(Clone, Copy)]
pub enum Ink {
    Plain = 0,
    Bold = 1,
    Dim = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
}

pub struct Screen {
    pub colours: bool,
    is_terminal: bool,
    /// In raw mode, a line feed does not lead to the start of a line.
    line_end: &'static str,
}

impl Screen {
    pub fn new() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            colours: is_terminal && !no_colour,
            is_terminal,
            line_end: "\n",
        }
    }

    /// Lets each key be read when it is pressed, until the result is dropped.
    pub fn raw(&mut self) -> io::Result<Raw> {
        terminal::enable_raw_mode()?;
        self.line_end = "\r\n";
        Ok(Raw)
    }

    pub fn width(&self) -> usize {
        if !self.is_terminal {
            return usize::MAX; // a file has no width
        }
        // Not crossterm's, which asks /dev/tty: that may be another terminal.
        let size = terminal_size::terminal_size_of(io::stdout());
        size.map_or(80, |(columns, _)| usize::from(columns.0).max(20))
    }

    /// Shows a text that is not ours as it is: code, and what a check says.
    pub fn verbatim(&mut self, text: &str, margin: &str) {
        for line in text.lines() {
            self.write(&format!("{margin}{line}"));
        }
    }

    /// Shows a text of ours. If it does not fit into a line, it continues on the next, with the same margin.
    pub fn line(&mut self, ink: Ink, text: &str) {
        let margin = " ".repeat(text.len() - text.trim_start().len());
        for line in wrapped(text, &margin, self.width()) {
            let line = self.inked(ink, &line);
            self.write(&line);
        }
    }

    pub fn inked(&self, ink: Ink, text: &str) -> String {
        match ink {
            Ink::Plain => text.to_owned(),
            ink if self.colours => format!("\x1b[{}m{text}\x1b[0m", ink as u8),
            _ => text.to_owned(),
        }
    }

    /// Shows what is going on, until [`clear_progress`](Self::clear_progress). Nothing goes into a file.
    pub fn progress(&mut self, text: &str) {
        if self.is_terminal {
            let text: String = text.chars().take(self.width() - 1).collect();
            print!("\r\x1b[K{text}");
            let _ = io::stdout().flush(); // nobody looks any more
        }
    }

    pub fn write(&mut self, line: &str) {
        let mut stdout = io::stdout();
        let written = write!(stdout, "{line}{}", self.line_end);
        let _ = written.and_then(|()| stdout.flush()); // `| head` has seen enough
    }

    pub fn clear_progress(&mut self) {
        if self.is_terminal {
            print!("\r\x1b[K");
            let _ = io::stdout().flush();
        }
    }
}

/// Leaves the terminal as it was, also after a panic.
pub struct Raw;

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = terminal::disable_raw_mode(); // the terminal is gone
    }
}

fn wrapped(text: &str, margin: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = text.trim_end().to_owned();
    while line.chars().count() > width {
        let limit = line
            .char_indices()
            .nth(width + 1)
            .map_or(line.len(), |(at, _)| at);
        let Some(space) = line[margin.len()..limit].rfind(' ') else {
            break; // a long path
        };
        let end = margin.len() + space;
        if line[..end].trim().is_empty() {
            break;
        }
        let rest = format!("{margin}{}", line[end..].trim_start());
        line.truncate(end);
        lines.push(line.trim_end().to_owned());
        line = rest;
    }
    lines.push(line);
    lines
}

#[test]
fn long_lines_are_wrapped_behind_their_margin() {
    assert_eq!(
        wrapped("  one two three", "  ", 9),
        ["  one two", "  three"]
    );
    assert_eq!(
        wrapped("  one two three", "  ", 8),
        ["  one", "  two", "  three"]
    );
    assert_eq!(wrapped("four", "", 2), ["four"]);
    assert_eq!(wrapped("", "", 2), [""]);
}
