use genawaiter::{
    GeneratorState::Yielded,
    rc::{Co, Gen},
};
use tminus_lessons::lesson03_send::{
    Exception::{StopIteration, TypeError},
    Generator, interview, line_splitter, receiver,
};

use crate::programs::{demo, recorded};

#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson03");
    let ours = ours.lines().skip(8); // the first section is not Python's
    let ours: Vec<&str> = ours.filter(|line| !line.starts_with("== ")).collect();
    let first_half: String = recorded("35_coroutine_decorator")
        .split_inclusive('\n')
        .take(3) // lesson 4 has all of it
        .collect();
    let theirs = recorded("34_receiver") + &first_half + &recorded("36_line_splitter");
    let theirs = theirs.replace('\'', "\""); // how a list shows its texts
    assert_eq!(ours, theirs.lines().collect::<Vec<_>>());
}

#[test]
fn the_first_message_is_lost_in_the_airlock() {
    let mut total = Gen::new(async |co: Co<u32, u32>| {
        let mut total = 0;
        loop {
            total += co.yield_(total).await;
        }
    });
    assert!(matches!(total.resume_with(100), Yielded(0)));
    assert!(matches!(total.resume_with(3), Yielded(3)));
}

#[test]
fn a_refused_send_runs_nothing() {
    let mut idle: Generator<(), &str> = Generator::new(async |_| panic!("it ran"));
    let refused = "can't send non-None value to a just-started generator";
    assert_eq!(idle.send("early"), Err(TypeError(refused)));
    assert_eq!(idle.close(), Ok(()));
    assert_eq!(idle.send("late"), Err(StopIteration));
}

#[test]
fn a_for_loop_sends_the_default() {
    let mut heard = Generator::new(async |co| {
        let mut last = "nothing yet";
        loop {
            last = co.yield_(last).await?;
        }
    });
    assert!(
        heard
            .by_ref()
            .take(3)
            .eq([Ok("nothing yet"), Ok(""), Ok("")])
    );
    assert_eq!(receiver().take(2).count(), 2);
}

#[test]
fn a_generator_is_started_once() {
    let twice = Err(TypeError("can't start a generator twice"));
    let s = line_splitter(',').primed().expect("it yields");
    assert_eq!(s.primed().map(|_| ()), twice);
    let mut r = receiver().primed().expect("it yields");
    assert_eq!(r.start(), twice);
    assert_eq!(r.send("still there"), Ok(()));
}

#[test]
fn a_closed_generator_answers_all_three_with_stop_iteration() {
    let mut ada = interview().primed().expect("it yields");
    assert_eq!(ada.send("Ada"), Ok("your colour?"));
    assert_eq!(ada.send("blue"), Err(StopIteration));
    assert_eq!(ada.start(), Err(StopIteration));
    assert_eq!(ada.send("Bob"), Err(StopIteration));
    assert_eq!(ada.resume(), Err(StopIteration));
}
