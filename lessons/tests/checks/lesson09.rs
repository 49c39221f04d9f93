use std::{cell::RefCell, fmt::Error, rc::Rc};

use tminus_lessons::lesson09_round_robin::{Generator, Lanes};

use crate::lesson09::{TaskScheduler, group};

/// A task with `n` turns. It returns in the last one.
fn task(n: u32) -> Generator<()> {
    Generator::new(async move |co| {
        for _ in 1..n {
            co.yield_(()).await?;
        }
        Ok(())
    })
}

/// A task that fails in its `n`th turn.
fn failing(n: u32) -> Generator<()> {
    Generator::new(async move |co| {
        for _ in 1..n {
            co.yield_(()).await?;
        }
        Err(Error.into())
    })
}

/// Runs tasks with these numbers of turns, and returns their lanes.
fn lanes_of(turns: &[u32]) -> String {
    let lanes = Lanes::default();
    let mut scheduler = TaskScheduler::default();
    for (name, &n) in ["a", "b", "c", "d"].iter().zip(turns) {
        scheduler.new_task(lanes.watch(name, task(n)));
    }
    scheduler.run().expect("no task fails");
    lanes.draw()
}

#[test]
fn between_two_turns_of_a_task_is_one_of_each_other_task() {
    assert_eq!(
        lanes_of(&[3, 3, 3]),
        "a  #..#..x\nb  .#..#..x\nc  ..#..#..x\n"
    );
}

#[test]
fn a_task_that_is_over_has_no_more_turns_and_makes_no_other_task_miss_one() {
    assert_eq!(
        lanes_of(&[1, 3, 2, 4]),
        "a  x\nb  .#..#..x\nc  ..#..x\nd  ...#..#.#x\n"
    );
}

#[test]
fn a_failure_ends_the_run_and_the_other_tasks_stay_in_the_queue() {
    let lanes = Lanes::default();
    let mut scheduler = TaskScheduler::default();
    scheduler.new_task(lanes.watch("fails", failing(2)));
    scheduler.new_task(lanes.watch("works", task(3)));
    let failed = scheduler.run().map_err(|exception| exception.to_string());
    assert_eq!(failed, Err(Error.to_string()), "the first run");
    assert_eq!(
        lanes.draw(),
        "fails  #.!\nworks  .#.\n",
        "after the first run"
    );
    scheduler.run().expect("nothing fails in the second run");
    assert_eq!(
        lanes.draw(),
        "fails  #.!\nworks  .#.#x\n",
        "after the second run"
    );
}

#[test]
fn no_task_is_closed_before_it_has_returned() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let mut scheduler = TaskScheduler::default();
    for name in ["a", "b"] {
        let log = log.clone();
        scheduler.new_task(Generator::new(async move |co| {
            let end = match co.yield_(()).await {
                Ok(()) => "returns",
                Err(_) => "is closed",
            };
            log.borrow_mut().push(format!("{name} {end}"));
            Ok(())
        }));
    }
    scheduler.run().expect("no task fails");
    assert_eq!(log.borrow().join(", "), "a returns, b returns");
}

#[test]
fn a_turn_of_the_group_is_a_turn_of_one_of_its_tasks() {
    let lanes = Lanes::default();
    let mut group = group(vec![
        lanes.watch("a", task(2)),
        lanes.watch("b", task(2)),
        lanes.watch("c", task(1)),
    ]);
    for (turn, drawing) in [(1, "a  #\nb  .\nc  .\n"), (2, "a  #.\nb  .#\nc  ..\n")] {
        group.resume().expect("the group goes on");
        assert_eq!(lanes.draw(), drawing, "turn {turn}");
    }
    for _ in group {}
    assert_eq!(lanes.draw(), "a  #..x\nb  .#..x\nc  ..x\n", "at the end");
}

#[test]
fn a_group_has_as_many_turns_as_its_tasks_and_no_more() {
    let lanes = Lanes::default();
    let mut scheduler = tminus_lessons::lesson09_round_robin::TaskScheduler::default();
    scheduler.new_task(lanes.watch("group", group(vec![task(1), task(2), task(1)])));
    scheduler.new_task(lanes.watch("alone", task(5)));
    scheduler.run().expect("no task fails");
    assert_eq!(lanes.draw(), "group  #.#.#.x\nalone  .#.#.#.#x\n");
}
