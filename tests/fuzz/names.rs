//! Timelines whose tasks have hostile names, and fail with hostile texts.

use proptest::prelude::*;
use serde_json::Value;
use tminus::{Exception, Generator, Kind, TaskScheduler, timeline::Timeline};

/// Names that have done harm somewhere.
const HOSTILE: [&str; 14] = [
    "",
    "</script><script>alert(1)</script>",
    "<!--",
    "]]>",
    "&amp;&#0;",
    "\"'`",
    "\\u{202e}",
    "\u{202e}gnp.exe",
    "\u{0}\u{1b}[31m\r\n",
    "@@run@@",
    "\u{2028}\u{2029}",
    "\u{fffe}\u{ffff}",
    "\u{301}\u{200d}",
    "{\"name\": [",
];

fn name() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
        2 => any::<String>(),
        2 => any::<char>().prop_map(String::from),
        1 => (1_usize..3000).prop_map(|length| "long".repeat(length)),
    ];
    prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

fn run(names: &[String]) -> Timeline {
    let fails = |text: String| -> Generator<()> {
        Generator::new(async move |co| {
            co.yield_(()).await?;
            Err(Exception::new(Kind::ValueError, text))
        })
    };
    let ((), timeline) = Timeline::of(|| {
        let mut scheduler = TaskScheduler::new();
        for name in names {
            scheduler.spawn_named(name, fails(name.clone()));
        }
        scheduler.run();
    });
    timeline
}

/// Whether nothing in it moves what is around it, or cannot be seen.
fn is_tame(text: &str) -> bool {
    let harms = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
            || matches!(
                c,
                '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
            )
    };
    !text.contains(harms)
}

/// The letters, digits and signs at the beginning of a name that are shown as they are. The beginning is so much of the name
/// that even with everything escaped it has `room`.
fn plain(name: &str, room: usize) -> String {
    let mut length = 0;
    let fits = |c: &char| {
        length += c.escape_default().len();
        length <= room
    };
    let start = name.chars().take_while(fits);
    start.filter(char::is_ascii_graphic).collect()
}

/// Whether the characters of one text are in the other, in their order.
fn is_in(part: &str, whole: &str) -> bool {
    let mut whole = whole.chars();
    part.chars().all(|c| whole.any(|other| other == c))
}

fn strings(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| strings(value, all)),
        Value::Object(values) => values.values().for_each(|value| strings(value, all)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn check(names: &[String]) -> Result<(), TestCaseError> {
    let (timeline, harmless) = (run(names), run(&vec!["task".to_owned(); names.len()]));
    let (svg, html) = (timeline.svg(), timeline.html());
    let (json, text) = (timeline.perfetto(), timeline.text(100));
    for picture in [&svg, &html, &json, &text] {
        prop_assert!(is_tame(picture));
    }

    let picture =
        roxmltree::Document::parse(&svg).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let elements =
        |svg: &str| svg.matches("<script").count() + svg.matches("<foreignObject").count();
    prop_assert_eq!(elements(&svg), elements(&harmless.svg()));
    let shown: Vec<&str> = picture
        .descendants()
        .filter_map(|node| node.text())
        .collect();

    let events: Value = serde_json::from_str(&json).unwrap();
    let mut recorded = Vec::new();
    strings(&events, &mut recorded);

    // The page has the tags of the template, and no others.
    for sign in ["<script", "</script", "<!--", "-->"] {
        let count = |html: &str| html.matches(sign).count();
        prop_assert_eq!(count(&html), count(&harmless.html()), "{}", sign);
    }
    let start = "<script id=\"run\" type=\"application/json\">";
    let (_, rest) = html.split_once(start).unwrap();
    let (embedded, _) = rest.split_once("</script>").unwrap();
    let embedded: Value = serde_json::from_str(embedded).unwrap();
    let tasks = embedded["tasks"].as_array().unwrap();
    prop_assert_eq!(tasks.len(), names.len());

    for (name, task) in names.iter().zip(tasks) {
        // A long name is cut; in the picture to 20 columns.
        let start = plain(name, 100);
        prop_assert!(is_in(&start, task["name"].as_str().unwrap()));
        prop_assert!(recorded.iter().any(|text| is_in(&start, text)));
        let start = plain(name, 19);
        prop_assert!(shown.iter().any(|text| is_in(&start, text)));
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::config(100))]

    #[test]
    fn names_do_no_harm(names in prop::collection::vec(name(), 1..5)) {
        check(&names)?;
    }
}
