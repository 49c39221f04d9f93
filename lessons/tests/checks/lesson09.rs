use tminus_lessons::lesson09_round_robin::{Generator, Lanes, TaskScheduler};

use crate::lesson09::{group, run_in_slices};

/// A task that is over in its `n`th turn.
fn task(n: u32) -> Generator<()> {
    Generator::new(async move |co| {
        for _ in 1..n {
            co.yield_(()).await?;
        }
        Ok(())
    })
}

/// The lanes of tasks with `a`, `b` and `c` turns.
fn in_slices(turns: [u32; 3], slice: u32) -> String {
    let lanes = Lanes::default();
    let names = ["a", "b", "c"];
    let tasks = names.into_iter().zip(turns);
    let tasks = tasks.map(|(name, n)| lanes.watch(name, task(n))).collect();
    let outcome = run_in_slices(tasks, slice);
    assert!(outcome.is_ok(), "it failed with {outcome:?}");
    lanes.draw()
}

#[test]
fn slices_of_one_turn_are_a_round_robin() {
    assert_eq!(in_slices([2, 1, 3], 1), "a  #..x\nb  .x\nc  ..#.#x\n");
}

#[test]
fn a_task_that_needs_more_than_its_slice_goes_to_the_back() {
    assert_eq!(
        in_slices([4, 2, 3], 2),
        "a  ##....#x\nb  ..#x\nc  ....##..x\n"
    );
}

#[test]
fn a_task_that_is_over_gives_up_the_rest_of_its_slice() {
    assert_eq!(in_slices([2, 1, 4], 3), "a  #x\nb  ..x\nc  ...###x\n");
}

#[test]
fn a_turn_of_the_group_is_a_turn_of_one_of_its_tasks() {
    let lanes = Lanes::default();
    let mut group = group(vec![
        lanes.watch("a", task(2)),
        lanes.watch("b", task(2)),
        lanes.watch("c", task(1)),
    ]);
    for drawing in ["a  #\nb  .\nc  .\n", "a  #.\nb  .#\nc  ..\n"] {
        assert!(group.resume().is_ok());
        assert_eq!(lanes.draw(), drawing);
    }
    for _ in group {}
    assert_eq!(lanes.draw(), "a  #..x\nb  .#..x\nc  ..x\n");
}

#[test]
fn a_group_has_as_many_turns_as_its_tasks_and_no_more() {
    let lanes = Lanes::default();
    let mut scheduler = TaskScheduler::default();
    scheduler.new_task(lanes.watch("group", group(vec![task(1), task(2), task(1)])));
    scheduler.new_task(lanes.watch("alone", task(5)));
    assert!(scheduler.run().is_ok());
    assert_eq!(lanes.draw(), "group  #.#.#.x\nalone  .#.#.#.#x\n");
}
