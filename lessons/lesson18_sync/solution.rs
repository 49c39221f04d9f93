//! One way to solve the exercises.
//!
//! **`Lock`.** A lock is a flag and a queue of futures. What can go wrong goes wrong between two turns: the lock was
//! handed to a task that has not run yet. Another task can ask for the lock. It must not get it, so the flag stays set.
//! Or the task is cancelled. Then its `.await` raises `Cancelled`, and only the future knows that the lock had arrived:
//! it has a result. So the task looks at the future, and passes the lock on. And a task that was cancelled *before* it
//! was woken has a future in the queue that refuses its result. So `wake_one` tries the next.
//!
//! **`Queue`.** A queue hands nothing over. A task that is woken looks again, in a loop, and may find that another task
//! was faster. This is simpler, because an item needs no owner between two turns. The price is fairness: a task that was
//! overtaken waits again, at the back. A queue can usually afford that, because its consumers are all alike. But no
//! wake-up may be lost. If a woken task is cancelled, its item would lie in the queue while the other tasks sleep.
//!
//! **`pour`.** If each pour first locks the tank that it pours from, all goes well for a long time. In a cycle, each of
//! two pours holds one tank and waits for the other's, and for that they must start at nearly the same time. So the
//! mistake passes most tests, and stops a program after a week. An order that all pours keep makes the cycle impossible,
//! not just rare: the task that holds the highest lock of all waits for nobody. A tank that is poured into itself is a
//! cycle of one. One lock for all tanks also rules out a cycle, and is simpler, but then pours that have no tank in
//! common wait for each other. Begin with one lock, and measure before you use more.

use std::{cell::Cell, cell::RefCell, collections::VecDeque, rc::Rc};

use tminus::LoopFuture;
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson18_sync::{EventLoop, Exception, Kind, Tank, sleep};

#[derive(Default)]
pub struct Waiters(RefCell<VecDeque<LoopFuture<()>>>);

impl Waiters {
    pub async fn wait(&self, pass_on: impl FnOnce()) -> Result<(), Exception> {
        let woken = EventLoop::running()?.create_future();
        self.0.borrow_mut().push_back(woken.clone());
        let outcome = woken.clone().await;
        if outcome.is_err() && !woken.cancelled() {
            pass_on();
        }
        outcome
    }

    pub fn wake_one(&self) -> bool {
        loop {
            let longest = self.0.borrow_mut().pop_front();
            let Some(woken) = longest else {
                return false;
            };
            if woken.set_result(()).is_ok() {
                return true;
            } // refused: its task was cancelled, and no longer waits
        }
    }
}

#[derive(Clone, Default)]
pub struct Lock(Rc<LockState>);

#[derive(Default)]
struct LockState {
    taken: Cell<bool>,
    waiters: Waiters, // there are none while it is free
}

pub struct Guard(Lock);

impl Lock {
    pub async fn acquire(&self) -> Result<Guard, Exception> {
        if self.0.taken.replace(true) {
            self.0.waiters.wait(|| self.release()).await?;
        }
        Ok(Guard(self.clone()))
    }

    fn release(&self) {
        let handed_over = self.0.waiters.wake_one(); // then it stays taken
        self.0.taken.set(handed_over);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.release();
    }
}

pub struct Queue<T> {
    maxsize: usize,
    items: RefCell<VecDeque<T>>,
    getters: Waiters, // tasks that wait for an item
    putters: Waiters, // tasks that wait for room
    shut_down: Cell<bool>,
}

impl<T> Queue<T> {
    pub fn new(maxsize: usize) -> Self {
        Self {
            maxsize,
            items: RefCell::default(),
            getters: Waiters::default(),
            putters: Waiters::default(),
            shut_down: Cell::new(false),
        }
    }

    pub async fn put(&self, item: T) -> Result<(), Exception> {
        while self.items.borrow().len() >= self.maxsize && !self.shut_down.get() {
            let pass_on = || _ = self.putters.wake_one();
            self.putters.wait(pass_on).await?;
        }
        if self.shut_down.get() {
            return Err(Kind::QueueShutDown.into());
        }
        self.items.borrow_mut().push_back(item);
        self.getters.wake_one();
        Ok(())
    }

    pub async fn get(&self) -> Result<T, Exception> {
        loop {
            let oldest = self.items.borrow_mut().pop_front();
            if let Some(item) = oldest {
                self.putters.wake_one();
                return Ok(item);
            }
            if self.shut_down.get() {
                return Err(Kind::QueueShutDown.into());
            }
            let pass_on = || _ = self.getters.wake_one();
            self.getters.wait(pass_on).await?;
        }
    }

    pub fn shutdown(&self) {
        self.shut_down.set(true);
        while self.getters.wake_one() {}
        while self.putters.wake_one() {}
    }
}

pub async fn pour(tanks: Rc<[Tank]>, from: usize, to: usize, litres: i32) -> Result<(), Exception> {
    let (lower, higher) = (from.min(to), from.max(to));
    let _lower = tanks[lower].lock.acquire().await?;
    let _higher = match lower == higher {
        true => None,
        false => Some(tanks[higher].lock.acquire().await?),
    };
    sleep(ms(10)).await?;
    tanks[from].litres.set(tanks[from].litres() - litres);
    tanks[to].litres.set(tanks[to].litres() + litres);
    Ok(())
}
