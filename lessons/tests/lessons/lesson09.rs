use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use tminus_lessons::lesson09_round_robin::{
    Generator, Lanes, Step, TaskScheduler, countdown, countup,
};

use crate::programs::{demo, recorded};

/// The lines of the demo below a heading.
fn section<'a>(demo: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = demo.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| !line.starts_with("== ")).collect()
}

#[test]
fn the_programs_print_what_cpython_printed() {
    let demo = demo("lesson09");
    for (heading, program) in [
        (
            "== Three take turns, two of them early",
            "38_task_scheduler_seed",
        ),
        ("== Three take turns", "39_task_scheduler_fixed"),
    ] {
        let theirs = recorded(program);
        let theirs: Vec<&str> = theirs.lines().collect();
        assert_eq!(section(&demo, heading), theirs, "{heading}");
    }
}

#[test]
fn the_line_in_the_wrong_place_is_printed_15_times_and_not_twice() {
    let count = |program| recorded(program).matches("Blast off!").count();
    assert_eq!(count("38_task_scheduler_seed"), 15);
    assert_eq!(count("39_task_scheduler_fixed"), 2);
}

#[test]
fn three_tasks_share_33_turns() {
    let lanes = Lanes::default();
    let mut scheduler = TaskScheduler::default();
    scheduler.new_task(lanes.watch("countdown(10)", countdown(10)));
    scheduler.new_task(lanes.watch("countdown(5)", countdown(5)));
    scheduler.new_task(lanes.watch("countup(15)", countup(15)));
    scheduler.run().unwrap();
    assert_eq!(
        lanes.draw(),
        "countdown(10)  #..#..#..#..#..#..#.#.#.#.x\n\
         countdown(5)   .#..#..#..#..#..x\n\
         countup(15)    ..#..#..#..#..#..#.#.#.#.#.#####x\n"
    );
}

#[test]
fn between_two_turns_of_a_task_is_one_of_each_other() {
    let lanes = Lanes::default();
    let mut scheduler = TaskScheduler::default();
    for name in ["a", "b", "c", "d"] {
        scheduler.new_task(lanes.watch(name, countup(3)));
    }
    scheduler.run().unwrap();
    assert_eq!(
        lanes.draw(),
        "a  #...#...#...x\n\
         b  .#...#...#...x\n\
         c  ..#...#...#...x\n\
         d  ...#...#...#...x\n"
    );
}

#[test]
fn a_task_that_is_not_put_back_is_closed() {
    let said = Rc::new(RefCell::new(Vec::new()));
    let log = said.clone();
    let task: Generator<()> = Generator::new(async move |co| {
        log.borrow_mut().push("started");
        if co.yield_(()).await.is_err() {
            log.borrow_mut().push("closed");
        }
        Ok(())
    });
    let mut queue = VecDeque::from([task]);
    while let Some(mut task) = queue.pop_front() {
        assert_eq!(task.resume().unwrap(), Step::Yielded(()));
    }
    assert_eq!(*said.borrow(), ["started", "closed"]);
}

#[test]
fn put_back_at_the_front_the_first_one_keeps_all_turns() {
    let lanes = Lanes::default();
    let mut queue = VecDeque::from([
        lanes.watch("countdown(3)", countdown(3)),
        lanes.watch("countup(4)", countup(4)),
    ]);
    while let Some(mut task) = queue.pop_front() {
        if let Step::Yielded(()) = task.resume().unwrap() {
            queue.push_front(task);
        }
    }
    assert_eq!(
        lanes.draw(),
        "countdown(3)  ###x\ncountup(4)    ....####x\n"
    );
}

#[test]
fn a_task_that_does_not_yield_lets_nobody_run() {
    let said = Rc::new(RefCell::new(Vec::new()));
    let (hog, other) = (said.clone(), said.clone());
    let mut scheduler = TaskScheduler::default();
    scheduler.new_task(Generator::new(async move |co| {
        for _ in 0..2 {
            other.borrow_mut().push("other");
            co.yield_(()).await?;
        }
        Ok(())
    }));
    scheduler.new_task(Generator::new(async move |_| {
        for _ in 0..1000 {
            hog.borrow_mut().push("hog");
        }
        Ok(())
    }));
    scheduler.run().unwrap();
    let said = said.borrow();
    assert_eq!((said[0], said[1001]), ("other", "other"));
    assert!(said[1..1001].iter().all(|who| *who == "hog"));
}
