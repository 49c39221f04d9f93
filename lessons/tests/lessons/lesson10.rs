use std::iter;

use tminus_lessons::lesson01_countdown::lucas;
use tminus_lessons::lesson09_round_robin::{Lanes, TaskScheduler, countup};
use tminus_lessons::lesson10_tasks::{
    Exception, Generator, Scheduler, Step, Turn, ValueError, async_search,
};

use crate::programs::{demo, recorded};

#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson10");
    let ours: Vec<&str> = ours.lines().filter(|line| !is_drawn(line)).collect();
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

/// A lane, or the legend.
fn is_drawn(line: &str) -> bool {
    line.ends_with(['x', '!']) || line.starts_with('#')
}

#[test]
fn the_listing_has_98_lines_and_two_numbers_at_its_end() {
    let listing = recorded("41_scheduler");
    let lines: Vec<&str> = listing.lines().collect();
    assert_eq!(lines.len(), 98);
    assert_eq!(lines[96..], ["1149851", "141422324"]);
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
    let drawn = demo("lesson10");
    let lane = |name: &str| {
        let line = drawn.lines().find(|line| line.starts_with(name));
        line.expect("the lane is drawn")[9..].to_owned()
    };
    let turns = |lane: &str| lane.matches(['#', 'x']).count();
    assert_eq!(lane("matches").len(), 67);
    assert_eq!(turns(&lane("matches")), 27);
    assert_eq!(turns(&lane("message")), 25);
    assert_eq!(turns(&lane("search ")), 15);
    assert_eq!(drawn.matches("tick").count(), 3);
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
fn swap_remove_breaks_the_order_of_completion() {
    let results = || {
        let mut scheduler = Scheduler::default();
        for wanted in [1, 2, 3, 4] {
            scheduler.add(Generator::new(async move |_| Ok(wanted * 10)));
        }
        scheduler.run_to_completion();
        scheduler.results
    };
    let mut shifted = results();
    assert_eq!(shifted.shift_remove(&1), Some(20));
    assert!(shifted.values().eq(&[10, 30, 40]));
    let mut swapped = results();
    assert_eq!(swapped.swap_remove(&1), Some(20));
    assert!(swapped.values().eq(&[10, 40, 30]));
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
