//! Shapes, written one below the other. All numbers are whole.

use std::{collections::BTreeSet, fmt, fmt::Write};

use super::legend::Key;
use crate::timeline::words::clean;

/// A drawing, from the top to the bottom.
#[derive(Clone)]
pub(super) struct Canvas {
    width: usize,
    body: String,
    elements: usize,
    /// The height so far.
    y: usize,
    /// What the legend has to explain.
    keys: BTreeSet<Key>,
}

impl Canvas {
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            body: String::new(),
            elements: 0,
            y: 0,
            keys: BTreeSet::new(),
        }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Changes the width. Nothing that needs all of the width may have been drawn before.
    pub(super) fn set_width(&mut self, width: usize) {
        self.width = width;
    }

    /// Draws an element, given as its name and attributes. `title` is its tooltip.
    pub(super) fn shape(&mut self, shape: fmt::Arguments<'_>, title: Option<&str>) {
        self.elements += 1;
        let name = shape.to_string();
        let tag = name.split(' ').next().unwrap_or_default();
        match title {
            None => writeln!(self.body, "<{name}/>"),
            Some(title) => {
                self.elements += 1;
                writeln!(
                    self.body,
                    "<{name}><title>{}</title></{tag}>",
                    escape(title)
                )
            }
        }
        .expect("a string has room");
    }

    /// Draws a text on the current line.
    pub(super) fn text(&mut self, class: &str, x: usize, text: &str) {
        self.text_at(class, x, self.y, text, None);
    }

    /// Draws a text. `title` is its tooltip.
    pub(super) fn text_at(
        &mut self,
        class: &str,
        x: usize,
        y: usize,
        text: &str,
        title: Option<&str>,
    ) {
        self.elements += 1;
        let title = title.map(|title| format!("<title>{}</title>", escape(title)));
        let title = title.unwrap_or_default();
        writeln!(
            self.body,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{title}{}</text>",
            escape(text)
        )
        .expect("a string has room");
    }

    /// Moves the current line down.
    pub(super) fn skip(&mut self, height: usize) {
        self.y += height;
    }

    pub(super) fn height(&self) -> usize {
        self.y
    }

    pub(super) fn elements(&self) -> usize {
        self.elements
    }

    pub(super) fn explain(&mut self, key: Key) {
        self.keys.insert(key);
    }

    /// Returns what the legend has to explain, in its order.
    pub(super) fn keys(&self) -> Vec<Key> {
        self.keys.iter().copied().collect()
    }

    pub(super) fn into_body(self) -> String {
        self.body
    }
}

/// Returns a text as it is written in XML. [`clean`] escapes the characters that XML cannot have at all.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_xml_is_escaped() {
        assert_eq!(
            escape("<a href=\"x\">&\0\n</a>"),
            "&lt;a href=&quot;x&quot;&gt;&amp;\\u{0}\\n&lt;/a&gt;"
        );
    }
}
