//! The programs whose pictures are tested.

use std::time::Duration;

use tminus::{
    EventLoop, Exception, Generator, Kind, LoopFuture, TaskScheduler,
    clock::VirtualClock,
    gather, sleep, spawn_named,
    sync::{Event, Lock, Queue, Semaphore},
    timeline::{Recorder, Timeline},
    yield_now,
};

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// What a program does on a loop with a virtual clock. Its own outcome is not asked for.
pub fn on_the_loop<T: Clone + 'static>(
    program: impl Future<Output = Result<T, Exception>> + 'static,
) -> Timeline {
    recorded(Recorder::new(), program)
}

fn recorded<T: Clone + 'static>(
    recorder: Recorder,
    program: impl Future<Output = Result<T, Exception>> + 'static,
) -> Timeline {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    recorder.record(|| drop(event_loop.run_until_complete(program)));
    recorder.timeline()
}

fn countdown(n: u32) -> Generator<()> {
    Generator::new(async move |co| {
        for _ in 0..n {
            co.yield_(()).await?;
        }
        Ok(())
    })
}

/// Countdowns with these names and numbers, on the scheduler.
pub fn countdowns(all: &[(&str, u32)]) -> Timeline {
    let ((), timeline) = Timeline::of(|| {
        let mut scheduler = TaskScheduler::new();
        for (name, n) in all {
            scheduler.spawn_named(name, countdown(*n));
        }
        scheduler.run();
    });
    timeline
}

pub fn three_countdowns() -> Timeline {
    countdowns(&[("ten", 10), ("five", 5), ("fifteen", 15)])
}

pub fn two_sleepers() -> Timeline {
    on_the_loop(async {
        let short = spawn_named("short", async {
            for _ in 0..3 {
                sleep(ms(100)).await?;
            }
            Ok(())
        })?;
        let long = spawn_named("long", sleep(ms(250)))?;
        gather([short, long]).await
    })
}

pub fn a_task_awaited() -> Timeline {
    on_the_loop(async {
        let answer = spawn_named("answer", async {
            sleep(ms(1500)).await?;
            yield_now().await?;
            Ok(42)
        })?;
        let question = spawn_named("question", answer)?;
        question.await
    })
}

pub fn a_lock_with_two_waiters() -> Timeline {
    on_the_loop(async {
        let lock = Lock::new();
        let workers = ["first", "second", "third"].map(|name| {
            let lock = lock.clone();
            spawn_named(name, async move {
                let _guard = lock.acquire().await?;
                sleep(ms(10)).await
            })
        });
        for worker in workers {
            worker?.await?;
        }
        Ok(())
    })
}

pub fn a_producer_and_a_consumer() -> Timeline {
    on_the_loop(async {
        let queue = Queue::with_maxsize(1);
        let items = queue.clone();
        spawn_named("producer", async move {
            for n in 0..4 {
                items.put(n).await?;
            }
            items.shutdown();
            Ok(())
        })?;
        let consumer = spawn_named("consumer", async move {
            while queue.get().await.is_ok() {
                sleep(ms(20)).await?;
            }
            Ok(())
        })?;
        consumer.await
    })
}

pub fn a_cancellation_and_a_failure() -> Timeline {
    on_the_loop(async {
        let stubborn = spawn_named("stubborn", async {
            let _caught = sleep(ms(1000)).await; // whatever it was
            sleep(ms(5)).await
        })?;
        let sleeper = spawn_named("sleeper", sleep(ms(1000)))?;
        let failing = spawn_named("failing", async {
            sleep(ms(30)).await?;
            Err::<(), _>(Exception::new(Kind::ValueError, "no <fuel> & no \"air\""))
        })?;
        sleep(ms(20)).await?;
        stubborn.cancel();
        sleeper.cancel();
        let _outcomes = (stubborn.await, sleeper.await, failing.await);
        Ok(())
    })
}

/// A task that ends without a turn.
pub fn cancelled_before_it_began() -> Timeline {
    on_the_loop(async {
        let never = spawn_named("never", async { Ok(()) })?;
        spawn_named("bystander", yield_now())?;
        never.cancel();
        yield_now().await?;
        yield_now().await
    })
}

/// One task for each kind of waiting. Two of them wait forever.
pub fn every_reason_to_wait() -> Timeline {
    on_the_loop(async {
        let future: LoopFuture<()> = EventLoop::running()?.create_future();
        let (event, semaphore, queue) = (Event::new(), Semaphore::new(0), Queue::<()>::new());
        let awaited = future.clone();
        spawn_named("future", awaited)?;
        let awaited = semaphore.clone();
        spawn_named(
            "semaphore",
            async move { awaited.acquire().await.map(drop) },
        )?;
        spawn_named("event", async move { event.wait().await })?;
        spawn_named("queue", async move { queue.get().await })?;
        spawn_named("foreign", async {
            std::future::pending::<()>().await;
            Ok(())
        })?;
        sleep(ms(1)).await?;
        future.set_result(())?;
        semaphore.release()?;
        sleep(ms(1)).await
    })
}

/// The last moments of a run in which tasks come and go.
pub fn in_a_ring(room: usize) -> Timeline {
    recorded(Recorder::with_room(room), async {
        spawn_named("patient", sleep(ms(1000)))?;
        for n in 0..4 {
            spawn_named(&format!("guest {n}"), sleep(ms(10)))?.await?;
        }
        Ok(())
    })
}
