//! `--timeline`: drawing the run.

use std::{
    ffi::OsStr,
    io::{self, Write},
    path::{Path, PathBuf},
};

use terminal_size::{Width, terminal_size};
use tminus::timeline::{Recorder, Timeline};

use crate::destination;

/// The number of moments that are kept: the last ones of a longer run.
const ROOM: usize = 1_000_000;

/// The width of a text that is written to a file.
const WIDTH: usize = 100;

/// Where to draw, and in which form.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// As text, on standard output.
    Stdout,
    File(PathBuf, Form),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    Text,
    Svg,
    Html,
    Json,
}

impl Target {
    /// Reads a file's name, or `-`.
    ///
    /// # Errors
    ///
    /// - A message that lists the endings, if the name has another.
    pub fn parse(name: &str) -> Result<Self, String> {
        if name == "-" {
            return Ok(Target::Stdout);
        }
        let path = Path::new(name);
        let form = match path.extension().and_then(OsStr::to_str) {
            Some("txt") => Form::Text,
            Some("svg") => Form::Svg,
            Some("html") => Form::Html,
            Some("json") => Form::Json,
            _ => return Err("write a name that ends in .svg, .html, .json or .txt, or -".into()),
        };
        Ok(Target::File(path.to_owned(), form))
    }

    /// Checks, before anything runs, that the drawing can be written.
    ///
    /// # Errors
    ///
    /// - A message: what is wrong with the file, and what to do about it.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Target::Stdout => Ok(()),
            Target::File(path, _) => destination::check(path),
        }
    }

    /// Draws the run.
    ///
    /// # Errors
    ///
    /// - A message: why the drawing cannot be written. A file then has its old text.
    pub fn draw(&self, timeline: &Timeline) -> Result<(), String> {
        match self {
            Target::Stdout => {
                let width = terminal_size().map_or(WIDTH, |(Width(width), _)| width.into());
                let mut out = io::stdout();
                let written = write!(out, "\n{}", timeline.text(width));
                match written.and_then(|()| out.flush()) {
                    Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                        Err(error.to_string())
                    }
                    Ok(()) | Err(_) => Ok(()), // whoever reads has seen enough
                }
            }
            Target::File(path, form) => {
                let drawn = match form {
                    Form::Text => timeline.text(WIDTH),
                    Form::Svg => timeline.svg(),
                    Form::Html => timeline.html(),
                    Form::Json => timeline.perfetto(),
                };
                destination::write(path, &drawn)
            }
        }
    }
}

/// Returns a recorder for a run that will be drawn.
pub fn recorder() -> Recorder {
    Recorder::with_room(ROOM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_the_form() {
        let file = |name: &str, form| Ok(Target::File(name.into(), form));
        assert_eq!(Target::parse("-"), Ok(Target::Stdout));
        assert_eq!(Target::parse("run.svg"), file("run.svg", Form::Svg));
        assert_eq!(Target::parse("./run.html"), file("./run.html", Form::Html));
        assert_eq!(Target::parse("a.b.json"), file("a.b.json", Form::Json));
        assert_eq!(Target::parse("run.txt"), file("run.txt", Form::Text));
    }

    #[test]
    fn another_ending_is_refused() {
        for name in ["run", "run.png", "svg", ".svg", "run.SVG", ""] {
            let refused = Target::parse(name).unwrap_err();
            assert!(refused.starts_with("write a name"), "{name}: {refused}");
        }
    }
}
