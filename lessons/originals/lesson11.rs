//! Your turn. Everything here compiles, and is wrong.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use indexmap::IndexMap;

use tminus_lessons::lesson11_timers::{
    Clock, Coroutine, Exception, Generator, Step, Turn, Wait, YieldFrom, sleep,
};

/// Exercise 1: values with deadlines. Equal deadlines come in the order in which they were set.
pub struct Timers<T> {
    next_number: u64,
    heap: BinaryHeap<Reverse<(Duration, u64)>>, // deadline and sequence number; the least is on top
    values: BTreeMap<u64, T>,                   // by sequence number
}

impl<T> Timers<T> {
    /// Creates a heap without timers.
    pub fn new() -> Self {
        Self {
            next_number: 0,
            heap: BinaryHeap::new(),
            values: BTreeMap::new(),
        }
    }

    /// Keeps `value` until `deadline`.
    pub fn set(&mut self, _deadline: Duration, _value: T) {
        // Write the whole method. This one drops the value. Step 2 of the page shows what gets lost without numbers.
    }

    /// Returns the first deadline.
    pub fn first_deadline(&self) -> Option<Duration> {
        // Write the whole method.
        None
    }

    /// Takes the first value whose deadline has come. Returns `None` if there is none.
    pub fn take_due(&mut self, _now: Duration) -> Option<T> {
        // Write the whole method.
        None
    }
}

/// Exercise 1: tasks that take turns, and can sleep in between.
pub struct Scheduler<R = ()> {
    clock: Clock,
    next_id: u32,
    ready: VecDeque<(u32, Coroutine<R>)>,
    timers: Timers<(u32, Coroutine<R>)>,
    /// The results by id, in the order of completion.
    pub results: IndexMap<u32, R>,
    /// The exceptions by id, in the order of failure.
    pub errors: IndexMap<u32, Exception>,
}

impl<R> Scheduler<R> {
    /// Creates a scheduler without tasks, which waits by this clock.
    pub fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            next_id: 0,
            ready: VecDeque::new(),
            timers: Timers::new(),
            results: IndexMap::new(),
            errors: IndexMap::new(),
        }
    }

    /// Puts a task at the back of the ready queue, and returns its id.
    pub fn add(&mut self, coroutine: Coroutine<R>) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        self.ready.push_back((id, coroutine));
        id
    }

    /// Resumes the next task that is ready, and keeps what came of it. Returns `None` if there is no task.
    pub fn turn(&mut self) -> Option<Turn> {
        let (id, mut coroutine) = self.next_ready()?;
        Some(match coroutine.resume() {
            Ok(Step::Yielded(Wait::Turn)) => {
                self.ready.push_back((id, coroutine));
                Turn::Yielded(id)
            }
            Ok(Step::Yielded(Wait::For(_delay))) => {
                // Set a timer for the task. This sleeper is ready again at once, as if no time were to pass.
                self.ready.push_back((id, coroutine));
                Turn::Yielded(id)
            }
            Ok(Step::Returned(result)) => {
                self.results.insert(id, result);
                Turn::Returned(id)
            }
            Err(exception) => {
                self.errors.insert(id, exception);
                Turn::Failed(id)
            }
        })
    }

    /// Takes the task at the front of the ready queue. If all tasks sleep, waits for the first deadline.
    fn next_ready(&mut self) -> Option<(u32, Coroutine<R>)> {
        // Wait if you have to, and wake the tasks that are due. Step 3 says when to do which.
        self.ready.pop_front()
    }
}

/// Exercise 2: calls `action` `times` times, immediately in its first turn, and then every `period` from that time on,
/// however long the action takes.
///
/// If the time for a call is past, `every` yields once and then makes the call, until it has caught up. It is over when
/// the last action is.
pub fn every(
    clock: &Clock,
    period: Duration,
    times: u32,
    mut action: impl FnMut() + 'static,
) -> Coroutine {
    let clock = clock.clone();
    Generator::new(async move |co| {
        // This waits from the end of each action, and so it falls behind.
        for _ in 0..times {
            action();
            let deadline = clock.now() + period;
            co.yield_from(sleep(deadline - clock.now())).await?;
        }
        Ok(())
    })
}
