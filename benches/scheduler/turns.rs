//! A turn: the task at the front of the queue runs to its next `yield`, and goes to the back.

use std::{collections::VecDeque, mem::ManuallyDrop};

use ::tminus::TaskScheduler;
use tminus_benches::{Comparison, Contender, take_digest};

use crate::contenders::{
    GENAWAITER, GENAWAITER_BOXED, HAND_WRITTEN, Queue, TMINUS, TMINUS_GENERATORS, Task, genawaiter,
    hand_written, tminus,
};

/// How the tasks stand in the queue.
#[derive(Clone, Copy)]
pub enum Order {
    /// In the order of their creation: the tasks are adjacent in memory.
    AsMade,
    /// Each is a cache miss, if there are enough of them.
    Scattered,
}

pub fn comparison(order: Order, tasks: u64, turns: u64) -> Comparison {
    let (name, title) = match order {
        Order::AsMade => ("turns", ""),
        Order::Scattered => ("scattered", ", scattered in memory"),
    };
    Comparison {
        name: format!("{name}-{tasks}"),
        title: format!("A turn, {tasks} tasks{title} (target: 1.5 × genawaiter, 130 instructions)"),
        unit: "turn",
        units_per_run: 1,
        runs: turns,
        baseline: GENAWAITER,
        contenders: vec![
            takes_turns::<_, VecDeque<_>>(HAND_WRITTEN, order, tasks, hand_written::counter),
            takes_turns::<_, VecDeque<_>>(GENAWAITER, order, tasks, genawaiter::counter),
            takes_turns::<_, VecDeque<_>>(
                GENAWAITER_BOXED,
                order,
                tasks,
                genawaiter::boxed_counter,
            ),
            takes_turns::<_, VecDeque<_>>(TMINUS_GENERATORS, order, tasks, tminus::counter),
            takes_turns::<_, TaskScheduler>(TMINUS, order, tasks, tminus::counter),
        ],
    }
}

fn takes_turns<T: Task, Q: Queue<T> + 'static>(
    name: &str,
    order: Order,
    tasks: u64,
    make: impl Fn() -> T + 'static,
) -> Contender {
    Contender::new(name, move || {
        let mut queue = Q::default();
        match order {
            Order::AsMade => (0..tasks).for_each(|_| queue.spawn(make())),
            Order::Scattered => scatter(&mut queue, tasks, &make),
        }
        // They start in their first turn, which is not what is measured.
        (0..tasks).for_each(|_| queue.turn());
        take_digest();
        // Its end is no turn, and takes long where a million tasks have to be closed.
        let mut queue = ManuallyDrop::new(queue);
        move |runs| {
            (0..runs).for_each(|_| queue.turn());
            take_digest()
        }
    })
}

/// Puts the tasks into the queue in large steps. They have started, so that what they allocate then does not lie in the
/// order of the queue.
fn scatter<T: Task>(queue: &mut impl Queue<T>, tasks: u64, make: impl Fn() -> T) {
    const STRIDE: u64 = 514_229; // a prime that does not divide the number of tasks
    let mut made: Vec<Option<T>> = (0..tasks)
        .map(|_| {
            let mut task = make();
            assert!(task.resume(), "tasks never end");
            Some(task)
        })
        .collect();
    for i in 0..tasks {
        let task = made[(i * STRIDE % tasks) as usize].take();
        queue.spawn(task.expect("each of them is reached once"));
    }
}
