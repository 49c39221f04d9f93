//! Programs with locks, permits, queues, conditions, task groups, timeouts and streams, as users write them: with guards.
//!
//! None of them leaves a task, whoever is cancelled: what a task waits for is brought about by others in any case.

mod limits;
mod owners;
mod queues;
mod streams;

use std::{cell::Cell, pin::Pin, rc::Rc, time::Duration};

use tminus::{
    EventLoop, Exception, Kind, Task, clock::VirtualClock, simulation::Simulation, spawn_named,
};

use crate::{moments::Moments, quiet::run_until_quiet, tally::Tally};

/// What a program consists of: its main task, and what has to be true at its end.
pub struct Program {
    pub main: Pin<Box<dyn Future<Output = Result<(), Exception>>>>,
    pub check: Box<dyn FnOnce()>,
}

impl Program {
    pub fn new(
        main: impl Future<Output = Result<(), Exception>> + 'static,
        check: impl FnOnce() + 'static,
    ) -> Self {
        Self {
            main: Box::pin(main),
            check: Box::new(check),
        }
    }
}

/// Runs the program with each possible cancellation.
pub fn cancel_everywhere(name: &str, program: fn(&Moments) -> Program) {
    let mut tally = Tally::default();
    tally.cancel_everywhere(name, |moments| {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let Program { main, check } = program(moments);
        let main = event_loop.create_named_task("main", moments.turns_of(main));
        let ended = event_loop.run_until_complete(main.unwrap());
        if moments.is_undisturbed() {
            ended.unwrap();
        }
        let left = run_until_quiet(&event_loop);
        assert_eq!(left.stuck, []);
        check();
        event_loop.close().unwrap();
    });
    tally.check(name);
}

/// Likewise on a simulated network, whose latency is 0.
pub fn cancel_everywhere_with_a_network(name: &str, program: fn(&Moments) -> Program) {
    let mut tally = Tally::default();
    tally.cancel_everywhere(name, |moments| {
        let Program { main, check } = program(moments);
        let plain = "".parse().expect("a schedule without a choice");
        let simulation = Simulation::replay(plain).latency(Duration::ZERO..Duration::ZERO);
        let (ended, _) = simulation.run(moments.turns_of(main));
        if let Err(error) = ended {
            assert!(!moments.is_undisturbed(), "{error:?}");
            assert_eq!(error.kind(), Kind::Cancelled, "{error:?}");
        }
        check();
    });
    tally.check(name);
}

/// Spawns tasks whose turns are watched.
#[derive(Clone)]
pub struct Spawner(Moments);

impl Spawner {
    pub fn new(moments: &Moments) -> Self {
        Self(moments.clone())
    }

    pub fn spawn<T: 'static>(
        &self,
        body: impl Future<Output = Result<T, Exception>> + 'static,
    ) -> Task<T> {
        spawn_named("spawned", self.0.turns_of(body)).expect("a loop is running")
    }

    /// Several tasks, of which each has a number.
    pub fn spawn_each<T: 'static, F>(&self, count: u64, body: impl Fn(u64) -> F) -> Vec<Task<T>>
    where
        F: Future<Output = Result<T, Exception>> + 'static,
    {
        (0..count).map(|number| self.spawn(body(number))).collect()
    }
}

/// How many tasks are somewhere. There may be a most.
#[derive(Clone)]
pub struct Inside {
    count: Rc<Cell<usize>>,
    most: usize,
}

impl Inside {
    pub fn at_most(most: usize) -> Self {
        let count = Rc::default();
        Self { count, most }
    }

    pub fn enter(&self) -> impl Drop + use<> {
        self.enter_as(1)
    }

    pub fn enter_as(&self, many: usize) -> impl Drop + use<> {
        self.count.set(self.count.get() + many);
        assert!(self.count.get() <= self.most, "too many at a time");
        Leaves(self.count.clone(), many)
    }

    pub fn len(&self) -> usize {
        self.count.get()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

struct Leaves(Rc<Cell<usize>>, usize);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.set(self.0.get() - self.1);
    }
}

pub const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}
