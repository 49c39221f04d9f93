//! The objects of the recorded programs, with a ledger beside each. The interpreter of the replays uses them like its own.

use std::{cell::Cell, rc::Rc};

use indexmap::IndexMap;
use serde_json::Value;
use tminus::Exception;

use super::{
    ledger::{Audience, Items, Waiting},
    moments::{Moments, Turns},
    plain::{AnyLock, Item, Shared as Plain},
    program::Objects,
};

pub struct Shared {
    pub events: IndexMap<String, CountedEvent>,
    pub barriers: IndexMap<String, CountedBarrier>,
    queues: IndexMap<String, CountedQueue>,
    locks: IndexMap<String, CountedLock>,
    moments: Moments,
}

impl Shared {
    pub fn new(objects: &Objects, moments: &Moments) -> Self {
        let plain = Rc::new(Plain::new(objects));
        let event = |name: &String| {
            let event = CountedEvent {
                event: plain.events[name].clone(),
                audience: Audience::default(),
            };
            (name.clone(), event)
        };
        let barrier = |(name, _): &(String, usize)| {
            let barrier = CountedBarrier {
                barrier: plain.barriers[name].clone(),
                waiting: Cell::default(),
            };
            (name.clone(), barrier)
        };
        let lock = |name: &String, permits| {
            let lock = CountedLock {
                plain: plain.clone(),
                moments: moments.clone(),
                name: name.clone(),
                free: Cell::new(permits),
                waiting: Cell::default(),
                audience: Audience::default(),
            };
            (name.clone(), lock)
        };
        let locks = objects.locks.iter().chain(&objects.conditions);
        let locks = locks.map(|name| lock(name, 1));
        let semaphores = objects.semaphores.iter();
        let semaphores = semaphores.map(|(name, value, _)| lock(name, *value));
        let queue = |(name, _, _): &(String, _, usize)| {
            let queue = CountedQueue {
                plain: plain.clone(),
                name: name.clone(),
                items: Items::default(),
                unfinished: Cell::default(),
                is_shut: Cell::default(),
                getting: Cell::default(),
                putting: Cell::default(),
                joining: Cell::default(),
            };
            (name.clone(), queue)
        };
        Self {
            events: objects.events.iter().map(event).collect(),
            barriers: objects.barriers.iter().map(barrier).collect(),
            queues: objects.queues.iter().map(queue).collect(),
            locks: locks.chain(semaphores).collect(),
            moments: moments.clone(),
        }
    }

    pub fn watched<F: Future>(&self, body: F) -> Turns<F> {
        self.moments.turns_of(body)
    }

    pub fn callback_has_run(&self) {
        self.moments.pass();
    }

    pub fn queue(&self, name: &str) -> &CountedQueue {
        &self.queues[name]
    }

    pub fn lock(&self, name: &str) -> &CountedLock {
        &self.locks[name]
    }

    pub fn condition(&self, name: &str) -> &CountedLock {
        &self.locks[name]
    }

    /// When nothing can happen any more: each object has what the ledger says, and nobody waits for what is there.
    pub fn check(&self) {
        for (name, event) in &self.events {
            event.check(name);
        }
        for (name, barrier) in &self.barriers {
            barrier.check(name);
        }
        self.queues.values().for_each(CountedQueue::check);
        self.locks.values().for_each(CountedLock::check);
    }
}

pub struct CountedEvent {
    event: tminus::sync::Event,
    audience: Audience,
}

impl CountedEvent {
    pub async fn wait(&self) -> Result<(), Exception> {
        let mut place = self.audience.comes();
        let waited = self.event.wait().await;
        place.succeeds = waited.is_ok();
        waited
    }

    pub fn set(&self) {
        self.event.set();
        self.audience.tell(self.audience.len());
    }

    pub fn clear(&self) {
        self.event.clear();
    }

    fn check(&self, name: &str) {
        assert_eq!(self.audience.told(), 0, "{name} was set, and a task waits");
        let is_free = self.event.is_set() && self.audience.len() > 0;
        assert!(!is_free, "{name} is set, and a task waits");
    }
}

pub struct CountedBarrier {
    barrier: tminus::sync::Barrier,
    waiting: Cell<usize>,
}

impl CountedBarrier {
    pub async fn wait(&self) -> Result<usize, Exception> {
        let _waiting = Waiting::new(&self.waiting);
        self.barrier.wait().await
    }

    pub async fn abort(&self) -> Result<(), Exception> {
        self.barrier.abort().await
    }

    pub async fn reset(&self) -> Result<(), Exception> {
        self.barrier.reset().await
    }

    fn check(&self, name: &str) {
        let waiting = self.waiting.get();
        assert_eq!(self.barrier.n_waiting(), waiting, "{name}: waiting tasks");
        let opens = waiting > 0 && (self.barrier.broken() || waiting >= self.barrier.parties());
        assert!(!opens, "{name} is open, and a task waits");
    }
}

/// A lock, a semaphore or a condition.
pub struct CountedLock {
    plain: Rc<Plain>,
    moments: Moments,
    name: String,
    /// How many permits nobody has; a lock has one.
    free: Cell<usize>,
    waiting: Cell<usize>,
    /// The tasks that wait for a notification.
    audience: Audience,
}

impl CountedLock {
    fn lock(&self) -> &AnyLock {
        self.plain.lock(&self.name)
    }

    fn takes(&self) {
        match self.free.get().checked_sub(1) {
            Some(free) => self.free.set(free),
            None => self
                .moments
                .blame(format!("{}: one permit twice", self.name)),
        }
    }

    pub async fn acquire(&self) -> Result<(), Exception> {
        let _waiting = Waiting::new(&self.waiting);
        self.lock().acquire().await?;
        self.takes();
        Ok(())
    }

    pub fn release(&self) -> Result<(), Exception> {
        self.lock().release()?;
        self.free.set(self.free.get() + 1);
        Ok(())
    }

    pub fn locked(&self) -> bool {
        self.lock().locked()
    }

    pub async fn wait(&self) -> Result<(), Exception> {
        let condition = self.plain.condition(&self.name);
        if !condition.locked() {
            return condition.wait().await; // an error
        }
        self.free.set(self.free.get() + 1);
        let mut place = self.audience.comes();
        let waited = condition.wait().await;
        place.succeeds = waited.is_ok();
        self.takes(); // whether it was notified or cancelled
        waited
    }

    pub fn notify(&self, count: usize) -> Result<(), Exception> {
        self.plain.condition(&self.name).notify(count)?;
        self.audience.tell(count);
        Ok(())
    }

    pub fn notify_all(&self) -> Result<(), Exception> {
        self.plain.condition(&self.name).notify_all()?;
        self.audience.tell(self.audience.len());
        Ok(())
    }

    fn check(&self) {
        let (name, free) = (&self.name, self.free.get());
        match self.lock() {
            AnyLock::Semaphore(semaphore) => {
                assert_eq!(semaphore.value(), free, "{name}: free permits");
            }
            AnyLock::Lock(_) | AnyLock::Condition(_) => {
                assert_eq!(self.locked(), free == 0, "{name}: is it locked?");
            }
        }
        let waits = self.waiting.get() > 0 || self.audience.told() > 0;
        assert!(free == 0 || !waits, "{name} is free, and a task waits");
    }
}

pub struct CountedQueue {
    plain: Rc<Plain>,
    name: String,
    items: Items,
    /// Less than zero as long as a task has to learn that its item was put.
    unfinished: Cell<isize>,
    is_shut: Cell<bool>,
    getting: Cell<usize>,
    putting: Cell<usize>,
    joining: Cell<usize>,
}

impl CountedQueue {
    fn queue(&self) -> &tminus::sync::Queue<Item> {
        self.plain.queue(&self.name)
    }

    fn has(&self, item: String) {
        self.items.put(item);
        self.unfinished.set(self.unfinished.get() + 1);
    }

    pub async fn put(&self, item: Item) -> Result<(), Exception> {
        let _putting = Waiting::new(&self.putting);
        let (item, shown) = with_text(item);
        self.queue().put(item).await?;
        self.has(shown);
        Ok(())
    }

    pub fn put_nowait(&self, item: Item) -> Result<(), Exception> {
        let (item, shown) = with_text(item);
        self.queue().put_nowait(item)?;
        self.has(shown);
        Ok(())
    }

    pub async fn get(&self) -> Result<Item, Exception> {
        let _getting = Waiting::new(&self.getting);
        let (item, shown) = with_text(self.queue().get().await?);
        self.items.got(shown);
        Ok(item)
    }

    pub fn get_nowait(&self) -> Result<Item, Exception> {
        let (item, shown) = with_text(self.queue().get_nowait()?);
        self.items.got(shown);
        Ok(item)
    }

    pub fn task_done(&self) -> Result<(), Exception> {
        self.queue().task_done()?;
        self.unfinished.set(self.unfinished.get() - 1);
        Ok(())
    }

    pub async fn join(&self) -> Result<(), Exception> {
        let _joining = Waiting::new(&self.joining);
        self.queue().join().await
    }

    pub fn qsize(&self) -> usize {
        self.queue().qsize()
    }

    pub fn shutdown(&self) {
        self.queue().shutdown();
        self.is_shut.set(true);
    }

    /// Drops the items, which then count as processed.
    pub fn shutdown_immediate(&self) {
        let size = self.qsize();
        self.queue().shutdown_immediate();
        self.is_shut.set(true);
        self.items.dropped(size);
        self.unfinished.set(self.unfinished.get() - size as isize);
    }

    fn check(&self) {
        let (name, queue) = (&self.name, self.queue());
        assert_eq!(queue.qsize(), self.items.len(), "{name}: items");
        let is_shut = self.is_shut.get();
        let gets = self.getting.get() > 0 && (!queue.is_empty() || is_shut);
        assert!(!gets, "{name} has an item or is shut, and a task waits");
        let puts = self.putting.get() > 0 && (!queue.is_full() || is_shut);
        assert!(!puts, "{name} has room or is shut, and a task waits");
        let joins = self.joining.get() > 0 && self.unfinished.get() == 0;
        assert!(!joins, "all of {name} is processed, and a task waits");
    }
}

fn with_text(item: Item) -> (Item, String) {
    let item = Value::from(item);
    let shown = item.to_string();
    (item.into(), shown)
}
