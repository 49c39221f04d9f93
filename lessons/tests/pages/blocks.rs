//! The allowed contents of a block of a page: `tests/prose.rs` describes how a block is written.

use std::path::Path;

use crate::{
    excerpt, folders, number,
    programs::{demo, listing, recorded},
    read, root,
};

const MOST_PYTHON: usize = 12;

/// Returns the intended content of a block: what the comment names or, without a comment, the present content.
pub fn check(
    folder: &Path,
    source: Option<&str>,
    label: &str,
    body: &str,
) -> Result<String, String> {
    let language = label.split(',').next().unwrap_or_default();
    let Some(source) = source else {
        return match language {
            "rust" if label.contains("ignore") => Err("an ignored doc test: use `rs`".to_owned()),
            "rust" => no_hidden_line(body),
            "sh" => body
                .lines()
                .try_for_each(check_command)
                .map(|()| body.to_owned()),
            _ => Err(format!(
                "a `{language}` block needs a comment that says where it is from"
            )),
        };
    };
    let (kind, what) = source.split_once(": ").unwrap_or((source, ""));
    let (wanted, wanted_language) = match kind {
        "code" => (code(folder, what)?, "rust"),
        "python" => (python(what)?, "python"),
        "output" => (output(what)?, "text"),
        _ => {
            return Err(format!(
                "a block can be code, python or output, and not {kind}"
            ));
        }
    };
    // An excerpt that cannot stand alone is no doc test. It is compiled where it is from.
    let is_excerpt = kind == "code" && label == "rs";
    if label.contains("ignore") {
        return Err("an ignored doc test: an excerpt that cannot stand alone is `rs`".to_owned());
    }
    if language != wanted_language && !is_excerpt {
        return Err(format!(
            "the label is `{language}` and should be `{wanted_language}`"
        ));
    }
    let wanted = wanted.trim_end();
    match language {
        "rust" | "rs" => no_hidden_line(wanted),
        _ => Ok(wanted.to_owned()),
    }
}

/// The source of the block below, if this line is a comment. A page has no other comments.
pub fn source(line: &str) -> Option<&str> {
    Some(line.strip_prefix("<!--")?.trim_end_matches("-->").trim())
}

fn code(folder: &Path, what: &str) -> Result<String, String> {
    let (file, headings) = what.split_once(' ').unwrap_or((what, ""));
    excerpt::items(&read(&folder.join(file))?, headings)
        .map_err(|problem| format!("{file}: {problem}"))
}

fn python(program: &str) -> Result<String, String> {
    recorded(program); // what is shown has been run
    let listing = listing(program);
    let count = listing.lines().filter(|line| !line.is_empty()).count();
    if count > MOST_PYTHON {
        return Err(format!(
            "{count} lines of Python, which should be at most {MOST_PYTHON}"
        ));
    }
    Ok(listing)
}

fn output(what: &str) -> Result<String, String> {
    let (command, range) = what.split_once(", lines ").unwrap_or((what, ""));
    let all = if let Some(program) = command.strip_prefix("python ") {
        recorded(program)
    } else if let Some(example) = command.strip_prefix("cargo run --example ") {
        demo(example)
    } else {
        return Err(format!(
            "`{command}` is not a program whose output is known"
        ));
    };
    match range {
        "" => Ok(all),
        range => excerpt::lines(&all, range),
    }
}

/// rustdoc hides a line of code that starts with `# `; a reader who copies the code would miss it.
fn no_hidden_line(body: &str) -> Result<String, String> {
    match body
        .lines()
        .find(|line| *line == "#" || line.trim_start().starts_with("# "))
    {
        Some(hidden) => Err(format!("rustdoc would hide `{hidden}`")),
        None => Ok(body.to_owned()),
    }
}

/// What the reader is told to type is a command that works.
fn check_command(command: &str) -> Result<(), String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let works = match words[..] {
        ["cargo", "run", "--example", lesson]
        | ["cargo", "test", "--", lesson]
        | ["cargo", "test", "--test", "exercises", lesson] => {
            folders().iter().any(|folder| number(folder) == lesson)
        }
        ["cargo", "lessons"] | ["cargo", "lessons", "watch"] => true,
        ["cargo", "lessons", "reset" | "watch", number] | ["cargo", "lessons", number] => folders()
            .iter()
            .any(|folder| self::number(folder) == format!("lesson{number:0>2}")),
        ["python3", program] => root().join(program).is_file(),
        _ => false,
    };
    if works {
        Ok(())
    } else {
        Err(format!("no command of a lesson: {command}"))
    }
}
