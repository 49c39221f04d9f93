//! One way to solve the exercises.
//!
//! **`Scheduler`.** Each task is in one of two places: the ready queue, or the timers. A sleeper costs nothing: no turn,
//! no look at the clock, only an entry in a heap. In return, `next_ready` looks in each turn for tasks that are due. The
//! order of its three steps is the whole art. Wait first, and only if the queue is empty: then nothing can happen before
//! the first deadline. Then wake, in any case, because turns take time, too. Then take the front. That is not the task
//! that was just woken, if others were ready before it.
//!
//! The number in a timer does two jobs. It decides between equal deadlines, so that a run does not depend on the inside
//! of a heap. And the value is found by it, because a heap compares its entries, and tasks cannot be compared.
//!
//! **`every`.** A sleep says how long, and a beat says when. So each deadline is worked out from the one before, and
//! never from the clock: then the time that an action takes is not added to it. The clock is only read to find out how
//! much of the time is left. That may be nothing, and then `saturating_sub` returns zero: the task yields once, and there
//! is no error. `tokio::time::interval` also bursts when it is late, unless it is told to skip.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use indexmap::IndexMap;

use tminus_lessons::lesson11_timers::{
    Clock, Coroutine, Exception, Generator, Step, Turn, Wait, YieldFrom, sleep,
};

/// Values with deadlines. Equal deadlines come in the order in which they were set.
pub struct Timers<T> {
    next_number: u64,
    heap: BinaryHeap<Reverse<(Duration, u64)>>, // deadline and sequence number; the least is on top
    values: BTreeMap<u64, T>,                   // by sequence number
}

impl<T> Timers<T> {
    pub fn new() -> Self {
        Self {
            next_number: 0,
            heap: BinaryHeap::new(),
            values: BTreeMap::new(),
        }
    }

    pub fn set(&mut self, deadline: Duration, value: T) {
        let number = self.next_number;
        self.next_number += 1;
        self.heap.push(Reverse((deadline, number)));
        self.values.insert(number, value);
    }

    pub fn first_deadline(&self) -> Option<Duration> {
        let Reverse((deadline, _)) = self.heap.peek()?;
        Some(*deadline)
    }

    pub fn take_due(&mut self, now: Duration) -> Option<T> {
        if self.first_deadline()? > now {
            return None;
        }
        let Reverse((_, number)) = self.heap.pop()?;
        self.values.remove(&number)
    }
}

/// Tasks that take turns, and can sleep in between.
pub struct Scheduler<R = ()> {
    clock: Clock,
    next_id: u32,
    ready: VecDeque<(u32, Coroutine<R>)>,
    timers: Timers<(u32, Coroutine<R>)>,
    pub results: IndexMap<u32, R>,
    pub errors: IndexMap<u32, Exception>,
}

impl<R> Scheduler<R> {
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

    pub fn add(&mut self, coroutine: Coroutine<R>) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        self.ready.push_back((id, coroutine));
        id
    }

    pub fn turn(&mut self) -> Option<Turn> {
        let (id, mut coroutine) = self.next_ready()?;
        Some(match coroutine.resume() {
            Ok(Step::Yielded(Wait::Turn)) => {
                self.ready.push_back((id, coroutine));
                Turn::Yielded(id)
            }
            Ok(Step::Yielded(Wait::For(delay))) => {
                let deadline = self.clock.now().saturating_add(delay);
                self.timers.set(deadline, (id, coroutine));
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
        if self.ready.is_empty() {
            self.clock.wait_until(self.timers.first_deadline()?);
        }
        let now = self.clock.now();
        while let Some(task) = self.timers.take_due(now) {
            self.ready.push_back(task);
        }
        self.ready.pop_front()
    }
}

/// Calls `action` `times` times, and keeps the beat.
pub fn every(
    clock: &Clock,
    period: Duration,
    times: u32,
    mut action: impl FnMut() + 'static,
) -> Coroutine {
    let clock = clock.clone();
    Generator::new(async move |co| {
        let mut deadline = clock.now();
        for n in 0..times {
            if n > 0 {
                deadline += period;
                co.yield_from(sleep(deadline.saturating_sub(clock.now())))
                    .await?;
            }
            action();
        }
        Ok(())
    })
}
