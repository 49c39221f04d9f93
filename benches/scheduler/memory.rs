//! Heap memory: of a task, of a turn, and over ten million turns.

use std::collections::VecDeque;

use ::tminus::TaskScheduler;
use tminus_benches::{Table, heap};

use crate::contenders::{
    GENAWAITER, GENAWAITER_BOXED, HAND_WRITTEN, Queue, TMINUS, TMINUS_GENERATORS, Task, genawaiter,
    hand_written, tminus,
};

/// A power of two, so that every queue is full.
const TASKS: u64 = 1 << 10;

/// The points of the curve, in millions of turns.
const LOOKS: [u64; 4] = [1, 2, 5, 10];

pub fn per_task() -> Table {
    let columns = [
        "",
        "bytes per task",
        "of these in the queue",
        "allocations",
        "allocations per turn",
    ];
    let title = "Heap memory (target: no allocation per turn)";
    let mut table = Table::new(title, &columns);
    task::<_, VecDeque<_>>(&mut table, HAND_WRITTEN, hand_written::counter);
    task::<_, VecDeque<_>>(&mut table, GENAWAITER, genawaiter::counter);
    task::<_, VecDeque<_>>(&mut table, GENAWAITER_BOXED, genawaiter::boxed_counter);
    task::<_, VecDeque<_>>(&mut table, TMINUS_GENERATORS, tminus::counter);
    task::<_, TaskScheduler>(&mut table, TMINUS, tminus::counter);
    table
}

fn task<T: Task, Q: Queue<T>>(table: &mut Table, name: &str, make: impl Fn() -> T) {
    let (alone, _) = heap(|| {
        let mut task = make();
        task.resume();
        task
    });
    let (all, mut queue) = heap(|| started::<T, Q>(&make));
    let all = all / TASKS as f64;
    let (turns, ()) = heap(|| (0..TASKS).for_each(|_| queue.turn()));
    table.row(
        name,
        [
            format!("{:.0}", all.bytes),
            format!("{:.0}", all.bytes - alone.bytes),
            format!("{:.0}", alone.allocations),
            format!("{:.2}", turns.allocations / TASKS as f64),
        ],
    );
}

pub fn curve() -> Table {
    let columns = LOOKS.map(|turns| format!("{turns} million"));
    let columns: Vec<&str> = [""]
        .into_iter()
        .chain(columns.iter().map(String::as_str))
        .collect();
    let title = format!("Heap bytes of {TASKS} tasks after a number of turns (target: flat)");
    let mut table = Table::new(&title, &columns);
    looks::<_, VecDeque<_>>(&mut table, GENAWAITER, genawaiter::counter);
    looks::<_, TaskScheduler>(&mut table, TMINUS, tminus::counter);
    table
}

fn looks<T: Task, Q: Queue<T>>(table: &mut Table, name: &str, make: impl Fn() -> T) {
    let (mut taken, mut queue) = heap(|| started::<T, Q>(&make));
    let mut made = 0;
    let looks = LOOKS.map(|millions| {
        let turns = millions * 1_000_000;
        let (more, ()) = heap(|| (made..turns).for_each(|_| queue.turn()));
        made = turns;
        taken.bytes += more.bytes;
        format!("{:.0}", taken.bytes)
    });
    table.row(name, looks);
}

fn started<T: Task, Q: Queue<T>>(make: impl Fn() -> T) -> Q {
    let mut queue = Q::default();
    (0..TASKS).for_each(|_| queue.spawn(make()));
    (0..TASKS).for_each(|_| queue.turn());
    queue
}
