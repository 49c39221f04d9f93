//! Items of queues that panic when they are compared or dropped.

use std::{
    cell::{Cell, RefCell},
    cmp::Ordering,
    rc::Rc,
};

use tminus::{
    Kind, sleep, spawn,
    sync::{PriorityQueue, Queue},
    yield_now,
};

use crate::{Bomb, ms, new_loop};

/// An item of a queue that runs a function when it is compared.
#[derive(Clone)]
struct Item {
    number: u32,
    compare: Rc<dyn Fn()>,
}

impl Item {
    fn new(number: u32, compare: impl Fn() + 'static) -> Self {
        Self {
            number,
            compare: Rc::new(compare),
        }
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.compare)();
        self.number.cmp(&other.number)
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Item {}

/// Whether or not the item is in the queue after the panic, `qsize` and the count of unfinished items must agree.
#[test]
fn an_ord_that_panics_in_a_put_ends_one_task_and_leaves_the_queue_whole() {
    let main = async {
        let queue = PriorityQueue::new();
        let panics = Rc::new(Cell::new(false));
        let item = |number| {
            let panics = panics.clone();
            Item::new(number, move || assert!(!panics.get(), "in Ord"))
        };
        queue.put(item(2)).await?;
        panics.set(true);
        let put = spawn(queue.put(item(1)))?.await.unwrap_err();
        panics.set(false);
        queue.put(item(3)).await?;
        let size = queue.qsize();
        let mut numbers = Vec::new();
        while let Ok(item) = queue.get_nowait() {
            numbers.push(item.number);
            queue.task_done()?;
        }
        assert_eq!(numbers.len(), size);
        assert!(queue.task_done().is_err()); // there was one call for each item
        queue.join().await?;
        Ok((
            put.kind(),
            put.message().into_owned(),
            numbers.contains(&2) && numbers.contains(&3),
        ))
    };
    let ended = new_loop().run_until_complete(main).unwrap();
    assert_eq!(ended, (Kind::Panic, "in Ord".into(), true));
}

#[test]
fn an_ord_that_panics_in_a_get_ends_one_task_and_loses_no_item() {
    let main = async {
        let queue = PriorityQueue::new();
        let panics = Rc::new(Cell::new(false));
        for number in [4, 1, 3, 2, 5] {
            let panics = panics.clone();
            queue
                .put(Item::new(number, move || assert!(!panics.get(), "in Ord")))
                .await?;
        }
        panics.set(true);
        let get = spawn(queue.get())?
            .await
            .map(|item| item.number)
            .unwrap_err()
            .kind();
        panics.set(false);
        let left = std::iter::from_fn(|| queue.get_nowait().ok()).count();
        (0..left).try_for_each(|_| queue.task_done())?;
        Ok((get, left, queue.task_done().is_err()))
    };
    assert_eq!(
        new_loop().run_until_complete(main).unwrap(),
        (Kind::Panic, 5, true)
    );
}

#[test]
fn an_ord_that_uses_its_queue_panics_with_a_message_that_says_what_to_do() {
    let main = async {
        let queue = PriorityQueue::new();
        let looks = queue.clone();
        let item = move |number| {
            let looks = looks.clone();
            Item::new(number, move || assert!(looks.qsize() < 9))
        };
        queue.put_nowait(item(1))?;
        let put = spawn(queue.put(item(2)))?.await.unwrap_err();
        Ok((put.kind(), put.message().into_owned()))
    };
    let (kind, message) = new_loop().run_until_complete(main).unwrap();
    assert_eq!(kind, Kind::Panic);
    assert!(
        message.contains("Ord") && message.contains("queue"),
        "{message}"
    );
}

/// The tasks that wait for the queue are woken, although an item panics when it is dropped.
#[test]
fn a_queue_with_items_that_panic_when_they_are_dropped_shuts_down() {
    let event_loop = new_loop();
    let main = async {
        let queue = Queue::with_maxsize(2);
        queue.put_nowait(Some(Bomb))?;
        queue.put_nowait(Some(Bomb))?;
        let (joins, puts) = (spawn(queue.join())?, spawn(queue.put(None))?);
        yield_now().await?;
        let shuts_down = queue.clone();
        let shut_down = spawn(async move {
            shuts_down.shutdown_immediate();
            Ok(())
        })?;
        drop(shut_down.await); // the panic may be its own
        joins.await?;
        Ok((puts.await.unwrap_err().kind(), queue.qsize()))
    };
    let ended = event_loop.run_until_complete(main).unwrap();
    assert_eq!(ended, (Kind::QueueShutDown, 0));
}

/// The items are dropped with the last handle. Their panics are the error of the task that holds it.
#[test]
fn a_queue_with_items_that_panic_can_be_dropped() {
    let main = async {
        let drops = spawn(async {
            let queue = PriorityQueue::new();
            for number in 0..3 {
                let bomb = RefCell::new(Bomb);
                queue.put_nowait(Item::new(number, move || drop(bomb.borrow())))?;
            }
            Ok(())
        })?;
        drop(drops.await);
        sleep(ms(1)).await
    };
    new_loop().run_until_complete(main).unwrap();
}

/// A cancelled put drops its item. The panic is the error of the task that puts.
#[test]
fn an_item_that_panics_in_a_cancelled_put_ends_that_task() {
    let main = async {
        let queue = Queue::with_maxsize(1);
        queue.put_nowait(None)?;
        let puts = spawn(queue.put(Some(Bomb)))?;
        let next = spawn(queue.put(None))?;
        yield_now().await?;
        puts.cancel();
        let end = puts.await.unwrap_err().kind();
        drop(queue.get().await?);
        next.await?;
        Ok((end, queue.qsize()))
    };
    assert_eq!(
        new_loop().run_until_complete(main).unwrap(),
        (Kind::Panic, 1)
    );
}
