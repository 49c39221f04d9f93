use std::iter;

use tminus_lessons::lesson01_countdown::lucas;
use tminus_lessons::lesson09_round_robin::{Lanes, TaskScheduler, countup};
use tminus_lessons::lesson10_tasks::{
    Exception, Generator, Scheduler, Step, Turn, ValueError, async_search, primes,
};

use crate::programs::{demo, recorded};

/// The sections of the demo with these headings, without the lanes.
fn sections(headings: &[&str]) -> Vec<String> {
    let demo = demo("lesson10");
    let sections = headings.iter().flat_map(|heading| {
        let lines = demo.lines().skip_while(move |line| line != heading).skip(1);
        lines.take_while(|line| !line.starts_with("== "))
    });
    let lines = sections.filter(|line| !is_drawn(line));
    lines.map(str::to_owned).collect()
}

/// A lane, or the legend.
fn is_drawn(line: &str) -> bool {
    line.starts_with("over ") || line.starts_with('#')
}

#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = sections(&[
        "== long numbers",
        "== one fails",
        "== matches",
        "== primes and ticks",
    ]);
    let theirs = [
        recorded("41_scheduler"),
        recorded("42_scheduler_errors"),
        recorded("43_print_matches"),
        recorded("49_async_sleep_scheduler"),
    ]
    .concat();
    // The one line that differs: what an exception looks like in a dictionary.
    let theirs = theirs.replace(
        "ValueError('Not found')",
        r#"Error(ValueError("Not found"))"#,
    );
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(ours, theirs);
}

#[test]
fn a_search_alone_yields_nothing_that_anybody_wants() {
    let mut search = async_search(lucas(), |&n| n > 10); // the end of program 40
    assert_eq!(search.resume().unwrap(), Step::Yielded(()));
    assert_eq!(search.by_ref().count(), 4);
}

#[test]
fn the_searches_take_30_and_40_turns() {
    let mut scheduler = Scheduler::default();
    let seven = scheduler.add(async_search(lucas(), |n| n.to_string().len() >= 7));
    let nine = scheduler.add(async_search(lucas(), |n| n.to_string().len() >= 9));
    let turns: Vec<Turn> = iter::from_fn(|| scheduler.turn()).collect();
    assert_eq!(turns.len(), 70);
    assert_eq!(turns[58], Turn::Returned(seven));
    assert_eq!(turns[69], Turn::Returned(nine));
}

#[test]
fn the_message_takes_25_of_67_turns_and_22_of_them_say_nothing() {
    let (clock, lanes) = (primes::Clock::default(), Lanes::default());
    primes::run_to_completion(&clock, &lanes, primes::three_routines(&clock));
    let drawn = lanes.draw();
    let lane = |name: &str| {
        let line = drawn.lines().find(|line| line.starts_with(name));
        line.expect("the lane is drawn")[9..].to_owned()
    };
    let turns = |lane: &str| lane.matches(['#', 'x']).count();
    assert_eq!(lane("matches").len(), 67);
    assert_eq!(turns(&lane("matches")), 27);
    assert_eq!(turns(&lane("message")), 25);
    assert_eq!(turns(&lane("search ")), 15);
    let said = sections(&["== primes and ticks"]);
    assert_eq!(said.iter().filter(|line| *line == "tick").count(), 3);
}

fn failing() -> Generator<()> {
    Generator::new(async |co| {
        co.yield_(()).await?;
        Err(ValueError("Not found").into())
    })
}

#[test]
fn in_lesson_9_a_failure_ends_everybodys_run() {
    let lanes = Lanes::default();
    let mut scheduler = TaskScheduler::default();
    scheduler.new_task(lanes.watch("fails", failing()));
    scheduler.new_task(lanes.watch("works", countup(2)));
    assert!(matches!(scheduler.run(), Err(Exception::Error(_))));
    assert_eq!(lanes.draw(), "fails  #.!\nworks  .#.\n");
}

#[test]
fn here_it_does_not() {
    let lanes = Lanes::default();
    let mut scheduler = Scheduler::default();
    scheduler.add(lanes.watch("fails", failing()));
    scheduler.add(lanes.watch("works", countup(2)));
    scheduler.run_to_completion();
    assert_eq!(lanes.draw(), "fails  #.!\nworks  .#.#x\n");
}

#[test]
#[should_panic(expected = "index out of bounds: the len is 3 but the index is 3")]
fn a_panic_is_no_exception_and_takes_the_scheduler_along() {
    let mut scheduler = Scheduler::default();
    let items: Vec<u32> = (1..=3).collect();
    scheduler.add(countup(2));
    scheduler.add(Generator::new(async move |co| {
        co.yield_(()).await?;
        println!("the fourth is {}", items[3]);
        Ok(())
    }));
    scheduler.run_to_completion();
}

#[test]
fn ids_by_the_length_of_the_queue_are_given_twice() {
    let (mut queue, mut results) = (Vec::new(), indexmap::IndexMap::new());
    for number in [103_682, 1_149_851] {
        let id = queue.len();
        queue.push(id);
        results.insert(queue.remove(0), number); // it ran to its end
    }
    assert!(results.iter().eq([(&0, &1_149_851)]));
}

#[test]
fn a_failing_search_of_three_items_has_four_turns() {
    let mut scheduler = Scheduler::default();
    let lost = scheduler.add(async_search([1, 2, 3], |&n| n == 9));
    let turns: Vec<Turn> = iter::from_fn(|| scheduler.turn()).collect();
    let yielded = Turn::Yielded(lost);
    assert_eq!(turns, [yielded, yielded, yielded, Turn::Failed(lost)]);
}
