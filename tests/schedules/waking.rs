//! Events and conditions: whoever waits is woken, and a wake-up that is not used goes to another.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use tminus::{
    Exception, Task, spawn, spawn_named,
    sync::{Condition, Event},
    yield_now,
};

use crate::{always, cancels_some, idle, unless_cancelled};

/// All who wait when an event is set have their turn in the next round, even if it is cleared again immediately.
#[test]
fn event() {
    always(|| async {
        let event = Event::new();
        // For each waiter, whether it waits, and how often it has been woken.
        let waits: Rc<RefCell<[(bool, u32); 4]>> = Rc::default();
        let mut waiters = Vec::new();
        for n in 0..4 {
            let (event, waits) = (event.clone(), waits.clone());
            waiters.push(spawn_named(&format!("waiter {n}"), async move {
                for _ in 0..2 {
                    idle(3).await?;
                    waits.borrow_mut()[n].0 = true;
                    let woken = event.wait().await;
                    waits.borrow_mut()[n].0 = false;
                    waits.borrow_mut()[n].1 += 1;
                    woken?;
                }
                Ok(())
            })?);
        }
        let canceller = spawn(cancels_some(waiters.clone(), |_| ()))?;
        while !waiters.iter().all(Task::done) {
            idle(2).await?;
            let before = *waits.borrow();
            event.set();
            event.clear();
            yield_now().await?;
            yield_now().await?; // after all turns of the round that follows
            let after = *waits.borrow();
            for (before, after) in before.into_iter().zip(after) {
                assert!(!before.0 || after.1 > before.1, "a waiter was not woken");
            }
        }
        canceller.await?;
        for waiter in waiters {
            unless_cancelled(waiter).await?;
        }
        Ok(())
    });
}

/// What is protected by the condition.
#[derive(Default)]
struct Shelf {
    items: RefCell<Vec<u32>>,
    taken: RefCell<Vec<u32>>,
    is_locked: Cell<bool>,
}

impl Shelf {
    fn enter(&self) {
        assert!(!self.is_locked.replace(true), "two at a time");
    }

    fn leave(&self) {
        self.is_locked.set(false);
    }
}

async fn consume(condition: Condition, shelf: Rc<Shelf>) -> Result<(), Exception> {
    loop {
        let guard = condition.acquire().await?;
        let has_items = shelf.clone();
        let waited = condition.wait_for(move || !has_items.items.borrow().is_empty());
        waited.await?;
        shelf.enter();
        let item = shelf.items.borrow_mut().pop();
        shelf.taken.borrow_mut().extend(item);
        let worked = idle(2).await;
        shelf.leave();
        drop(guard);
        worked?;
    }
}

/// One notification for each item. If the consumer that gets it is cancelled, another one takes the item.
#[test]
fn condition() {
    always(|| async {
        let (condition, shelf) = (Condition::new(), Rc::new(Shelf::default()));
        let mut consumers = Vec::new();
        for n in 0..4 {
            let consumer = consume(condition.clone(), shelf.clone());
            consumers.push(spawn_named(&format!("consumer {n}"), consumer)?);
        }
        let mortal = consumers[..2].to_vec();
        let canceller = spawn(cancels_some(mortal, |_| ()))?;
        for item in 0..6 {
            idle(3).await?;
            let guard = condition.acquire().await?;
            shelf.enter();
            shelf.items.borrow_mut().push(item);
            idle(2).await?;
            shelf.leave();
            condition.notify(1)?;
            drop(guard);
        }
        canceller.await?;
        // Whoever was notified has its turns now. If nobody was, an item is left.
        for _ in 0..40 {
            yield_now().await?;
        }
        let mut taken = shelf.taken.take();
        taken.sort_unstable();
        assert_eq!(taken, Vec::from_iter(0..6));
        Ok(())
    });
}
