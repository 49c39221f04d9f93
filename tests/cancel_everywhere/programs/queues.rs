//! Producers and consumers.

use std::{cell::RefCell, rc::Rc};

use futures::TryStreamExt;
use tminus::{Exception, Kind, gather_results, sleep, sync::Queue, timeout, wait_for, yield_now};

use super::{Program, Spawner, cancel_everywhere, ms};
use crate::moments::Moments;

/// A queue, and what the tasks know that they have put and got.
#[derive(Clone)]
struct Counted {
    queue: Queue<u64>,
    put: Rc<RefCell<Vec<u64>>>,
    got: Rc<RefCell<Vec<u64>>>,
}

impl Counted {
    fn new(maxsize: usize) -> Self {
        Self {
            queue: Queue::with_maxsize(maxsize),
            put: Rc::default(),
            got: Rc::default(),
        }
    }

    async fn put(&self, item: u64) -> Result<(), Exception> {
        self.queue.put(item).await?;
        self.put.borrow_mut().push(item);
        Ok(())
    }

    fn has_got(&self, item: u64) {
        self.got.borrow_mut().push(item);
    }

    /// Each item that was put was got once, or is still there.
    fn check(&self) {
        let mut got = self.got.take();
        while let Ok(item) = self.queue.get_nowait() {
            got.push(item);
        }
        let mut put = self.put.take();
        put.sort_unstable();
        got.sort_unstable();
        assert_eq!(put, got);
    }
}

/// Two producers of three items each, and consumers. When the producers have ended, the queue is shut down.
fn producers_and<F>(
    moments: &Moments,
    maxsize: usize,
    consume: impl Fn(Counted, u64) -> F + 'static,
) -> Program
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let (spawner, queue) = (Spawner::new(moments), Counted::new(maxsize));
    let same = queue.clone();
    let main = async move {
        let consumers = spawner.spawn_each(3, |number| consume(queue.clone(), number));
        let producers = spawner.spawn_each(2, |number| {
            let queue = queue.clone();
            async move {
                for item in 0..3 {
                    sleep(ms(number * item)).await?;
                    queue.put(number * 10 + item).await?;
                }
                Ok(())
            }
        });
        let waited = gather_results(producers).await.map(drop);
        queue.queue.shutdown();
        gather_results(consumers).await?;
        waited
    };
    Program::new(main, move || same.check())
}

fn is_shut(error: &Exception) -> bool {
    error.name() == "QueueShutDown"
}

#[test]
fn consumers_of_a_queue() {
    cancel_everywhere("a queue with room for one", |moments| {
        producers_and(moments, 1, async |queue: Counted, number| {
            loop {
                match queue.queue.get().await {
                    Ok(item) => queue.has_got(item),
                    Err(error) if is_shut(&error) => return Ok(()),
                    Err(error) if error.kind() == Kind::Cancelled && number == 0 => {} // and again
                    Err(error) => return Err(error),
                }
                if number == 1 {
                    yield_now().await?;
                }
            }
        })
    });
}

/// Several producers wait for room at any time. The main task makes room for each of them, one item at a time.
#[test]
fn producers_of_a_full_queue() {
    cancel_everywhere("a full queue", |moments| {
        const PRODUCERS: u64 = 4;
        let (spawner, queue) = (Spawner::new(moments), Counted::new(1));
        let same = queue.clone();
        let main = async move {
            let producers = spawner.spawn_each(PRODUCERS, |number| {
                let queue = queue.clone();
                async move { queue.put(number).await }
            });
            for number in 1..PRODUCERS {
                sleep(ms(number % 2)).await.ok();
                if let Ok(item) = queue.queue.get_nowait() {
                    queue.has_got(item);
                }
            }
            gather_results(producers).await?;
            Ok(())
        };
        Program::new(main, move || same.check())
    });
}

#[test]
fn a_queue_as_a_stream() {
    cancel_everywhere("a queue as a stream", |moments| {
        producers_and(moments, 2, async |queue: Counted, number| {
            let mut items = queue.queue.stream();
            while let Some(item) = items.try_next().await? {
                queue.has_got(item);
                sleep(ms(number)).await?;
            }
            Ok(())
        })
    });
}

/// The limits end in the very milliseconds in which items arrive.
#[test]
fn gets_with_a_limit() {
    cancel_everywhere("gets with a limit", |moments| {
        producers_and(moments, 1, async |queue: Counted, number| {
            loop {
                let get = queue.queue.get();
                let got = match number {
                    0 => timeout(ms(1)).run(get).await,
                    1 => wait_for(get, ms(1)).await,
                    _ => timeout(ms(2)).run(wait_for(get, ms(1))).await,
                };
                match got {
                    Ok(item) => queue.has_got(item),
                    Err(error) if error.kind() == Kind::Timeout => {}
                    Err(error) if is_shut(&error) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        })
    });
}

/// Counts an item as processed, however its processing ends.
struct Processes(Queue<u64>);

impl Drop for Processes {
    fn drop(&mut self) {
        self.0.task_done().expect("it was got");
    }
}

#[test]
fn a_queue_that_is_joined() {
    cancel_everywhere("a queue that is joined", |moments| {
        let (spawner, queue) = (Spawner::new(moments), Counted::new(2));
        let same = queue.clone();
        let main = async move {
            let workers = spawner.spawn_each(2, |number| {
                let queue = queue.clone();
                async move {
                    loop {
                        let item = queue.queue.get().await?;
                        let _processes = Processes(queue.queue.clone());
                        queue.has_got(item);
                        sleep(ms(number)).await?;
                    }
                }
            });
            let produced = async {
                for item in 0..4 {
                    queue.put(item).await?;
                }
                queue.queue.join().await
            };
            let produced = produced.await;
            queue.queue.shutdown();
            let _: Vec<Result<(), Exception>> = gather_results(workers).await?;
            produced
        };
        Program::new(main, move || same.check())
    });
}
