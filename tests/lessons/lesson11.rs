use tminus::lessons::lesson11_timers::programs::{countdown, ms, timer};
use tminus::lessons::lesson11_timers::{
    Clock, Coroutine, Generator, LEGEND, Lanes, Scheduler, Wait, sleep,
};

use crate::programs::{demo, recorded};

#[test]
fn the_timer_prints_what_cpython_printed() {
    let ours = demo("lesson11");
    let ours: Vec<&str> = ours.lines().take(2).collect(); // the first of three programs
    let theirs = recorded("54_timer_message");
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(ours, theirs);
}

/// What program 49 prints here, without the drawing.
fn primes_and_ticks() -> Vec<String> {
    let ours = demo("lesson11");
    let ours = ours.lines().skip_while(|line| !line.starts_with("Found"));
    ours.take_while(|line| !line.ends_with("turns"))
        .map(str::to_owned)
        .collect()
}

/// Each task says what it said under CPython. But `message` busy-waits there, which takes turns, and turns take time. So
/// the others come further here while it sleeps: its lines stand between other lines of theirs.
#[test]
fn the_tasks_of_program_49_print_what_they_printed_under_cpython() {
    fn said_by(is_its_own: fn(&str) -> bool, lines: &[String]) -> Vec<&str> {
        let lines = lines.iter().map(String::as_str);
        lines.filter(|line| is_its_own(line)).collect()
    }
    let is_of_message = |line: &str| line == "tick" || line.starts_with("task 1");
    let is_of_others = |line: &str| !(line == "tick" || line.starts_with("task 1"));
    let ours = primes_and_ticks();
    let theirs: Vec<String> = recorded("49_async_sleep_scheduler")
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        said_by(is_of_message, &ours),
        said_by(is_of_message, &theirs)
    );
    assert_eq!(said_by(is_of_others, &ours), said_by(is_of_others, &theirs));
}

#[test]
fn the_message_takes_4_of_46_turns_where_it_took_25_of_67() {
    let drawn = demo("lesson11");
    let turns = |name: &str| {
        let lane = drawn.lines().find(|line| line.starts_with(name));
        lane.expect("the lane is drawn").matches(['#', 'x']).count()
    };
    assert!(drawn.contains("\n46 turns\n"));
    assert_eq!(
        [turns("matches "), turns("message "), turns("search ")],
        [27, 4, 15]
    );
}

#[test]
fn the_lanes_of_two_countdowns() {
    let drawn = demo("lesson11");
    let start = drawn.find("ms ").expect("a drawing is there");
    let lanes: Vec<&str> = drawn[start..].lines().take(4).collect();
    assert_eq!(
        lanes,
        [
            "ms     0   200  300  400  600  800  900  1000",
            "five   #-  #    -    #    -#   #    -    x",
            "three  .#  -    #    -    #-   -    x",
            LEGEND,
        ]
    );
}

/// `n` tasks that sleep for a second, and how many turns they take.
fn turns_of(n: usize, sleep: fn(&Clock) -> Coroutine) -> usize {
    let clock = Clock::virtual_time();
    let mut scheduler = Scheduler::new(&clock);
    for _ in 0..n {
        scheduler.add(sleep(&clock));
    }
    std::iter::from_fn(|| scheduler.turn()).count()
}

#[test]
fn a_thousand_sleepers_take_two_turns_each() {
    assert_eq!(turns_of(1000, |_| sleep(ms(1000))), 2000);
}

/// The `async_sleep` of lesson 10, with a look at the clock that takes a millisecond.
fn busy_sleep(clock: &Clock) -> Coroutine {
    let clock = clock.clone();
    Generator::new(async move |co| {
        let deadline = clock.now() + ms(1000);
        while clock.now() < deadline {
            clock.wait_until(clock.now() + ms(1));
            co.yield_(Wait::Turn).await?;
        }
        Ok(())
    })
}

#[test]
fn one_busy_waiter_takes_a_thousand_turns() {
    assert_eq!(turns_of(1, busy_sleep), 1001);
}

#[test]
fn a_task_that_blocks_makes_a_sleeper_late_and_never_early() {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let mut scheduler = Scheduler::new(&clock);
    scheduler.add(lanes.watch("sleeper", sleep(ms(10))));
    scheduler.add(lanes.watch("blocker", {
        let clock = clock.clone();
        Generator::new(async move |co| {
            co.yield_(Wait::Turn).await?;
            clock.wait_until(ms(25)); // Python's `time.sleep`
            Ok(())
        })
    }));
    scheduler.run();
    assert_eq!(clock.now(), ms(25));
    assert_eq!(lanes.draw(), "ms       0\nsleeper  #--x\nblocker  .#x\n");
}

#[test]
fn a_task_that_is_dropped_asleep_is_closed() {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let mut scheduler = Scheduler::new(&clock);
    scheduler.add(lanes.watch("two", countdown("two", 2, ms(100))));
    scheduler.add(lanes.watch("timer", timer(50, || panic!("nobody is left to call back"))));
    scheduler.turn();
    scheduler.turn();
    drop(scheduler);
    assert_eq!(lanes.draw(), "ms     0\ntwo    #-x\ntimer  .#-x\n");
}
