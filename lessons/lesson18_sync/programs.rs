//! Small programs with the crate's semaphore, queue, event and lock.

use std::{cell::Cell, rc::Rc};

use tminus::sync::{Event, Lock, Queue, Semaphore};
use tminus::{spawn, yield_now};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson18_sync::{Exception, gather, sleep};

/// The number of downloads that run now, and the highest number that ran at the same time.
#[derive(Default)]
struct Count {
    active: Cell<u64>,
    peak: Cell<u64>,
}

async fn fetch(count: &Count, a: u64) -> Result<String, Exception> {
    count.active.set(count.active.get() + 1);
    count.peak.set(count.peak.get().max(count.active.get()));
    sleep(ms(20 + a * 2)).await?;
    count.active.set(count.active.get() - 1);
    Ok(a.to_string())
}

/// Twelve downloads, of which three run at a time.
pub async fn three_permits() -> Result<(), Exception> {
    async fn print_result(sema: Semaphore, count: Rc<Count>, a: u64) -> Result<(), Exception> {
        let _permit = sema.acquire().await?;
        println!("fetch({a}) = {}", fetch(&count, a).await?);
        Ok(())
    }
    let (sema, count) = (Semaphore::new(3), Rc::new(Count::default()));
    let jobs = (0..12).map(|a| print_result(sema.clone(), count.clone(), a));
    gather(jobs.collect::<Vec<_>>()).await?;
    println!("peak {}", count.peak.get());
    Ok(())
}

/// A producer that puts `None` in at the end.
pub async fn one_item_at_a_time() -> Result<(), Exception> {
    let queue = Queue::with_maxsize(1);
    let its_queue = queue.clone();
    let producer = spawn(async move {
        for i in 0..3 {
            its_queue.put(Some(i)).await?;
        }
        its_queue.put(None).await
    })?;
    while let Some(item) = queue.get().await? {
        println!("item {item}");
    }
    producer.await
}

/// A task that waits for an event, and then acquires a lock.
pub async fn event_and_lock() -> Result<(), Exception> {
    let (lock, event) = (Lock::new(), Event::new());
    let its_event = event.clone();
    let waiter = spawn(async move {
        its_event.wait().await?;
        let _guard = lock.acquire().await?;
        println!("event seen, lock taken");
        Ok(())
    })?;
    yield_now().await?;
    event.set();
    waiter.await
}
