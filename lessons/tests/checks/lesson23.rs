use std::{cell::Cell, cell::RefCell, collections::VecDeque, rc::Rc};

use tminus_lessons::lesson23_microscope::{Choice, LoopFuture, Random, Run, Schedule, yield_now};

use crate::lesson23::{Choices, Executor, every, explore, shrink};

fn replaying(text: &str) -> Choices {
    Choices::replaying(&text.parse().unwrap())
}

/// The answers to questions with these numbers of possible answers.
fn chosen(choices: &mut Choices, of: &[usize]) -> Vec<usize> {
    of.iter().map(|of| choices.choose(*of)).collect()
}

/// A run without tasks, which fails if `fails` is true.
fn outcome(fails: bool) -> Run {
    Run {
        rounds: Vec::new(),
        failure: fails.then(|| "it fails".to_owned()),
    }
}

#[test]
fn a_seed_chooses_what_its_random_numbers_say() {
    let of = [5, 2, 7, 3, 9, 4];
    for seed in 0..5 {
        let mut random = Random(seed);
        let want: Vec<usize> = of.iter().map(|of| random.below(*of)).collect();
        let got = chosen(&mut Choices::seeded(seed), &of);
        assert_eq!(got, want, "seed {seed}: the answers to {of:?}");
    }
}

#[test]
fn a_schedule_is_repeated_and_all_that_it_does_not_list_is_plain() {
    let mut choices = replaying("1:2,3:1");
    let got = chosen(&mut choices, &[3, 3, 3, 2, 2, 9]);
    assert_eq!(got, [0, 2, 0, 1, 0, 0], "the answers with 1:2,3:1");
    assert_eq!(
        choices.schedule().to_string(),
        "1:2,3:1",
        "what is recorded"
    );
}

#[test]
fn a_question_with_one_answer_has_no_number() {
    let mut choices = replaying("1:1");
    let got = chosen(&mut choices, &[2, 1, 1, 2, 2]);
    assert_eq!(
        got,
        [0, 0, 0, 1, 0],
        "the answers to 2, 1, 1, 2, 2 with 1:1"
    );
    assert_eq!(choices.made().len(), 3, "choices that were recorded");
}

#[test]
fn a_schedule_that_wants_more_than_there_is_gets_the_last_and_that_is_recorded() {
    let mut choices = replaying("0:9,1:1");
    assert_eq!(
        chosen(&mut choices, &[3, 3]),
        [2, 1],
        "the answers with 0:9,1:1"
    );
    assert_eq!(
        choices.schedule().to_string(),
        "0:2,1:1",
        "what is recorded"
    );
}

#[test]
fn each_choice_is_recorded_with_its_number_of_possibilities() {
    let mut choices = replaying("1:3");
    chosen(&mut choices, &[2, 4]);
    let want = [Choice { chosen: 0, of: 2 }, Choice { chosen: 3, of: 4 }];
    assert_eq!(choices.made(), want, "what is recorded of 2 and 4 with 1:3");
}

#[test]
fn what_a_seed_chose_can_be_repeated_from_its_text() {
    let of: Vec<usize> = (0..40).map(|n| 1 + n % 5).collect();
    let mut seeded = Choices::seeded(11);
    let want = chosen(&mut seeded, &of);
    let text = seeded.schedule().to_string();
    assert!(text.contains(','), "the schedule of seed 11 is `{text}`");
    assert_eq!(chosen(&mut replaying(&text), &of), want, "replay of {text}");
}

/// Runs three tasks with 1, 2 and 3 turns. Returns the rounds, and how many tasks were left at each question.
fn three_tasks(choose: impl Fn(usize) -> usize) -> (String, Vec<usize>) {
    let mut executor = Executor::default();
    for (name, yields) in [("a", 0), ("b", 1), ("c", 2)] {
        executor.spawn(name, async move {
            for _ in 0..yields {
                yield_now().await;
            }
        });
    }
    let mut asked = Vec::new();
    let rounds = executor.run(|of| {
        asked.push(of);
        choose(of)
    });
    let rounds: Vec<String> = rounds.iter().map(|turns| turns.join(" ")).collect();
    (rounds.join(" | "), asked)
}

#[test]
fn plain_choices_are_the_order_of_waking() {
    let (rounds, asked) = three_tasks(|_| 0);
    assert_eq!(rounds, "a b c | b c | c", "the rounds, always place 0");
    assert_eq!(
        asked,
        [3, 2, 1, 2, 1, 1],
        "tasks left in the batch at each question"
    );
}

#[test]
fn a_choice_is_a_place_in_what_is_left_of_the_batch() {
    let (rounds, _) = three_tasks(|of| of - 1);
    assert_eq!(
        rounds, "c b a | b c | c",
        "the rounds, always the last place"
    );
    let (rounds, _) = three_tasks(|of| of / 2);
    assert_eq!(
        rounds, "b c a | c b | c",
        "the rounds, always the middle place"
    );
}

#[test]
fn a_task_that_is_woken_in_a_round_has_its_turn_in_the_next() {
    let (rounds, asked) = three_tasks(|of| if of == 3 { 2 } else { 0 });
    assert_eq!(
        rounds, "c a b | c b | c",
        "the rounds, first the last place of three"
    );
    assert_eq!(
        asked,
        [3, 2, 1, 2, 1, 1],
        "tasks left in the batch at each question"
    );
}

#[test]
fn explore_stops_at_the_first_seed_that_fails() {
    let runs = Cell::new(0);
    let unlucky = |choices: &mut Choices| {
        runs.set(runs.get() + 1);
        choices.choose(3);
        outcome(choices.choose(10) == 7)
    };
    let (seed, schedule) = explore(0..1000, unlucky).expect("one in ten seeds fails");
    assert_eq!(runs.get(), seed + 1, "runs until seed {seed} fails");
    let mut again = Choices::replaying(&schedule);
    assert!(
        unlucky(&mut again).failure.is_some(),
        "the replay of {schedule}"
    );
    runs.set(0);
    let never = explore(0..50, |_| {
        runs.set(runs.get() + 1);
        outcome(false)
    });
    assert_eq!((never, runs.get()), (None, 50), "50 runs, and none fails");
}

/// Shrinks a schedule, and returns what is left as text.
fn shrunk(text: &str, program: impl Fn(&mut Choices) -> Run) -> String {
    shrink(text.parse().unwrap(), program).to_string()
}

#[test]
fn entries_that_are_not_needed_are_left_out_and_others_are_lowered() {
    let program = |choices: &mut Choices| {
        let all = chosen(choices, &[10; 8]);
        outcome(all[2] >= 3 && all[5] >= 1)
    };
    let small = shrunk("0:4,1:1,2:8,3:2,5:6,7:9", program);
    assert_eq!(
        small, "2:3,5:1",
        "fails if the answer to choice 2 is 3 or more, and that to choice 5 is 1 or more"
    );
}

#[test]
fn a_schedule_of_which_all_is_needed_stays() {
    let runs = Cell::new(0);
    let program = |choices: &mut Choices| {
        runs.set(runs.get() + 1);
        outcome(chosen(choices, &[3; 4]) == [0, 1, 0, 1])
    };
    assert_eq!(
        shrunk("1:1,3:1", program),
        "1:1,3:1",
        "fails with just this"
    );
    let runs = runs.get();
    assert!(
        runs >= 2,
        "{runs} runs: each of the two entries has to be left out once"
    );
}

#[test]
fn what_the_run_never_asks_for_is_not_in_the_schedule() {
    let runs = Cell::new(0);
    let program = |choices: &mut Choices| {
        runs.set(runs.get() + 1);
        let first = choices.choose(4);
        if first < 2 {
            choices.choose(5);
        }
        outcome(first > 0)
    };
    assert_eq!(
        shrunk("0:3,1:4,6:1", program),
        "0:1",
        "fails if the answer to choice 0 is not 0"
    );
    assert_eq!(
        runs.get(),
        6,
        "runs, if `shrink` keeps what was really chosen"
    );
}

/// Two pumps fill a tank. The careless one reads before it yields and writes after.
fn two_pumps(choices: &mut Choices, careless: bool) -> Run {
    let tank = Rc::new(RefCell::new(0));
    let (first, second) = (tank.clone(), tank.clone());
    let mut executor = Executor::default();
    executor.spawn("first", async move {
        let before = *first.borrow();
        yield_now().await;
        let now = *first.borrow();
        *first.borrow_mut() = 100 + if careless { before } else { now };
    });
    executor.spawn("second", async move {
        yield_now().await;
        *second.borrow_mut() += 20;
    });
    let rounds = executor.run(|of| choices.choose(of));
    let litres = *tank.borrow();
    let failure = (litres != 120).then(|| format!("{litres} litres"));
    Run { rounds, failure }
}

#[test]
fn a_lost_update_is_found_and_shrunk_to_one_choice() {
    let careless = |choices: &mut Choices| two_pumps(choices, true);
    let plain = careless(&mut replaying(""));
    assert_eq!(
        plain.to_string(),
        "first second | first second: all is well"
    );
    let (_, schedule) = explore(0..100, careless).expect("half of the orders fail");
    let small = shrink(schedule, careless).to_string();
    assert!(
        ["0:1", "1:1"].contains(&small.as_str()),
        "shrunk to `{small}`, not to one entry"
    );
}

#[test]
fn every_order_of_a_program_is_run_once() {
    let seen = RefCell::new(Vec::new());
    let orders = every(|choices| {
        let mut all = vec![choices.choose(2)];
        if all[0] == 0 {
            all.push(choices.choose(3)); // only then
        }
        all.push(choices.choose(2));
        seen.borrow_mut().push(all);
        outcome(false)
    });
    assert_eq!(orders, Ok(8), "2 times 3 times 2 orders are too many");
    let want = [
        vec![0, 0, 0],
        vec![0, 0, 1],
        vec![0, 1, 0],
        vec![0, 1, 1],
        vec![0, 2, 0],
        vec![0, 2, 1],
        vec![1, 0],
        vec![1, 1],
    ];
    assert_eq!(*seen.borrow(), want, "the answers of each run");
}

#[test]
fn a_program_without_a_choice_has_one_order() {
    assert_eq!(every(|_| outcome(false)), Ok(1), "orders without a choice");
}

#[test]
fn a_small_program_is_right_in_every_order_or_there_is_one_in_which_it_is_not() {
    assert_eq!(
        every(|choices| two_pumps(choices, false)),
        Ok(4),
        "the careful pump"
    );
    let failing = every(|choices| two_pumps(choices, true));
    let want: Schedule = "1:1".parse().unwrap();
    assert_eq!(failing, Err(want), "the careless pump");
}

/// The four tankers of the page. `repaired` always wakes a waiter when a pump is freed.
fn four_tankers(choices: &mut Choices, repaired: bool) -> Run {
    let free = Rc::new(Cell::new(2));
    let waiters = Rc::new(RefCell::new(VecDeque::<LoopFuture<()>>::new()));
    let mut executor = Executor::default();
    for (name, drives, fills) in [("a", 1, 1), ("b", 0, 1), ("c", 0, 3), ("d", 0, 2)] {
        let (free, waiters) = (free.clone(), waiters.clone());
        executor.spawn(name, async move {
            for _ in 0..drives {
                yield_now().await;
            }
            while free.get() == 0 {
                let woken = LoopFuture::default();
                waiters.borrow_mut().push_back(woken.clone());
                let _ = woken.await;
            }
            free.set(free.get() - 1);
            for _ in 0..fills {
                yield_now().await;
            }
            if free.replace(free.get() + 1) == 0 || repaired {
                let longest = waiters.borrow_mut().pop_front();
                if let Some(woken) = longest {
                    woken.set_result(());
                }
            }
        });
    }
    let rounds = executor.run(|of| choices.choose(of));
    let left = executor.left();
    let failure = (!left.is_empty()).then(|| format!("{} waits", left.join(" ")));
    Run { rounds, failure }
}

#[test]
fn the_naive_semaphore_fails_in_some_order_and_the_repaired_one_in_none() {
    let naive = every(|choices| four_tankers(choices, false));
    let failing = naive.expect_err("the naive semaphore fails in 120 of 1,032 orders");
    let run = four_tankers(&mut Choices::replaying(&failing), false);
    assert!(run.failure.is_some(), "{failing} was said to fail: {run}");
    let repaired = every(|choices| four_tankers(choices, true));
    assert_eq!(repaired, Ok(1200), "orders of the repaired semaphore");
}
