//! Parts of a text: items of a source file, lines of an output.

/// The items of a Rust file that start like these headings (`fn lucas; impl Iterator for Countdown`), or all of it.
///
/// `impl<Y> Generator<Y> { fn new, fn run }` is that `impl` with only these of its items.
pub fn items(text: &str, headings: &str) -> Result<String, String> {
    if headings.is_empty() {
        return Ok(text.to_owned());
    }
    let source: Vec<&str> = text.lines().collect();
    let items: Result<Vec<String>, String> = headings
        .split("; ")
        .map(|heading| match heading.strip_suffix(" }") {
            Some(part) => part_of_impl(&source, part),
            None => item(&source, heading),
        })
        .collect();
    Ok(items?.join("\n\n"))
}

/// One item with its attributes, moved to the margin. Its doc comment is left out: the prose around it says more.
///
/// This relies on rustfmt: an item ends at the first line that is indented like the heading and ends in `;` or `}`, or
/// is a `}` with a comment.
fn item(source: &[&str], heading: &str) -> Result<String, String> {
    let mut starts = (0..source.len()).filter(|&index| has_heading(source[index], heading));
    let start = starts
        .next()
        .ok_or_else(|| format!("no item starts with `{heading}`"))?;
    if starts.next().is_some() {
        return Err(format!("two items start with `{heading}`"));
    }
    let margin = indent(source[start]);
    let end = (start..source.len())
        .find(|&index| indent(source[index]) == margin && ends_item(source[index]))
        .ok_or_else(|| format!("no line ends `{heading}`"))?;
    let attributes = source[..start]
        .iter()
        .rev()
        .take_while(|line| line.trim_start().starts_with("#["))
        .count();
    let lines: Vec<&str> = source[start - attributes..=end]
        .iter()
        .map(|line| line.get(margin..).unwrap_or_default())
        .collect();
    Ok(lines.join("\n"))
}

/// Some items of an `impl`, within the lines that open and close it.
fn part_of_impl(source: &[&str], part: &str) -> Result<String, String> {
    let (heading, names) = part
        .split_once(" { ")
        .ok_or("a part is `impl A { fn b }`")?;
    let opening = format!("{heading} {{");
    let start = source
        .iter()
        .position(|line| *line == opening)
        .ok_or_else(|| format!("no line is `{opening}`"))?;
    let length = source[start..]
        .iter()
        .position(|line| *line == "}")
        .ok_or_else(|| format!("no line ends `{opening}`"))?;
    let items: Result<Vec<String>, String> = names
        .split(", ")
        .map(|name| item(&source[start..start + length], name))
        .collect();
    let items = items?.join("\n\n").replace('\n', "\n    ");
    let items = items.replace("\n    \n", "\n\n"); // an empty line stays empty
    Ok(format!("{opening}\n    {items}\n}}"))
}

/// Whether a line is `fn lucas…`, `pub fn lucas…` or `pub async fn lucas…`, and not `fn lucas_numbers…`.
fn has_heading(line: &str, heading: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix(heading)
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
}

fn ends_item(line: &str) -> bool {
    line.ends_with([';', '}']) || line.trim_start().starts_with("} //")
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Lines `3-5` of a text.
pub fn lines(text: &str, range: &str) -> Result<String, String> {
    let lines: Vec<&str> = text.lines().collect();
    let (first, last) = range.split_once('-').ok_or("a range is written `3-5`")?;
    let (Ok(first @ 1..), Ok(last)) = (first.parse::<usize>(), last.parse()) else {
        return Err("a range is written `3-5`".to_owned());
    };
    lines
        .get(first - 1..last)
        .map(|lines| lines.join("\n"))
        .ok_or_else(|| format!("there are only {} lines", lines.len()))
}
