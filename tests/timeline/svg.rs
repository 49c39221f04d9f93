//! What every SVG picture keeps to.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};
use tminus::{Exception, Generator, Kind, TaskScheduler, spawn_named, timeline::Timeline};

use crate::programs::{self, on_the_loop};

fn pictures() -> Vec<String> {
    let timelines = [
        Timeline::default(),
        programs::three_countdowns(),
        programs::a_lock_with_two_waiters(),
        programs::a_cancellation_and_a_failure(),
        programs::every_reason_to_wait(),
        programs::in_a_ring(12),
        programs::in_a_ring(0),
        programs::countdowns(&[("one", 1000), ("two", 2000)]),
        strange_names(),
    ];
    timelines.iter().map(Timeline::svg).collect()
}

fn strange_names() -> Timeline {
    on_the_loop(async {
        let name = "<script>\"&amp;' \0\u{1b}[31m\u{ffff}\n]]> and so on";
        let fails = async { Err::<(), _>(Exception::new(Kind::ValueError, "</title>&\u{8}")) };
        spawn_named(name, fails)?.await
    })
}

/// How many elements a picture has.
pub fn elements(svg: &str) -> usize {
    let document = Document::parse(svg).unwrap();
    document.descendants().filter(Node::is_element).count()
}

fn texts(svg: &str, element: &str) -> Vec<String> {
    let document = Document::parse(svg).unwrap();
    let found = document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", element)));
    found
        .map(|node| {
            node.descendants()
                .filter_map(|node| node.text().filter(|_| node.is_text()))
                .collect()
        })
        .collect()
}

#[test]
fn stands_alone() {
    for svg in pictures() {
        let document = Document::parse(&svg).unwrap_or_else(|error| panic!("{error}\n{svg}"));
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        assert!(root.attribute("viewBox").unwrap().starts_with("0 0 "));
        assert!(
            root.attribute("aria-label")
                .unwrap()
                .starts_with("Timeline: ")
        );
        let children: Vec<&str> = root
            .children()
            .filter(Node::is_element)
            .map(|node| node.tag_name().name())
            .collect();
        assert_eq!(children[..3], ["title", "desc", "style"]);
        for node in document.descendants().filter(Node::is_element) {
            let name = node.tag_name().name();
            assert!(
                ["svg", "title", "desc", "style", "rect", "path", "text"].contains(&name),
                "{name}"
            );
            for attribute in node.attributes() {
                assert!(!attribute.name().starts_with("on") && !attribute.name().ends_with("href"));
                let float = attribute
                    .value()
                    .split(' ')
                    .any(|word| word.contains('.') && word.parse::<f64>().is_ok());
                assert!(!float || attribute.name() == "version", "{attribute:?}");
            }
        }
        assert!(!svg.contains("url(") && !svg.contains("@import"));
    }
}

#[test]
fn nothing_is_drawn_outside() {
    for svg in pictures() {
        let document = Document::parse(&svg).unwrap();
        let number = |node: Node<'_, '_>, name: &str| {
            node.attribute(name)
                .map_or(0, |value| value.parse::<i64>().unwrap())
        };
        let (width, height) = (
            number(document.root_element(), "width"),
            number(document.root_element(), "height"),
        );
        assert!((480..=800).contains(&width));
        for node in document
            .descendants()
            .filter(|node| node.has_attribute("x"))
        {
            let (x, y) = (number(node, "x"), number(node, "y"));
            assert!(x >= 0 && x + number(node, "width") <= width, "{node:?}");
            assert!(y >= 0 && y + number(node, "height") <= height, "{node:?}");
        }
    }
}

#[test]
fn who_points_at_something_is_told() {
    let titles = texts(&programs::a_lock_with_two_waiters().svg(), "title");
    for title in [
        "Timeline: 4 tasks, 12 turns",
        "second: 3 turns, returned at 20 ms",
        "Task-1 spawns second at 0 ms",
        "second, turn 1, at 0 ms: spawned by Task-1",
        "second, at 0 ms: ready",
        "second, at 0 ms: waits for a lock that task \"first\" has",
        "The clock jumps from 0 ms to 10 ms",
        "first wakes second at 10 ms",
        "second, turn 2, at 10 ms: woken by first, had waited for a lock that task \"first\" has",
        "second, turn 3, at 20 ms: woken, had waited for a sleep until 20ms; it returned",
    ] {
        assert!(
            titles.iter().any(|one| one == title),
            "{title}\n{titles:#?}"
        );
    }
    let titles = texts(&programs::a_cancellation_and_a_failure().svg(), "title");
    for title in [
        "Task-1 asks sleeper to stop, at 20 ms",
        "sleeper is asked to stop at 20 ms",
        "sleeper, turn 2, at 20 ms: woken by Task-1, had waited for a sleep until 1s; it was cancelled",
        "failing, turn 2, at 30 ms: woken, had waited for a sleep until 30ms; it failed with ValueError: no <fuel> & no \"air\"",
    ] {
        assert!(
            titles.iter().any(|one| one == title),
            "{title}\n{titles:#?}"
        );
    }
}

#[test]
fn the_legend_has_only_what_occurs() {
    let legend = |timeline: Timeline| -> Vec<String> {
        let texts = texts(&timeline.svg(), "text");
        let first = texts.iter().position(|text| text == "a turn").unwrap();
        texts[first..].to_vec()
    };
    assert_eq!(
        legend(programs::three_countdowns()),
        ["a turn", "returned", "is ready"]
    );
    assert_eq!(
        legend(programs::two_sleepers()),
        [
            "a turn",
            "returned",
            "is ready",
            "sleeps",
            "waits for a task",
            "spawns",
            "wakes",
            "the clock jumps"
        ]
    );
}

#[test]
fn a_ring_says_what_is_forgotten() {
    let timeline = programs::in_a_ring(12);
    let said = format!("the first {} moments are forgotten", timeline.forgotten());
    assert!(texts(&timeline.svg(), "text").contains(&said));
    assert!(timeline.text(80).contains(&said));
}

#[test]
fn a_task_that_never_ran_was_closed() {
    let ((), timeline) = Timeline::of(|| {
        let mut scheduler = TaskScheduler::<()>::new();
        scheduler.spawn_named("idle", Generator::new(async |_| Ok(())));
    });
    assert!(texts(&timeline.svg(), "title").contains(&"idle was closed".to_owned()));
    assert!(
        timeline.text(80).contains("idle  |\n"),
        "{}",
        timeline.text(80)
    );
}

/// The colours of each class, for light and for dark.
#[test]
fn colours_stand_out_from_the_ground() {
    let style = texts(&Timeline::default().svg(), "style").remove(0);
    let (light, dark) = style
        .split_once("@media (prefers-color-scheme: dark)")
        .unwrap();
    for scheme in [light, dark] {
        let mut colours = BTreeMap::new();
        for rule in scheme
            .lines()
            .filter_map(|line| line.trim().strip_prefix(".timeline "))
        {
            let Some((selectors, body)) = rule.split_once(" {") else {
                continue;
            };
            if let Some(at) = body.find('#') {
                for selector in selectors.split(", ") {
                    colours.insert(
                        selector.trim_start_matches(".timeline "),
                        &body[at + 1..at + 7],
                    );
                }
            }
        }
        for ground in [colours[".ground"], colours[".stripe"]] {
            for (class, colour) in &colours {
                let least = match *class {
                    ".ground" | ".stripe" | ".jump" | ".glyph" => continue,
                    "text" | ".small" => 4.5,
                    _ => 3.0, // WCAG, for graphics
                };
                assert!(contrast(ground, colour) >= least, "{class} on #{ground}");
            }
        }
        for class in [".turn", ".failed", ".cancelled"] {
            assert!(
                contrast(colours[".glyph"], colours[class]) >= 3.0,
                "the glyph on {class}"
            );
        }
    }
}

fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |colour: &str| -> f64 {
        let part = |at: usize| {
            let part = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
    };
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}
