//! The pages in a real browser.

use serde_json::{Value, json};
use tminus::timeline::Timeline;

use crate::{
    chromium::Chromium,
    replay::{Shown, replay},
    runs,
};

/// What the page shows now.
fn shown(chromium: &mut Chromium) -> Shown {
    let page = chromium.evaluate(
        "(() => {
            const texts = (found) => [...found].map((element) => element.textContent);
            const rows = (table) => [...document.querySelectorAll(table + ' tbody tr')];
            return {
                ready: texts(document.querySelectorAll('#ready li')),
                timers: rows('#timers').map((row) => texts(row.cells)),
                tasks: rows('#tasks').map((row) => texts(row.cells).slice(0, 2)),
            };
        })()",
    );
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = |name: &str| page[name].as_array().unwrap().clone();
    let pair = |row: &Value| (text(&row[0]), text(&row[1]));
    Shown {
        ready: list("ready").iter().map(text).collect(),
        timers: list("timers").iter().map(pair).collect(),
        tasks: list("tasks").iter().map(pair).collect(),
    }
}

fn text(chromium: &mut Chromium, id: &str) -> String {
    let text = chromium.evaluate(&format!("document.getElementById('{id}').textContent"));
    text.as_str().unwrap().to_owned()
}

/// No exception, nothing in the console, and no request but the one for the page.
fn assert_quiet(chromium: &Chromium, name: &str) {
    for event in &chromium.events {
        let method = event["method"].as_str().unwrap();
        let noise = match method {
            "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded" => true,
            "Network.requestWillBeSent" => {
                let address = event["params"]["request"]["url"].as_str().unwrap();
                !address.starts_with("file:") || !address.contains(name)
            }
            _ => false,
        };
        assert!(!noise, "{name}: {event}");
    }
}

#[test]
#[ignore = "needs Chromium: cargo test --test timeline_pages -- --ignored"]
fn every_moment_is_as_the_timeline_has_it() {
    let mut chromium = Chromium::start("moments");
    for (name, timeline) in runs::all() {
        let expected = replay(&timeline);
        chromium.open(name, &timeline.html(), "");
        assert_quiet(&chromium, name);
        for (moment, expected) in expected.iter().enumerate() {
            assert_eq!(
                shown(&mut chromium),
                *expected,
                "{name}: after moment {moment}"
            );
            chromium.press("ArrowRight");
        }
        for (moment, expected) in expected.iter().enumerate().rev() {
            assert_eq!(
                shown(&mut chromium),
                *expected,
                "{name}: back after moment {moment}"
            );
            chromium.press("ArrowLeft");
        }
        assert_quiet(&chromium, name);
    }
}

#[test]
#[ignore = "needs Chromium: cargo test --test timeline_pages -- --ignored"]
fn an_address_leads_to_a_moment() {
    let mut chromium = Chromium::start("address");
    let timeline = runs::a_lock();
    let expected = replay(&timeline);
    chromium.open("address", &timeline.html(), "#moment=13");
    assert_eq!(shown(&mut chromium), expected[13]);
    assert_eq!(
        text(&mut chromium, "said"),
        "first is woken by its timer, which is due. It joins the ready queue."
    );
    assert_eq!(text(&mut chromium, "when"), "13 of 36, at 1s");
    chromium.open("address", &timeline.html(), "#moment=99999");
    assert_eq!(shown(&mut chromium), *expected.last().unwrap());
    chromium.open("address", &timeline.html(), "#other");
    assert_eq!(shown(&mut chromium), expected[0]);

    let ring = runs::a_ring();
    let first = ring.forgotten() + 1; // counted from the beginning of the run
    chromium.open("ring", &ring.html(), &format!("#moment={first}"));
    assert_eq!(shown(&mut chromium), replay(&ring)[1]);
}

#[test]
#[ignore = "needs Chromium: cargo test --test timeline_pages -- --ignored"]
fn the_keyboard_is_enough() {
    let mut chromium = Chromium::start("keys");
    let timeline = runs::two_sleepers();
    let last = timeline.moments().len();
    chromium.open("keys", &timeline.html(), "");
    let at = |chromium: &mut Chromium| {
        let value = chromium.evaluate("document.getElementById('moment').valueAsNumber");
        usize::try_from(value.as_u64().unwrap()).unwrap()
    };
    let focused = |chromium: &mut Chromium| {
        let id = chromium.evaluate("document.activeElement.id");
        id.as_str().unwrap().to_owned()
    };
    for (key, expected) in [
        ("ArrowLeft", 0),
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", last),
        ("ArrowRight", last),
        ("Home", 0),
    ] {
        chromium.press(key);
        assert_eq!(at(&mut chromium), expected, "{key}");
    }
    // Tab leads to the slider first; an arrow key is one moment there, too.
    chromium.press("Tab");
    assert_eq!(focused(&mut chromium), "moment");
    let outline = "getComputedStyle(document.activeElement).outlineStyle !== 'none' && document.activeElement.matches(':focus-visible')";
    assert_eq!(chromium.evaluate(outline), json!(true));
    chromium.press("ArrowRight");
    assert_eq!(at(&mut chromium), 1);
    for expected in ["home", "back", "play"] {
        chromium.press("Tab");
        assert_eq!(focused(&mut chromium), expected);
        assert_eq!(chromium.evaluate(outline), json!(true));
    }
    // The space bar presses the button that has the focus, once.
    chromium.press(" ");
    assert_eq!(text(&mut chromium, "play"), "Pause");
    chromium.press(" ");
    assert_eq!(text(&mut chromium, "play"), "Play");
    chromium.press("Tab");
    assert_eq!(focused(&mut chromium), "next");
    chromium.press(" ");
    assert_eq!(at(&mut chromium), 2);
}

#[test]
#[ignore = "needs Chromium: cargo test --test timeline_pages -- --ignored"]
fn it_plays_to_the_end() {
    let mut chromium = Chromium::start("plays");
    let source = "setInterval = (tick) => { globalThis.tick = tick; return 1; };
        clearInterval = () => { globalThis.tick = undefined; };";
    let hook = json!({"source": source});
    chromium.ask("Page.addScriptToEvaluateOnNewDocument", hook);
    let timeline = runs::a_failure();
    let expected = replay(&timeline);
    chromium.open("plays", &timeline.html(), "");
    chromium.press(" ");
    for expected in &expected[1..] {
        assert_eq!(text(&mut chromium, "play"), "Pause");
        chromium.evaluate("tick()");
        assert_eq!(shown(&mut chromium), *expected);
    }
    assert_eq!(text(&mut chromium, "play"), "Play");
    assert_eq!(chromium.evaluate("globalThis.tick === undefined"), true);
    chromium.press(" "); // once more, from the beginning
    assert_eq!(shown(&mut chromium), expected[0]);
    assert_quiet(&chromium, "plays");
}

#[test]
#[ignore = "needs Chromium: cargo test --test timeline_pages -- --ignored"]
fn a_screen_reader_hears_it() {
    let mut chromium = Chromium::start("reader");
    chromium.open("reader", &runs::a_lock().html(), "#moment=9");
    let tree = chromium.ask("Accessibility.getFullAXTree", json!({}));
    let nodes = tree["nodes"].as_array().unwrap();
    let has = |role: &str, name: &str| {
        nodes
            .iter()
            .any(|node| node["role"]["value"] == role && node["name"]["value"] == name)
    };
    for (role, name) in [
        ("slider", "Moment"),
        ("button", "First"),
        ("button", "Next →"),
        ("table", "Tasks"),
        ("table", "Timers"),
        ("columnheader", "Because"),
        ("rowheader", "second"),
        ("list", "Ready queue"),
        ("heading", "Ready queue"),
    ] {
        assert!(has(role, name), "{role} {name}");
    }
    let status = nodes.iter().find(|node| node["role"]["value"] == "status");
    let live = &status.unwrap()["properties"];
    assert!(live.to_string().contains("polite"), "{live}");
    let slider = "document.getElementById('moment').getAttribute('aria-valuetext')";
    assert_eq!(chromium.evaluate(slider), "moment 9 of 36, at 0s");
}

/// Whether nothing is wider than the window.
const FITS: &str = "document.documentElement.scrollWidth <= window.innerWidth";

/// The least contrast of a text with its background.
const CONTRAST: &str = "(() => {
    const channel = (part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const parse = (color) => color.match(/[\\d.]+/g).map(Number);
    const light = (color) => {
        const [red, green, blue] = parse(color).map((part) => channel(part / 255));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element) => {
        for (let one = element; one; one = one.parentElement) {
            const color = getComputedStyle(one).backgroundColor;
            if ((parse(color)[3] ?? 1) === 1) return color;
        }
        return 'rgb(255, 255, 255)';
    };
    let least = 21;
    for (const element of document.querySelectorAll('body *')) {
        const style = getComputedStyle(element);
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own || !element.getClientRects().length || element.closest('option')) continue;
        const text = element.namespaceURI.endsWith('svg') ? style.fill : style.color;
        const [one, other] = [light(text), light(behind(element))].sort((a, b) => b - a);
        least = Math.min(least, (one + 0.05) / (other + 0.05));
    }
    return least;
})()";

#[test]
#[ignore = "needs Chromium: cargo test --test timeline_pages -- --ignored"]
fn it_fits_and_can_be_read_in_narrow_and_wide_in_light_and_dark() {
    let mut chromium = Chromium::start("looks");
    for (name, timeline) in runs::all() {
        for (width, scheme) in [
            (360, "light"),
            (800, "dark"),
            (1200, "light"),
            (360, "dark"),
        ] {
            let size =
                json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
            chromium.ask("Emulation.setDeviceMetricsOverride", size);
            let feature = json!([{"name": "prefers-color-scheme", "value": scheme}]);
            chromium.ask("Emulation.setEmulatedMedia", json!({"features": feature}));
            for fragment in ["", "#moment=12", "#moment=99999"] {
                chromium.open(name, &timeline.html(), fragment);
                let place = format!("{name}{fragment}, {width}, {scheme}");
                assert_eq!(chromium.evaluate(FITS), json!(true), "{place}");
                let contrast = chromium.evaluate(CONTRAST).as_f64().unwrap();
                assert!(contrast >= 4.5, "{place}: {contrast}");
            }
        }
    }
}

#[test]
#[ignore = "needs Chromium: cargo test --test timeline_pages -- --ignored"]
fn names_are_shown_as_they_are_and_run_nothing() {
    let mut chromium = Chromium::start("names");
    chromium.open("names", &runs::bad_names().html(), "#moment=9");
    assert_quiet(&chromium, "names");
    let title = chromium.evaluate("document.title");
    assert_eq!(title, "A run, moment by moment");
    assert_eq!(
        chromium.evaluate("document.querySelectorAll('b').length"),
        0
    );
    let names = shown(&mut chromium).tasks;
    assert_eq!(names[2].0, "<b>bold</b>");
}

#[test]
#[ignore = "needs Chromium: cargo test --test timeline_pages -- --ignored"]
fn pages_of_empty_and_of_long_runs_work() {
    let mut chromium = Chromium::start("sizes");
    chromium.open("empty", &Timeline::default().html(), "");
    assert_quiet(&chromium, "empty");
    let main = "getComputedStyle(document.querySelector('main')).display";
    assert_eq!(chromium.evaluate(main), "none");
    assert!(text(&mut chromium, "notes").contains("Nothing was recorded"));

    chromium.open("long", &runs::long(20_000, 2_000).html(), "#moment=24000");
    assert_quiet(&chromium, "long");
    assert_eq!(text(&mut chromium, "when"), "24000 of 24000, at turn 2000");
    let rows = shown(&mut chromium).tasks;
    assert!(rows.len() < 100 && !rows.is_empty(), "{}", rows.len());
    assert_eq!(text(&mut chromium, "ready-none"), "And 3040 more.");
    let around = text(&mut chromium, "around");
    assert!(around.ends_with("of 3100."), "{around}");
    assert_eq!(chromium.evaluate(FITS), json!(true));
}
