//! What the pictures say in words.

use super::{Timeline, columns::Chart};

/// How much there is to see.
pub(super) fn summary(chart: &Chart<'_>) -> String {
    if chart.lanes.is_empty() {
        return "nothing was recorded".into();
    }
    let tasks = count(chart.timeline.tasks().len() as u64, "task");
    let turns = count(chart.columns.len() as u64, "turn");
    format!("{tasks}, {turns}")
}

/// Says so if there was not room for all.
pub(super) fn forgotten(timeline: &Timeline) -> Option<String> {
    match timeline.forgotten() {
        0 => None,
        1 => Some("the first moment is forgotten".into()),
        many => Some(format!("the first {} moments are forgotten", grouped(many))),
    }
}

/// A number that can be read: 1,000,000.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let comma = |(index, digit): (usize, char)| {
        let comma = (index > 0 && (digits.len() - index).is_multiple_of(3)).then_some(',');
        comma.into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(comma).collect()
}

/// `1 task`, `2 tasks`.
pub(super) fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}

/// So many characters of a name.
pub(super) fn shortened(name: &str, width: usize) -> String {
    if name.chars().count() <= width {
        return name.to_owned();
    }
    let kept: String = name.chars().take(width.saturating_sub(1)).collect();
    kept + "…"
}

/// Without what neither a terminal nor XML can show.
pub(super) fn clean(name: &str) -> String {
    let shown = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    name.chars()
        .map(|c| if shown(c) { c } else { '\u{fffd}' })
        .collect()
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
        assert_eq!(clean("a\tb\u{1b}[1m"), "a\u{fffd}b\u{fffd}[1m");
    }
}
