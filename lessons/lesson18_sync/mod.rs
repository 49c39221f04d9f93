#![doc = include_str!("README.md")]

use std::{cell::Cell, rc::Rc};

use tminus::sync::{Condition, Event, Lock, Queue};
use tminus_lessons::lesson11_timers::programs::ms;

pub use tminus::{Exception, Kind, gather, sleep};
pub use tminus_lessons::lesson15_async_await::watch;
pub use tminus_lessons::lesson17_many::run_virtual;

pub mod by_hand;
pub mod forks;
pub mod launch;
pub mod programs;
pub mod pump;

/// How much is in the tank. A clone is the same tank.
#[derive(Clone, Default)]
pub struct Tank {
    /// What is in it.
    pub litres: Rc<Cell<u32>>,
    /// Whoever has it may change what is in the tank.
    pub lock: Lock,
}

impl Tank {
    /// Returns what is in it now.
    pub fn litres(&self) -> u32 {
        self.litres.get()
    }

    /// Reads, takes a while, and writes. Whoever writes in between writes in vain.
    pub async fn fill_without_lock(&self, litres: u32) -> Result<(), Exception> {
        let before = self.litres.get();
        sleep(ms(10)).await?; // the pump runs
        self.litres.set(before + litres);
        Ok(())
    }

    /// The same, and meanwhile nobody else reads or writes.
    pub async fn fill(&self, litres: u32) -> Result<(), Exception> {
        let _guard = self.lock.acquire().await?;
        self.fill_without_lock(litres).await
    }

    /// The same without an `await` between reading and writing: then no lock is needed.
    pub async fn fill_at_once(&self, litres: u32) -> Result<(), Exception> {
        sleep(ms(10)).await?;
        self.litres.set(self.litres.get() + litres);
        Ok(())
    }
}

/// Waits for the ignition. Whoever comes after it does not wait.
pub async fn engine(ignition: Event) -> Result<(), Exception> {
    ignition.wait().await
}

/// A tank, and word of each change of what is in it. A clone is the same gauge.
#[derive(Clone, Default)]
pub struct Gauge {
    condition: Condition,
    litres: Rc<Cell<u32>>,
}

impl Gauge {
    /// Waits until so much is in the tank, and takes it out.
    pub async fn take(&self, litres: u32) -> Result<(), Exception> {
        let _guard = self.condition.acquire().await?;
        let left = self.litres.clone();
        self.condition
            .wait_for(move || left.get() >= litres)
            .await?; // meanwhile others have the lock
        self.litres.set(self.litres.get() - litres);
        Ok(())
    }

    /// Puts something in, and tells all who wait. Each looks whether it is enough.
    pub async fn put(&self, litres: u32) -> Result<(), Exception> {
        let _guard = self.condition.acquire().await?;
        self.litres.set(self.litres.get() + litres);
        self.condition.notify_all()
    }
}

/// Puts numbers into a queue. If it is full, this waits for room.
pub async fn produce(queue: Queue<u32>, numbers: Vec<u32>) -> Result<(), Exception> {
    for n in numbers {
        sleep(ms(10)).await?; // to make it
        queue.put(n).await?;
    }
    Ok(())
}

/// Gets numbers out of a queue, until that is shut down. Gives their sum.
pub async fn consume(queue: Queue<u32>) -> Result<u32, Exception> {
    let mut sum = 0;
    loop {
        let n = match queue.get().await {
            Err(exception) if exception.kind() == Kind::QueueShutDown => return Ok(sum),
            item => item?,
        };
        sleep(ms(30)).await?; // to work on it
        sum += n;
        queue.task_done()?;
    }
}

/// Takes one lock and, a while later, another one.
pub async fn take_both(first: Lock, second: Lock) -> Result<(), Exception> {
    let _first = first.acquire().await?;
    sleep(ms(10)).await?;
    let _second = second.acquire().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tminus::{EventLoop, event_loop::Deadlock, spawn, wait_for, yield_now};

    /// What is in the tank when two pumps have filled it, and how many milliseconds that took.
    fn filled<F>(pump: impl Fn(Tank, u32) -> F) -> (u32, u128)
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
    fn without_an_await_in_between_no_lock_is_needed() {
        let at_once = |tank: Tank, n| async move { tank.fill_at_once(n).await };
        assert_eq!(filled(at_once), (120, 10));
    }

    #[test]
    fn an_event_wakes_all_and_who_comes_later_does_not_wait() -> Result<(), Exception> {
        run_virtual(async {
            let ignition = Event::new();
            let engines = [1, 2].map(|_| spawn(engine(ignition.clone())));
            yield_now().await?;
            ignition.set();
            for engine in engines {
                engine?.await?;
            }
            engine(ignition).await
        })
    }

    #[test]
    fn who_waits_for_a_condition_looks_again_after_each_word() -> Result<(), Exception> {
        run_virtual(async {
            let gauge = Gauge::default();
            let its_gauge = gauge.clone();
            let launch = spawn(async move { its_gauge.take(100).await })?;
            for full in [false, true] {
                gauge.put(60).await?;
                sleep(ms(1)).await?;
                assert_eq!(launch.done(), full);
            }
            assert_eq!(gauge.litres.get(), 20);
            Ok(())
        })
    }

    #[test]
    fn a_full_queue_holds_its_producer_up() -> Result<(), Exception> {
        run_virtual(async {
            let queue = Queue::with_maxsize(1);
            let producer = produce(queue.clone(), vec![1, 2]);
            let error = wait_for(producer, ms(100)).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Timeout);
            assert_eq!(queue.get().await?, 1);
            assert!(queue.is_empty()); // the second one was never put in
            Ok(())
        })
    }

    #[test]
    fn who_consumes_is_told_that_there_is_no_more() -> Result<(), Exception> {
        run_virtual(async {
            let queue = Queue::new();
            let consumer = spawn(consume(queue.clone()))?;
            produce(queue.clone(), vec![1, 2, 3]).await?;
            queue.join().await?;
            queue.shutdown();
            assert_eq!(consumer.await?, 6);
            let refused = queue.put(4).await.unwrap_err();
            assert_eq!(refused.kind(), Kind::QueueShutDown);
            Ok(())
        })
    }

    #[test]
    fn two_locks_in_different_orders_are_a_circle() {
        let (a, b) = (Lock::new(), Lock::new());
        let both = [take_both(a.clone(), b.clone()), take_both(b, a)];
        let error = run_virtual(async { gather(both).await }).unwrap_err();
        let deadlock = error.downcast_ref::<Deadlock>().unwrap();
        assert_eq!(deadlock.cycle, ["Task-2", "Task-3"]);
    }

    #[test]
    fn two_locks_in_one_order_are_taken_one_after_the_other() {
        let (a, b) = (Lock::new(), Lock::new());
        let both = [take_both(a.clone(), b.clone()), take_both(a, b)];
        run_virtual(async { gather(both).await }).unwrap();
    }
}
