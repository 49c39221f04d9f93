//! Queues: what was put in is got, once, and in the queue's order.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use tminus::{
    Exception, Kind, Task, spawn, spawn_named,
    sync::{LifoQueue, PriorityQueue, Queue},
};

use crate::{always, cancels_some, idle, unless_cancelled};

/// With room for one, a wake-up that is not passed on leaves both sides waiting.
const MAXSIZE: usize = 1;
const ITEMS: u32 = 2;

/// How often each item was put in successfully, and got.
#[derive(Default)]
struct Ledger {
    put: RefCell<BTreeMap<u32, u32>>,
    got: RefCell<BTreeMap<u32, u32>>,
}

fn count(items: &RefCell<BTreeMap<u32, u32>>, item: u32) {
    *items.borrow_mut().entry(item).or_default() += 1;
}

async fn produce(queue: Queue<u32>, n: u32, ledger: Rc<Ledger>) -> Result<(), Exception> {
    for item in 0..ITEMS {
        idle(2).await?;
        let item = 10 * n + item;
        queue.put(item).await?;
        assert!(queue.qsize() <= MAXSIZE);
        count(&ledger.put, item);
    }
    Ok(())
}

async fn consume(
    queue: Queue<u32>,
    ledger: Rc<Ledger>,
    is_in_order: bool,
) -> Result<(), Exception> {
    let mut last = BTreeMap::new();
    loop {
        let item = match queue.get().await {
            Ok(item) => item,
            Err(exception) if exception.kind() == Kind::QueueShutDown => return Ok(()),
            Err(exception) => return Err(exception),
        };
        count(&ledger.got, item);
        let before = last.insert(item / 10, item);
        assert!(
            !is_in_order || before < Some(item),
            "{item} after {before:?}"
        );
        queue.task_done()?;
        idle(2).await?;
    }
}

/// Three producers and three consumers, of which some may be cancelled.
async fn all_is_got_once(queue: Queue<u32>, is_in_order: bool) -> Result<(), Exception> {
    let ledger = Rc::new(Ledger::default());
    let producer = |n| spawn_named("producer", produce(queue.clone(), n, ledger.clone()));
    let consumer = || {
        spawn_named(
            "consumer",
            consume(queue.clone(), ledger.clone(), is_in_order),
        )
    };
    let producers: Vec<Task<()>> = vec![producer(0)?, producer(1)?, producer(2)?];
    let consumers: Vec<Task<()>> = vec![consumer()?, consumer()?, consumer()?];
    let mortal = [&producers[..2], &consumers[..2]].concat();
    let canceller = spawn(cancels_some(mortal, |_| ()))?;
    for producer in producers {
        unless_cancelled(producer).await?;
    }
    canceller.await?;
    queue.join().await?;
    queue.shutdown();
    for consumer in consumers {
        unless_cancelled(consumer).await?;
    }
    assert_eq!(queue.qsize(), 0);
    assert_eq!(ledger.put, ledger.got);
    assert!(ledger.put.borrow().values().all(|times| *times == 1));
    Ok(())
}

/// Puts four in, in an order left to chance, and gets all.
fn drained(queue: &Queue<u32>, items: [u32; 4]) -> Result<Vec<u32>, Exception> {
    for item in items {
        queue.put_nowait(item)?;
    }
    items.iter().map(|_| queue.get_nowait()).collect()
}

#[test]
fn queue() {
    always(|| async {
        all_is_got_once(Queue::with_maxsize(MAXSIZE), true).await?;
        assert_eq!(drained(&Queue::new(), [3, 1, 4, 2])?, [3, 1, 4, 2]);
        Ok(())
    });
}

#[test]
fn lifo_queue() {
    always(|| async {
        all_is_got_once(Queue::clone(&LifoQueue::with_maxsize(MAXSIZE)), false).await?;
        assert_eq!(drained(&LifoQueue::new(), [3, 1, 4, 2])?, [2, 4, 1, 3]);
        Ok(())
    });
}

#[test]
fn priority_queue() {
    always(|| async {
        all_is_got_once(Queue::clone(&PriorityQueue::with_maxsize(MAXSIZE)), false).await?;
        assert_eq!(drained(&PriorityQueue::new(), [3, 1, 4, 2])?, [1, 2, 3, 4]);
        Ok(())
    });
}
