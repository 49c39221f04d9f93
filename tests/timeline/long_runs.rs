//! Long runs: their pictures have bounds.

use std::time::Duration;

use tminus::{Exception, sleep, spawn_named, timeline::Timeline, yield_now};

use crate::{
    programs::{self, on_the_loop},
    svg::elements,
};

/// What the lane of a task shows.
fn lane<'a>(text: &'a str, name: &str) -> &'a str {
    let lane = text.lines().find_map(|line| line.strip_prefix(name));
    lane.expect("it has a lane").trim_start()
}

fn assert_bounds(timeline: &Timeline) {
    for width in [0, 1, 20, 80, 200] {
        let text = timeline.text(width);
        assert!(text.lines().count() <= 8 * 63 + 6, "{text}");
        let lanes = text.lines().skip(3); // after what is said on top
        let widest = lanes.map(|line| line.chars().count()).max();
        assert!(widest <= Some(width.max(40)), "{text}");
    }
    let svg = timeline.svg();
    assert!(svg.len() < 200_000, "{} bytes", svg.len());
    assert!(elements(&svg) <= 2010, "{} elements", elements(&svg));
}

#[test]
fn a_hundred_thousand_turns() {
    let timeline = programs::countdowns(&[("fast", 9_999), ("slow", 59_999), ("middle", 29_999)]);
    assert_bounds(&timeline);
    let text = timeline.text(80);
    assert!(
        text.starts_with("3 tasks, 100,000 turns; a column stands for 1,389 of them\n"),
        "{text}"
    );
    assert!(
        lane(&text, "fast").starts_with("3333333333333333333"),
        "{text}"
    );
    assert!(lane(&text, "fast").ends_with("3x"), "{text}");
    assert!(lane(&text, "slow").ends_with("###x"), "{text}");
    assert!(
        text.ends_with("0-9 tenths of the turns here   # all of the turns here   x returned\n"),
        "{text}"
    );
    let svg = timeline.svg();
    assert!(svg.contains("3 tasks, 100,000 turns"));
    assert!(svg.contains("A column stands for 572 turns."), "{svg}");
    assert!(svg.len() < 10_000, "{} bytes", svg.len());
}

#[test]
fn two_thousand_tasks() {
    let timeline = on_the_loop(async {
        let spawn =
            |n: u64| spawn_named(&format!("worker {n}"), sleep(Duration::from_millis(n % 7)));
        let workers: Vec<_> = (0..2000).map(spawn).collect::<Result<_, Exception>>()?;
        for worker in workers {
            worker.await?;
        }
        Ok(())
    });
    assert_bounds(&timeline);
    assert!(timeline.text(80).contains("\n… 1941 more"));
    assert!(timeline.svg().contains(">… 1941 more</text>"));
}

#[test]
fn more_tasks_than_lanes_on_one_page() {
    let timeline = on_the_loop(async {
        for n in 0..63 {
            spawn_named(&format!("task {n}"), async { yield_now().await })?;
        }
        yield_now().await?;
        yield_now().await
    });
    assert_bounds(&timeline);
    let text = timeline.text(140);
    assert_eq!(
        lane(&text, "task 1 "),
        ".#".to_owned() + &".".repeat(63) + "x",
        "{text}"
    );
}

#[test]
fn many_who_wake_and_cancel_each_other() {
    let timeline = on_the_loop(async {
        let workers =
            (0..50).map(|n| spawn_named(&format!("worker {n}"), sleep(Duration::from_secs(1))));
        let workers: Vec<_> = workers.collect::<Result<_, Exception>>()?;
        yield_now().await?;
        for worker in workers {
            worker.cancel();
        }
        sleep(Duration::from_secs(2)).await
    });
    assert_bounds(&timeline);
}
