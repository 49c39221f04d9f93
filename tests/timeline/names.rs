//! Names of tasks that are wider or narrower than they are long, and names with what cannot be seen.

use tminus::timeline::Timeline;

use crate::programs::countdowns;

const NAMES: [&str; 7] = [
    "plain",
    "\u{540d}\u{524d}",     // two characters, four columns
    "cafe\u{301}",          // five characters, four columns
    "\u{1f680}\u{1f680}",   // two emoji, four columns
    "ab\u{202e}dc",         // would turn the rest of the line round
    "zero\u{200b}\u{200d}", // would be taken for `zero`
    "two\u{2028}\r\nlines\u{9b}31m",
];

fn named() -> Timeline {
    countdowns(&NAMES.map(|name| (name, 0)))
}

#[test]
fn lanes_begin_in_the_same_column() {
    assert_eq!(
        named().text(120),
        "\
7 tasks, 7 turns

turn                           1   5
plain                          x
\u{540d}\u{524d}                           .x
cafe\u{301}                           ..x
\u{1f680}\u{1f680}                           ...x
ab\\u{202e}dc                   ....x
zero\\u{200b}\\u{200d}           .....x
two\\u{2028}\\r\\nlines\\u{9b}31m  ......x

x its last   . ready
"
    );
    let narrow = named().text(24); // the names have eight columns
    for lane in [
        "plain     x",
        "\u{540d}\u{524d}      .x",
        "cafe\u{301}      ..x",
        "ab\\u{20\u{2026}  ....",
    ] {
        assert!(narrow.contains(lane), "{lane}: {narrow}");
    }
}

#[test]
fn what_cannot_be_seen_is_escaped_in_pictures() {
    let svg = named().svg();
    for name in [
        ">ab\\u{202e}dc</text>",
        ">zero\\u{200b}\\u{200d}</text>",
        "two\\u{2028}\\r\\nlines\\u{9b}31m: 1 turn",
        ">cafe\u{301}</text>",
    ] {
        assert!(svg.contains(name), "{name}: {svg}");
    }
    let hidden = [
        "\u{202e}", "\u{200b}", "\u{200d}", "\u{2028}", "\r", "\u{9b}",
    ];
    for picture in [svg, named().text(80), named().html(), named().perfetto()] {
        for hidden in hidden {
            assert!(!picture.contains(hidden), "{}", hidden.escape_unicode());
        }
    }
}
