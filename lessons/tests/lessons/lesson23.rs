use std::{cell::Cell, cell::RefCell, collections::VecDeque, rc::Rc};

use tminus::{Exception, Kind, gather, simulation, yield_now};
use tminus_lessons::lesson23_microscope::{
    Choice, Choices, Executor, LoopFuture, Run, Schedule, explore, permits::four_tankers, pumps,
    repeats, sets::from_a_set, shrink, yield_now as other_turn,
};

use crate::programs::{demo, recorded};

/// The lines of a section of the demo.
fn section(title: &str) -> Vec<String> {
    let demo = demo("lesson23");
    let heading = format!("== {title}");
    let lines = demo.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("== "));
    lines.map(str::to_owned).collect()
}

fn replay(text: &str, program: impl Fn(&mut Choices) -> Run) -> Run {
    program(&mut Choices::replaying(&text.parse().unwrap()))
}

/// Runs a program in every order. Returns the number of orders, and how many of them fail.
fn count(program: impl Fn(&mut Choices) -> Run) -> (usize, usize) {
    let (mut orders, mut failing, mut next) = (0, 0, Some(Schedule::default()));
    while let Some(schedule) = next {
        let mut choices = Choices::replaying(&schedule);
        orders += 1;
        failing += usize::from(program(&mut choices).failure.is_some());
        let made = choices.made();
        let last = made
            .iter()
            .rposition(|choice| choice.chosen + 1 < choice.of);
        next = last.map(|last| {
            let chosen = |(number, choice): (usize, &Choice)| match number == last {
                true => (number, choice.chosen + 1),
                false => (number, choice.chosen),
            };
            let all = made[..=last].iter().enumerate().map(chosen);
            Schedule(all.filter(|(_, chosen)| *chosen > 0).collect())
        });
    }
    (orders, failing)
}

#[test]
fn python_runs_one_order_a_thousand_times() {
    assert_eq!(recorded("lesson23"), "{120}\n");
}

#[test]
fn two_of_the_four_orders_lose_litres() {
    assert_eq!(
        section("two pumps, in all four orders"),
        [
            "[] slow late | slow late: all is well",
            "[1:1] slow late | late slow: 100 of 120 litres",
            "[0:1] late slow | late slow: 100 of 120 litres",
            "[0:1,1:1] late slow | slow late: all is well",
        ]
    );
    assert_eq!(count(pumps::two_pumps), (4, 2));
}

#[test]
fn a_thousand_runs_in_the_plain_order_are_one_run() {
    let plain = replay("", four_tankers);
    assert_eq!(plain.failure, None);
    for _ in 0..1000 {
        assert_eq!(replay("", four_tankers), plain);
    }
}

#[test]
fn the_orders_of_the_tankers_are_counted() {
    assert_eq!(count(four_tankers), (1032, 120));
}

/// A semaphore whose `release` always wakes a waiter.
#[derive(Default)]
struct Repaired {
    free: Cell<usize>,
    waiters: RefCell<VecDeque<LoopFuture<()>>>,
}

impl Repaired {
    async fn hold(&self, turns: usize) {
        while self.free.get() == 0 {
            let woken = LoopFuture::default();
            self.waiters.borrow_mut().push_back(woken.clone());
            let _ = woken.await;
        }
        self.free.set(self.free.get() - 1);
        for _ in 0..turns {
            other_turn().await;
        }
        self.free.set(self.free.get() + 1);
        let longest = self.waiters.borrow_mut().pop_front();
        if let Some(woken) = longest {
            woken.set_result(());
        }
    }
}

#[test]
fn the_repaired_semaphore_is_right_in_every_order() {
    let program = |choices: &mut Choices| {
        let pumps = Rc::new(Repaired::default());
        pumps.free.set(2);
        let mut executor = Executor::default();
        for (name, drives, fills) in [
            ("a", true, 1),
            ("b", false, 1),
            ("c", false, 3),
            ("d", false, 2),
        ] {
            let pumps = pumps.clone();
            executor.spawn(name, async move {
                if drives {
                    other_turn().await;
                }
                pumps.hold(fills).await;
            });
        }
        let rounds = executor.run(|of| choices.choose(of));
        let failure = (!executor.left().is_empty()).then(|| "somebody waits".to_owned());
        Run { rounds, failure }
    };
    assert_eq!(count(program), (1200, 0));
}

#[test]
fn one_choice_is_enough_for_the_tankers() {
    let (seed, schedule) = explore(0..1000, four_tankers).unwrap();
    assert_eq!(
        (seed, schedule.to_string().as_str()),
        (8, "0:2,1:2,2:1,3:1,6:1")
    );
    let runs = Cell::new(0);
    let small = shrink(schedule, |choices| {
        runs.set(runs.get() + 1);
        four_tankers(choices)
    });
    assert_eq!((small.to_string().as_str(), runs.get()), ("1:2", 10));
    let failing = replay("1:2", four_tankers);
    assert_eq!(failing.failure.unwrap(), "a waits, and 2 pumps are free");
}

#[test]
fn a_schedule_is_its_text() {
    for text in ["", "1:2", "8:5,15:2"] {
        let schedule: Schedule = text.parse().unwrap();
        assert_eq!(schedule.to_string(), text);
    }
    for text in ["1", "1:x", "x:1"] {
        assert!(text.parse::<Schedule>().is_err(), "{text}");
    }
}

#[test]
fn two_runs_differ_if_there_is_a_chance_outside_of_the_choices() {
    let empty = Schedule::default();
    assert!(repeats(&empty, four_tankers));
    assert!((0..10).any(|_| !repeats(&empty, from_a_set)));
}

/// The two pumps, with a third task that was added later.
fn with_a_lamp(choices: &mut Choices) -> Run {
    let tank = Rc::default();
    let mut executor = Executor::default();
    executor.spawn("slow", pumps::slow(Rc::clone(&tank)));
    executor.spawn("late", pumps::late(Rc::clone(&tank)));
    executor.spawn("lamp", other_turn());
    let rounds = executor.run(|of| choices.choose(of));
    let failure = (tank.get() != 120).then(|| format!("{} of 120 litres", tank.get()));
    Run { rounds, failure }
}

#[test]
fn a_schedule_is_that_of_one_program() {
    assert!(replay("1:1", pumps::two_pumps).failure.is_some());
    assert_eq!(
        replay("1:1", with_a_lamp).to_string(),
        "slow lamp late | slow lamp late: all is well"
    );
}

/// The two pumps on the crate's loop.
async fn two_pumps_on_the_loop() -> Result<(), Exception> {
    let tank = Rc::new(Cell::new(0));
    let (first, second) = (tank.clone(), tank.clone());
    let slow = async move {
        let before = first.get();
        yield_now().await?;
        first.set(before + 100);
        Ok(())
    };
    let late = async move {
        yield_now().await?;
        second.set(second.get() + 20);
        Ok(())
    };
    gather((slow, late)).await?;
    match tank.get() {
        120 => Ok(()),
        litres => Err(Exception::new(
            Kind::RuntimeError,
            format!("{litres} litres"),
        )),
    }
}

#[test]
fn the_crate_finds_it_and_shrinks_it_to_one_choice() {
    tminus::run(two_pumps_on_the_loop()).unwrap();
    let failure = simulation::explore(0..100, two_pumps_on_the_loop).unwrap_err();
    assert_eq!(failure.exception().message(), "100 litres");
    assert_eq!(failure.schedule().len(), 1);
}
