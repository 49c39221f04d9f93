#![doc = include_str!("README.md")]

use std::{cell::Cell, cell::RefCell, collections::VecDeque, rc::Rc};

use tminus::LoopFuture;

pub use tminus::{EventLoop, Exception, Kind, gather, sleep};
pub use tminus_lessons::lesson15_async_await::watch;
pub use tminus_lessons::lesson17_many::run_virtual;

pub mod forks;
pub mod launch;
pub mod programs;
pub mod pump;
mod signals;
mod tank;

pub use signals::{Condition, Event};
pub use tank::{Gauge, Tank};

/// The tasks that wait for the same thing. The one that has waited longest is at the front.
#[derive(Default)]
pub struct Waiters(RefCell<VecDeque<LoopFuture<()>>>);

impl Waiters {
    /// Suspends the task until another task wakes it. A woken task that is cancelled before its next turn calls
    /// `pass_on`, because the lock or the item is now for the next waiter. Then `wait` raises `Cancelled`.
    pub async fn wait(&self, pass_on: impl FnOnce()) -> Result<(), Exception> {
        let woken = EventLoop::running()?.create_future();
        self.0.borrow_mut().push_back(woken.clone());
        let outcome = woken.clone().await;
        if outcome.is_err() && !woken.cancelled() {
            pass_on();
        }
        outcome
    }

    /// Wakes the task that has waited longest. Returns `false` if no task waits.
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

/// A lock that one task holds at a time. Clones are handles to the same lock.
#[derive(Clone, Default)]
pub struct Lock(Rc<LockState>);

#[derive(Default)]
struct LockState {
    taken: Cell<bool>,
    waiters: Waiters, // there are none while it is free
}

/// Releases its lock when it is dropped.
pub struct Guard(Lock);

impl Lock {
    /// Acquires the lock, after all tasks that already wait for it.
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

/// A queue with room for `maxsize` items. Tasks share it in an `Rc`.
pub struct Queue<T> {
    maxsize: usize,
    items: RefCell<VecDeque<T>>,
    getters: Waiters, // tasks that wait for an item
    putters: Waiters, // tasks that wait for room
    shut_down: Cell<bool>,
}

impl<T> Queue<T> {
    /// Creates a queue that holds at most `maxsize` items.
    pub fn new(maxsize: usize) -> Self {
        Self {
            maxsize,
            items: RefCell::default(),
            getters: Waiters::default(),
            putters: Waiters::default(),
            shut_down: Cell::new(false),
        }
    }

    /// Puts an item in. If the queue is full, waits for room. Raises `QueueShutDown` if the queue was shut down.
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

    /// Takes the oldest item out. If the queue is empty, waits for one. Raises `QueueShutDown` if none will come.
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

    /// Refuses new items, and wakes all waiting tasks. Items that are in the queue can still be taken out.
    pub fn shutdown(&self) {
        self.shut_down.set(true);
        while self.getters.wake_one() {}
        while self.putters.wake_one() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use launch::{consume, produce};
    use tminus::{spawn, wait_for, yield_now};
    use tminus_lessons::lesson11_timers::programs::ms;

    /// The litres in a tank when two pumps have filled it, and after how many milliseconds.
    fn filled<F>(pump: impl Fn(Tank, i32) -> F) -> (i32, u128)
    where
        F: Future<Output = Result<(), Exception>> + 'static,
    {
        let tank = Tank::default();
        let both = [pump(tank.clone(), 100), pump(tank.clone(), 20)];
        let time = run_virtual(async {
            gather(both).await?;
            Ok(EventLoop::running()?.time().as_millis())
        });
        (tank.litres(), time.unwrap())
    }

    #[test]
    fn an_update_is_lost_without_a_lock_and_none_with_one() {
        let careless = |tank: Tank, n| async move { tank.fill_without_lock(n).await };
        assert_eq!(filled(careless), (20, 10));
        let careful = |tank: Tank, n| async move { tank.fill(n).await };
        assert_eq!(filled(careful), (120, 20));
    }

    #[test]
    fn in_one_turn_no_lock_is_needed() {
        let in_one_turn = |tank: Tank, n| async move { tank.fill_in_one_turn(n).await };
        assert_eq!(filled(in_one_turn), (120, 10));
    }

    /// Spawns a task that acquires the lock, and logs its name.
    fn acquires(lock: &Lock, log: &Rc<RefCell<Vec<&'static str>>>, name: &'static str) {
        let (lock, log) = (lock.clone(), log.clone());
        let task = spawn(async move {
            let _guard = lock.acquire().await?;
            log.borrow_mut().push(name);
            Ok(())
        });
        drop(task.unwrap());
    }

    #[test]
    fn a_task_that_asks_again_is_served_after_those_that_wait() {
        let log = Rc::new(RefCell::new(Vec::new()));
        let (lock, its_log) = (Lock::default(), log.clone());
        run_virtual(async move {
            let guard = lock.acquire().await?;
            acquires(&lock, &its_log, "first");
            acquires(&lock, &its_log, "second");
            yield_now().await?;
            drop(guard);
            let _again = lock.acquire().await?;
            its_log.borrow_mut().push("again");
            Ok(())
        })
        .unwrap();
        assert_eq!(*log.borrow(), ["first", "second", "again"]);
    }

    /// Cancels the first of two tasks that wait for a lock: as it waits, or after the lock was handed to it.
    fn cancel_the_first_of_two(handed_over: bool) -> Vec<&'static str> {
        let log = Rc::new(RefCell::new(Vec::new()));
        let (lock, its_log) = (Lock::default(), log.clone());
        let run = run_virtual(async move {
            let mut guard = Some(lock.acquire().await?);
            let its_lock = lock.clone();
            let first = spawn(async move { its_lock.acquire().await.map(drop) })?;
            yield_now().await?;
            acquires(&lock, &its_log, "second");
            yield_now().await?;
            if handed_over {
                guard = None;
            }
            first.cancel();
            drop(guard);
            sleep(ms(1)).await?;
            let _last = lock.acquire().await?;
            its_log.borrow_mut().push("last");
            Ok(())
        });
        if run.is_err() {
            log.borrow_mut().push("deadlock");
        }
        log.take()
    }

    #[test]
    fn a_lock_is_not_lost_if_a_task_is_cancelled_in_the_line() {
        assert_eq!(cancel_the_first_of_two(false), ["second", "last"]);
    }

    #[test]
    fn a_lock_is_not_lost_if_it_was_handed_to_a_cancelled_task() {
        assert_eq!(cancel_the_first_of_two(true), ["second", "last"]);
    }

    #[test]
    fn an_event_wakes_all_and_late_tasks_do_not_wait() {
        run_virtual(async {
            let ignition = Event::default();
            let engines = [1, 2].map(|_| {
                let ignition = ignition.clone();
                spawn(async move { ignition.wait().await })
            });
            yield_now().await?;
            ignition.set();
            for engine in engines {
                engine?.await?;
            }
            ignition.wait().await?;
            ignition.clear();
            let error = wait_for(async move { ignition.wait().await }, ms(1)).await;
            assert_eq!(error.unwrap_err().kind(), Kind::Timeout);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_task_that_waits_for_a_condition_looks_again_after_each_change() {
        run_virtual(async {
            let gauge = Gauge::default();
            let its_gauge = gauge.clone();
            let launch = spawn(async move { its_gauge.take(100).await })?;
            for enough in [false, true] {
                gauge.put(60).await?;
                sleep(ms(1)).await?;
                assert_eq!(launch.done(), enough);
            }
            assert_eq!(gauge.litres(), 20);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_full_queue_stops_its_producer() {
        run_virtual(async {
            let queue = Rc::new(Queue::new(1));
            let producer = produce(queue.clone(), vec![1, 2]);
            let error = wait_for(producer, ms(100)).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Timeout);
            assert_eq!(queue.get().await?, 1);
            assert!(queue.items.borrow().is_empty()); // the second one was never put in
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn an_item_is_not_lost_if_it_was_meant_for_a_cancelled_task() {
        run_virtual(async {
            let queue = Rc::new(Queue::new(1));
            let get = || {
                let queue = queue.clone();
                spawn(async move { queue.get().await })
            };
            let (first, second) = (get()?, get()?);
            yield_now().await?;
            queue.put(7).await?;
            first.cancel();
            assert_eq!(second.await?, 7);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn consumers_of_a_queue_that_is_shut_down_get_what_is_left() {
        run_virtual(async {
            let queue = Rc::new(Queue::new(3));
            let consumer = spawn(consume(queue.clone()))?;
            produce(queue.clone(), vec![1, 2, 3]).await?;
            queue.shutdown();
            assert_eq!(consumer.await?, 6);
            let refused = queue.put(4).await.unwrap_err();
            assert_eq!(refused.kind(), Kind::QueueShutDown);
            Ok(())
        })
        .unwrap();
    }
}
