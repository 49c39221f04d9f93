//! Four tankers at two pumps. The pumps are the permits of a naive semaphore.

use std::{cell::Cell, cell::RefCell, collections::VecDeque, rc::Rc};

use super::{Choices, Executor, LoopFuture, Run, yield_now};

/// A semaphore with two permits, as one writes it first.
pub struct Semaphore {
    free: Cell<usize>,
    waiters: RefCell<VecDeque<LoopFuture<()>>>,
}

impl Semaphore {
    /// Creates a semaphore with this number of free permits.
    pub fn new(permits: usize) -> Self {
        Self {
            free: Cell::new(permits),
            waiters: RefCell::default(),
        }
    }

    /// Takes a permit. If none is free, waits until one is.
    pub async fn acquire(&self) {
        while self.free.get() == 0 {
            let woken = LoopFuture::default();
            self.waiters.borrow_mut().push_back(woken.clone());
            let _ = woken.await;
        }
        self.free.set(self.free.get() - 1);
    }

    /// Frees a permit.
    pub fn release(&self) {
        let before = self.free.replace(self.free.get() + 1);
        if before == 0 {
            self.wake_one(); // nobody waits while a permit is free
        }
    }

    fn wake_one(&self) {
        let longest = self.waiters.borrow_mut().pop_front();
        if let Some(woken) = longest {
            woken.set_result(());
        }
    }
}

/// Drives for some turns, takes a permit, and holds it for some turns.
pub async fn tanker(pumps: Rc<Semaphore>, drives: usize, fills: usize) {
    for _ in 0..drives {
        yield_now().await;
    }
    pumps.acquire().await;
    for _ in 0..fills {
        yield_now().await;
    }
    pumps.release();
}

/// Runs four tankers. All of them should be filled at the end.
pub fn four_tankers(choices: &mut Choices) -> Run {
    let pumps = Rc::new(Semaphore::new(2));
    let mut executor = Executor::default();
    executor.spawn("a", tanker(pumps.clone(), 1, 1));
    executor.spawn("b", tanker(pumps.clone(), 0, 1));
    executor.spawn("c", tanker(pumps.clone(), 0, 3));
    executor.spawn("d", tanker(pumps.clone(), 0, 2));
    let rounds = executor.run(|of| choices.choose(of));
    let (left, free) = (executor.left().join(" "), pumps.free.get());
    let failure = (!left.is_empty()).then(|| format!("{left} waits, and {free} pumps are free"));
    Run { rounds, failure }
}
