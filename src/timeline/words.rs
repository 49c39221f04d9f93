//! The words of the pictures.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Timeline, columns::Chart};

/// Returns the number of tasks and turns in words.
pub(super) fn summary(chart: &Chart<'_>) -> String {
    if chart.lanes.is_empty() {
        return "nothing was recorded".into();
    }
    let tasks = count(chart.timeline.tasks().len() as u64, "task");
    let turns = count(chart.columns.len() as u64, "turn");
    format!("{tasks}, {turns}")
}

/// Returns a note if moments were forgotten.
pub(super) fn forgotten(timeline: &Timeline) -> Option<String> {
    match timeline.forgotten() {
        0 => None,
        1 => Some("the first moment is forgotten".into()),
        many => Some(format!("the first {} moments are forgotten", grouped(many))),
    }
}

/// Returns a number with commas: `1,000,000`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let comma = |(index, digit): (usize, char)| {
        let comma = (index > 0 && (digits.len() - index).is_multiple_of(3)).then_some(',');
        comma.into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(comma).collect()
}

/// Returns a number and a noun: `1 task`, `2 tasks`.
pub(super) fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}

/// Returns the number of columns that a text takes on a terminal: two for a CJK character or an emoji, none for a
/// combining mark.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Returns a name, cut if it is wider than `columns`.
pub(super) fn shortened(name: &str, columns: usize) -> String {
    if width(name) <= columns {
        return name.to_owned();
    }
    // Any number of combining marks fits into one column, so the characters are limited, too.
    let ends = name.char_indices().map(|(end, _)| end).take(4 * columns);
    let fits = |end: &usize| width(&name[..*end]) < columns; // one is for the ellipsis
    let end = ends.filter(fits).last().unwrap_or(0);
    format!("{}…", &name[..end])
}

/// Returns a text in which characters that a reader could not see, or that would move others, are escaped, such as `\n` and
/// `\u{202e}`.
pub(super) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        // A mark in front of everything would combine with what the picture has there.
        let alone = clean.is_empty() && c.width() == Some(0);
        match alone || is_hidden(c) {
            true => clean.extend(c.escape_default()),
            false => clean.push(c),
        }
    }
    clean
}

/// Returns `true` for control characters, line separators, bidirectional controls, and characters without a width that are
/// no marks on others. Neither a terminal nor XML can show some of them, and the others deceive: `\u{202e}` reverses the
/// rest of its line.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}' | '\u{ffff}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e00ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(count(1, "turn"), "1 turn");
        assert_eq!(count(2000, "turn"), "2,000 turns");
    }

    #[test]
    fn names_are_cut_and_clean() {
        assert_eq!(shortened("Ærøskøbing", 10), "Ærøskøbing");
        assert_eq!(shortened("Ærøskøbing", 9), "Ærøskøbi…");
        assert_eq!(clean("a\tb\u{1b}[1m"), "a\\tb\\u{1b}[1m");
    }

    #[test]
    fn a_name_is_as_wide_as_it_is_shown() {
        assert_eq!(
            ["名前", "e\u{301}", "🚀", "❤\u{fe0f}", ""].map(width),
            [4, 1, 2, 2, 0]
        );
        assert_eq!(shortened("名前名前", 8), "名前名前");
        assert_eq!(shortened("名前名前", 7), "名前名…");
        assert_eq!(shortened("名前名前", 6), "名前…");
        assert_eq!(shortened("e\u{301}te\u{301}", 2), "e\u{301}…");
        assert_eq!(shortened("🚀🚀", 1), "…");
        let marks = "a".to_owned() + &"\u{301}".repeat(1_000_000) + "bcd";
        assert!(shortened(&marks, 3).len() < 100);
    }

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        let hidden = [
            '\0',
            '\u{85}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{e0041}',
            '\u{ffff}',
        ];
        for c in hidden {
            let escaped: String = c.escape_default().collect();
            assert_eq!(clean(&format!("a{c}b")), format!("a{escaped}b"));
        }
        assert_eq!(clean("a\u{202e}b\u{2028}\n"), "a\\u{202e}b\\u{2028}\\n");
        for seen in ["é", "e\u{301}", "名前", "🚀", "❤\u{fe0f}", "שלום", "a\\b"] {
            assert_eq!(clean(seen), seen);
        }
        assert_eq!(clean("\u{301}e"), "\\u{301}e"); // on its own, it would mark what is before it
        assert_eq!(clean(&clean("\u{301}\u{202e}")), clean("\u{301}\u{202e}"));
    }
}
