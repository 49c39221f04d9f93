//! What is in a page, as far as it can be seen without a browser.

use serde_json::Value;
use tminus::timeline::{Recorder, Timeline};

use crate::runs;

/// The run that is embedded in a page.
pub fn embedded(page: &str) -> Value {
    let start = "<script id=\"run\" type=\"application/json\">";
    let (_, rest) = page.split_once(start).unwrap();
    let (run, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(run).unwrap()
}

/// The sentences of a page.
fn said(page: &str) -> Vec<String> {
    let run = embedded(page);
    let part = |part: &Value| match part.as_u64() {
        Some(task) => {
            let task = usize::try_from(task).unwrap();
            run["tasks"][task]["name"].as_str().unwrap().to_owned()
        }
        None => part.as_str().unwrap().to_owned(),
    };
    let moments = run["moments"].as_array().unwrap().iter();
    moments
        .map(|moment| {
            let parts = moment["said"].as_array().unwrap().iter();
            parts.map(part).collect()
        })
        .collect()
}

#[test]
fn a_countdown_is_told_in_sentences() {
    let said = said(&runs::three_countdowns().html());
    assert_eq!(
        said[..9],
        [
            "ten is spawned, and joins the ready queue.",
            "twenty is spawned, and joins the ready queue.",
            "five is spawned, and joins the ready queue.",
            "ten runs for the first time: it was first in the ready queue.",
            "ten yields, and goes to the back of the ready queue.",
            "twenty runs for the first time: it was first in the ready queue.",
            "twenty yields, and goes to the back of the ready queue.",
            "five runs for the first time: it was first in the ready queue.",
            "five yields, and goes to the back of the ready queue.",
        ]
    );
    assert_eq!(said.last().unwrap(), "ten returns. It is done.");
}

#[test]
fn who_woke_whom_is_told_in_sentences() {
    let said = said(&runs::a_lock().html());
    assert_eq!(
        said[7..],
        [
            "first waits for the time 1s: a timer will wake it then.",
            "second runs for the first time: it was first in the ready queue.",
            "second waits for a lock held by first.",
            "third runs for the first time: it was first in the ready queue.",
            "third waits for a lock held by first.",
            "first is woken by its timer, which is due. It joins the ready queue.",
            "first runs again, for turn 2: it was first in the ready queue.",
            "first wakes second, which waited for a lock. It joins the ready queue.",
            "first returns. It is done.",
            "first is done, which wakes main. It joins the ready queue.",
            "second runs again, for turn 2: it was first in the ready queue.",
            "second waits for the time 2s: a timer will wake it then.",
            "main runs again, for turn 2: it was first in the ready queue.",
            "main waits for the end of second.",
            "second is woken by its timer, which is due. It joins the ready queue.",
            "second runs again, for turn 3: it was first in the ready queue.",
            "second wakes third, which waited for a lock. It joins the ready queue.",
            "second returns. It is done.",
            "second is done, which wakes main. It joins the ready queue.",
            "third runs again, for turn 2: it was first in the ready queue.",
            "third waits for the time 3s: a timer will wake it then.",
            "main runs again, for turn 3: it was first in the ready queue.",
            "main waits for the end of third.",
            "third is woken by its timer, which is due. It joins the ready queue.",
            "third runs again, for turn 3: it was first in the ready queue.",
            "third returns. It is done.",
            "third is done, which wakes main. It joins the ready queue.",
            "main runs again, for turn 4: it was first in the ready queue.",
            "main returns. It is done.",
        ]
    );
}

#[test]
fn a_cancellation_and_a_failure_are_told_in_sentences() {
    let cancelled = said(&runs::a_cancellation().html());
    let failed = said(&runs::a_failure().html());
    let told = |sentence: &str| {
        let mut said = cancelled.iter().chain(&failed);
        assert!(
            said.any(|said| said == sentence),
            "{sentence}\nis not in {cancelled:#?} {failed:#?}"
        );
    };
    told("main asks stubborn to stop: that is a cancellation.");
    told("main wakes stubborn, to bring it the cancellation. It joins the ready queue.");
    told("stubborn is woken by its timer, which is due. It joins the ready queue.");
    told(
        "stubborn runs again, for turn 2: it was first in the ready queue. The cancellation reaches it now.",
    );
    told("sleeper ends with the cancellation. It is done.");
    told("sleeper is done, which wakes outer. It joins the ready queue.");
    told("failing is done, which wakes main. It joins the ready queue.");
    told("late is cancelled before it runs. It is done.");
    told("failing fails with ValueError: no <b>fuel</b>. It is done.");
}

#[test]
fn a_page_needs_nothing_else_and_is_the_same_every_time() {
    for (name, timeline) in runs::all() {
        let page = timeline.html();
        assert_eq!(page, timeline.html(), "{name}");
        assert!(page.contains(
            "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\""
        ));
        for outside in ["http:", "https:", "src=\"", "href", "url(", "@import"] {
            assert!(!page.contains(outside), "{name}: {outside}");
        }
    }
    assert_eq!(runs::a_lock().html(), runs::a_lock().html());
}

#[test]
fn names_do_no_harm() {
    let page = runs::bad_names().html();
    let plain = runs::two_sleepers().html();
    for sign in ["<script", "</script", "<!--", "@@"] {
        let counts = [&page, &plain].map(|page| page.matches(sign).count());
        // Those of the template only; and one name has a slot of the template in it.
        let names = if sign == "@@" { 4 } else { 0 };
        assert!(counts[0] <= counts[1] + names * 100, "{sign}: {counts:?}");
        assert!(sign == "@@" || counts[0] == counts[1], "{sign}");
    }
    let run = embedded(&page);
    let names = run["tasks"].as_array().unwrap().iter();
    let names: Vec<&str> = names.map(|task| task["name"].as_str().unwrap()).collect();
    assert_eq!(
        names[1],
        "</script><script>document.title = 'harm'</script>"
    );
    assert_eq!(names[5], r"two\nlines\u{2028}three"); // as the reader sees it
    assert_eq!(
        names[6..],
        [
            "twin #6",
            "twin #7",
            "@@run@@ 🚀 名前",
            r"\u{202e}desrever",
            r"zero\u{200b}width"
        ]
    );
    let hidden = |c: &char| ['\u{202e}', '\u{200b}', '\u{2028}'].contains(c);
    assert_eq!(page.chars().find(hidden), None);
}

#[test]
fn what_was_forgotten_is_said() {
    let ring = runs::a_ring();
    let page = ring.html();
    let note = format!("the first {} are forgotten.", ring.forgotten());
    assert!(ring.forgotten() > 0 && page.contains(&note));
    let run = embedded(&page);
    assert_eq!(run["first"], ring.forgotten());
    assert_eq!(run["moments"].as_array().unwrap().len(), 20);
}

#[test]
fn a_long_run_gives_its_end() {
    let timeline = runs::long(3, 5_000); // 3 are spawned, and each turn is two moments
    let page = timeline.html();
    assert!(page.contains("The page has its last 5000 moments; 5003 before them were left out."));
    let run = embedded(&page);
    assert_eq!(run["first"], 5_003);
    assert_eq!(run["moments"].as_array().unwrap().len(), 5_000);
    assert_eq!(run["tasks"].as_array().unwrap().len(), 3);
    assert!(page.len() < 2_000_000, "{}", page.len());
}

#[test]
fn of_many_tasks_those_that_do_something_are_kept() {
    let timeline = runs::long(20_000, 2_000);
    let page = timeline.html();
    let tasks = embedded(&page)["tasks"].as_array().unwrap().len();
    // Of the last 5,000 moments 1,000 spawn, and 4,000 are 2,000 turns of others.
    assert_eq!(tasks, 3_000 + 100);
    assert!(page.contains("<p>16900 tasks that do nothing in these moments were left out.</p>"));
    assert!(page.len() < 2_000_000, "{}", page.len());
}

#[test]
fn an_empty_run_says_so() {
    for empty in [Timeline::default(), Recorder::new().timeline()] {
        let page = empty.html();
        assert!(page.contains("<p>Nothing was recorded:"));
        assert!(page.contains("<body class=\"empty\">"));
    }
}

#[test]
fn each_loop_has_its_names_and_its_ready_queue() {
    let page = runs::two_loops().html();
    let run = embedded(&page);
    let tasks = run["tasks"].as_array().unwrap().iter();
    let tasks: Vec<(&str, &str)> = tasks
        .map(|task| (task["name"].as_str().unwrap(), task["of"].as_str().unwrap()))
        .collect();
    assert_eq!(
        tasks,
        [
            ("loop 1: main", "loop 1"),
            ("loop 2: main", "loop 2"),
            ("loop 1: helper", "loop 1"),
            ("loop 2: helper", "loop 2")
        ]
    );
    let said = said(&page);
    let firsts = said
        .iter()
        .filter(|said| said.contains("runs for the first time"));
    let firsts: Vec<&String> = firsts.collect();
    assert_eq!(firsts.len(), 4);
    for first in firsts {
        assert!(
            first.ends_with(": it was first in the ready queue."),
            "{first}"
        );
    }
}
