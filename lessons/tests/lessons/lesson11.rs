use std::cell::Cell;
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use tminus_lessons::lesson11_timers::programs::{countdown, ms, timer};
use tminus_lessons::lesson11_timers::{
    Clock, Coroutine, Generator, LEGEND, Lanes, Scheduler, Step, Wait, sleep,
};

use crate::programs::{demo, recorded};

#[test]
fn the_timer_prints_what_cpython_printed() {
    let ours = demo("lesson11");
    let ours = ours.lines().skip_while(|line| *line != "== a timer");
    let ours: Vec<&str> = ours.skip(1).take(2).collect();
    let theirs = recorded("54_timer_message");
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(ours, theirs);
}

/// What the primes and ticks print here, without the drawing.
fn primes_and_ticks() -> Vec<String> {
    let ours = demo("lesson11");
    let ours = ours.lines().skip_while(|line| !line.starts_with("Found"));
    ours.take_while(|line| !line.ends_with("turns"))
        .map(str::to_owned)
        .collect()
}

/// Each task prints what it printed under CPython. But there `message` waits busily, and its turns take time. Here the
/// others get further while it sleeps, so its lines stand between other lines of theirs.
#[test]
fn the_primes_and_ticks_print_what_they_printed_under_cpython() {
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

/// Among the primes and ticks, a column is a millisecond, up to the first gap.
#[test]
fn the_second_tick_is_due_at_22_and_comes_at_24() {
    let drawn = demo("lesson11");
    let columns = |name: &str| -> Vec<usize> {
        let lane = drawn.lines().find(|line| line.starts_with(name));
        let lane = &lane.expect("the lane is drawn")["matches  ".len()..];
        let turns = lane.match_indices(['#', 'x']);
        turns.map(|(column, _)| column).collect()
    };
    let message = columns("message ");
    assert_eq!(message[0], 1); // until 2, and 20 later it is 22
    assert_eq!(message[1], 24); // until 25, and 20 later it is 45
    assert_eq!(columns("matches ").last(), Some(&43)); // until 44
}

/// A deadline that counts how often deadlines are compared.
#[derive(Clone, PartialEq, Eq)]
struct Counting(u64);

thread_local! {
    static COMPARISONS: Cell<u32> = const { Cell::new(0) };
}

impl Ord for Counting {
    fn cmp(&self, other: &Self) -> Ordering {
        COMPARISONS.set(COMPARISONS.get() + 1);
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Counting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[test]
fn a_thousand_timers_take_half_a_million_looks_in_a_list_and_few_comparisons_in_a_heap() {
    assert_eq!((1..=1000).sum::<u32>(), 500_500);
    let mut timers = BinaryHeap::new();
    for i in 0..1000 {
        timers.push(Reverse(Counting(i * 7919 % 1000))); // each number below 1,000, mixed up
    }
    let due: Vec<u64> = std::iter::from_fn(|| timers.pop())
        .map(|Reverse(Counting(deadline))| deadline)
        .collect();
    assert!(due.into_iter().eq(0..1000));
    let comparisons = COMPARISONS.get();
    assert!(comparisons < 20_000, "{comparisons} comparisons");
}

/// The turns of two sleepers, if `is_due` compares their deadlines with the time.
fn lanes_if(is_due: fn(&Duration, &Duration) -> bool) -> String {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let mut ready = VecDeque::from([
        lanes.watch("ten", sleep(ms(10))),
        lanes.watch("twenty", sleep(ms(20))),
    ]);
    let mut timers: BTreeMap<Duration, Coroutine> = BTreeMap::new();
    loop {
        if ready.is_empty()
            && let Some((deadline, _)) = timers.first_key_value()
        {
            clock.wait_until(*deadline);
        }
        while let Some(first) = timers.first_entry()
            && is_due(first.key(), &clock.now())
        {
            ready.push_back(first.remove());
        }
        let Some(mut task) = ready.pop_front() else {
            return lanes.draw();
        };
        if let Step::Yielded(Wait::For(delay)) = task.resume().unwrap() {
            timers.insert(clock.now() + delay, task);
        }
    }
}

#[test]
fn a_virtual_clock_shows_the_deadline_itself_so_less_is_not_enough() {
    assert_eq!(
        lanes_if(Duration::le),
        "ms      0   10  20\nten     #-  x\ntwenty  .#  -   x\n"
    );
    assert_eq!(
        lanes_if(Duration::lt),
        "ms      0\nten     #-\ntwenty  .#\n"
    );
}

/// The number of turns that `n` tasks take which sleep for a second.
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

#[test]
fn equal_deadlines_overtake_each_other_in_asyncio() {
    let called = recorded("lesson11_equal");
    assert_eq!(called, "first third second fourth fifth\n");
}
