//! `--timeline`: to draw what just ran.

use std::{
    ffi::OsStr,
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    process,
};

use terminal_size::{Width, terminal_size};
use tminus::timeline::{Recorder, Timeline};

/// So many moments are kept; of a longer run, the last ones.
const ROOM: usize = 1_000_000;

/// How wide a text is that no terminal shows.
const WIDTH: usize = 100;

/// Where to draw, and in what form.
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
    /// Reads a file's name, or `-`. What cannot be written is refused before anything runs.
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
        if path.is_dir() {
            return Err("that is a folder".into());
        }
        let folder = folder_of(path);
        match folder.metadata() {
            Ok(found) if found.is_dir() => Ok(Target::File(path.to_owned(), form)),
            Ok(_) => Err(format!("{} is no folder", folder.display())),
            Err(error) => Err(format!("there is no folder {}: {error}", folder.display())),
        }
    }

    /// Draws the run. A file is there as a whole or not at all.
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
                write_whole(path, &drawn)
                    .map_err(|error| format!("{} cannot be written: {error}", path.display()))
            }
        }
    }
}

/// What records a run for a drawing.
pub fn recorder() -> Recorder {
    Recorder::with_room(ROOM)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Writes a file beside it, and gives that its name in the end: so nothing half-written has the name.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder_of(path).join(format!(".{name}.{}", process::id()));
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside); // it may not be there
    }
    written
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
