//! The trace event format, as its viewers need it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tminus::timeline::{Recorder, State, Timeline, What};

use crate::runs;

fn events(timeline: &Timeline) -> Vec<Value> {
    let trace: Value = serde_json::from_str(&timeline.perfetto()).unwrap();
    trace["traceEvents"].as_array().unwrap().clone()
}

/// A time, in nanoseconds.
fn nanoseconds(microseconds: &Value) -> u64 {
    // As it is written: a float could not hold all of them.
    let text = microseconds.to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let (whole, rest): (u64, u64) = (
        whole.parse().unwrap(),
        format!("{rest:0<3}").parse().unwrap(),
    );
    whole * 1_000 + rest
}

fn phase(event: &Value) -> &str {
    event["ph"].as_str().unwrap()
}

/// The slices of the task with this name: what, from, how long, in nanoseconds.
fn slices(events: &[Value], name: &str) -> Vec<(String, u64, u64)> {
    let named = |event: &&Value| event["name"] == "thread_name" && event["args"]["name"] == name;
    let thread = &events.iter().find(named).unwrap()["tid"];
    let slices = events.iter();
    let slices = slices.filter(|event| phase(event) == "X" && event["tid"] == *thread);
    slices
        .map(|slice| {
            let name = slice["name"].as_str().unwrap().to_owned();
            (name, nanoseconds(&slice["ts"]), nanoseconds(&slice["dur"]))
        })
        .collect()
}

/// What every trace has to keep.
fn check(name: &str, timeline: &Timeline) {
    let events = events(timeline);
    let mut threads = BTreeMap::new();
    let mut processes = BTreeMap::new();
    for event in events.iter().filter(|event| phase(event) == "M") {
        match event["name"].as_str().unwrap() {
            "process_name" => drop(processes.insert(event["pid"].as_u64(), 0)),
            "thread_name" => drop(threads.insert(event["tid"].as_u64(), event["pid"].as_u64())),
            "thread_sort_index" => {}
            other => panic!("{name}: {other}"),
        }
    }
    let runners: BTreeSet<_> = timeline.tasks().map(|task| task.runner()).collect();
    assert_eq!(processes.len(), runners.len().max(1), "{name}");
    assert_eq!(threads.len(), timeline.tasks().len(), "{name}");

    let mut last = 0;
    let mut flows = BTreeMap::<u64, Vec<&Value>>::new();
    // Where the last slice of a thread begins and ends.
    let mut open = BTreeMap::<Option<u64>, (u64, u64)>::new();
    for event in events.iter().filter(|event| phase(event) != "M") {
        let (at, thread) = (nanoseconds(&event["ts"]), event["tid"].as_u64());
        assert!(last <= at, "{name}: in the order of time: {event}");
        last = at;
        assert_eq!(
            threads.get(&thread),
            Some(&event["pid"].as_u64()),
            "{name}: {event}"
        );
        assert!(i64::try_from(at).is_ok(), "{name}: {event}");
        match phase(event) {
            "X" => {
                let end = at + nanoseconds(&event["dur"]);
                assert!(end > at && i64::try_from(end).is_ok(), "{name}: {event}");
                let before = open.insert(thread, (at, end));
                assert!(before.is_none_or(|(_, end)| end <= at), "{name}: {event}");
            }
            "i" => assert_eq!(event["s"], "t", "{name}: {event}"),
            "s" | "f" => {
                let (start, end) = open[&thread];
                assert!(start <= at && at < end, "{name}: in a slice: {event}");
                let id = event["id"].as_u64().unwrap();
                flows.entry(id).or_default().push(event);
            }
            other => panic!("{name}: {other}"),
        }
    }
    for (id, ends) in &flows {
        let phases: Vec<&str> = ends.iter().map(|event| phase(event)).collect();
        assert_eq!(phases, ["s", "f"], "{name}: flow {id}");
        for field in ["name", "cat"] {
            assert_eq!(ends[0][field], ends[1][field], "{name}: flow {id}");
        }
        assert_eq!(ends[1]["bp"], "e", "{name}: flow {id}");
    }

    let turns = events.iter().filter(|event| event["cat"] == "turn").count();
    let moments = timeline.moments();
    let runs = moments.filter(|moment| matches!(moment.what, What::Runs { .. }));
    let tasks = timeline.tasks();
    let before = tasks.filter(|task| *task.before() == State::Running);
    assert_eq!(turns, runs.count() + before.count(), "{name}");
    assert_eq!(timeline.perfetto(), timeline.perfetto());
}

#[test]
fn every_run_keeps_the_rules_of_the_format() {
    for (name, timeline) in runs::all() {
        check(name, &timeline);
    }
    check("long", &runs::long(50, 1_000));
    check("empty", &Recorder::new().timeline());
}

#[test]
fn every_part_of_a_run_keeps_them() {
    for (name, timeline) in runs::parts() {
        check(&name, &timeline);
    }
}

#[test]
fn turns_are_drawn_in_their_order() {
    let events = events(&runs::three_countdowns());
    let slice = |name: &str, at: u64, long: u64| (name.to_owned(), at * 1_000, long * 1_000);
    assert_eq!(
        slices(&events, "five"),
        [
            slice("ready", 3, 5),
            slice("turn 1", 8, 1),
            slice("ready", 9, 5),
            slice("turn 2", 14, 1),
        ]
    );
}

#[test]
fn on_a_virtual_clock_a_turn_has_a_width_and_the_time_is_kept() {
    let timeline = runs::two_sleepers();
    let least = 10_000_000; // 10 ms: all moments together are less than a tenth of 2 s
    let events = events(&timeline);
    let short = slices(&events, "short");
    let names: Vec<&str> = short.iter().map(|(name, ..)| &**name).collect();
    assert_eq!(
        names,
        [
            "ready",
            "turn 1",
            "wait: a sleep until 1.5s",
            "ready",
            "turn 2"
        ]
    );
    assert_eq!(short[1].2, least);
    assert_eq!(short[3], ("ready".to_owned(), 1_500_000_000, least));
    let woken = events
        .iter()
        .find(|event| event["name"] == "ready" && event["args"]["at"] == "1.5s");
    assert_eq!(woken.unwrap()["args"]["because"][0], "woken");
}

#[test]
fn an_arrow_leads_from_who_wakes_to_who_is_woken() {
    let events = events(&runs::a_lock());
    let thread = |event: &Value| {
        let named = events
            .iter()
            .find(|other| other["name"] == "thread_name" && other["tid"] == event["tid"]);
        named.unwrap()["args"]["name"].as_str().unwrap().to_owned()
    };
    let woken = events.iter().filter(|event| event["name"] == "woken");
    let ends: Vec<(String, String)> = woken
        .map(|event| (phase(event).to_owned(), thread(event)))
        .collect();
    let has = |from: &str, to: &str| {
        let arrow = [("s".into(), from.into()), ("f".into(), to.into())];
        assert!(
            ends.windows(2).any(|pair| pair == arrow),
            "{from} to {to}: {ends:?}"
        );
    };
    has("first", "second");
    has("second", "third");
}

#[test]
fn cancellations_and_ends_are_instants() {
    let cancelled = events(&runs::a_cancellation());
    let instants = cancelled.iter().filter(|event| phase(event) == "i");
    let instants: Vec<(&str, &str)> = instants
        .map(|event| {
            let by = event["args"]["by"].as_str().unwrap_or_default();
            (event["name"].as_str().unwrap(), by)
        })
        .collect();
    assert_eq!(
        instants,
        [
            ("cancel", "main"),
            ("cancel", "main"),
            ("cancel", "main"),
            ("cancel", "main"),
            ("cancelled", ""),
            ("cancelled", ""),
            ("cancelled", ""),
            ("returned", ""),
            ("returned", ""),
        ]
    );
    let failed = runs::a_failure().perfetto();
    assert!(failed.contains(r#""failed: ValueError: no \u003cb\u003efuel\u003c/b\u003e""#));
}

#[test]
fn each_loop_is_a_process_with_its_own_clock() {
    let events = events(&runs::two_loops());
    let named = |what: &str| -> Vec<(u64, &str)> {
        let named = events.iter().filter(|event| event["name"] == what);
        let names = named.map(|event| {
            let name = event["args"]["name"].as_str().unwrap();
            (event["pid"].as_u64().unwrap(), name)
        });
        names.collect()
    };
    assert_eq!(
        named("process_name"),
        [(1, "EventLoop (loop 1)"), (2, "EventLoop (loop 2)")]
    );
    assert_eq!(
        named("thread_name"),
        [(1, "main"), (2, "main"), (1, "helper"), (2, "helper")]
    );
    let ready = |process: u64| {
        let is = |event: &&Value| event["name"] == "turn 1" && event["pid"] == process;
        nanoseconds(&events.iter().find(is).unwrap()["ts"])
    };
    assert_eq!(
        ready(1),
        ready(2),
        "the first loop's three seconds are not the second's"
    );
}

#[test]
fn what_never_ends_stays_inside_the_numbers_of_the_viewers() {
    let events = events(&runs::for_ever());
    let longest = slices(&events, "longest");
    let names: Vec<&str> = longest.iter().map(|(name, ..)| &**name).collect();
    assert_eq!(
        names,
        [
            "ready",
            "turn 1",
            "wait: a sleep until 18446744073709551615.999999999s",
            "ready",
            "turn 2"
        ]
    );
    let (_, start, long) = &longest[4];
    assert!(i64::MAX as u64 / 2 < *start && start + long <= i64::MAX as u64);
}

#[test]
fn names_are_escaped_so_that_they_can_be_seen() {
    let trace = runs::bad_names().perfetto();
    assert!(
        trace.contains(r#""name":"two\\nlines\\u{2028}three""#),
        "{trace}"
    );
    assert!(trace.contains(r#""name":"\\u{202e}desrever""#), "{trace}");
    assert!(trace.contains(r#""name":"zero\\u{200b}width""#), "{trace}");
}
