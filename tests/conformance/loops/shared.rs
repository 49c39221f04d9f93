//! What the tasks of a program share: queues, locks, events and barriers.

use std::cmp::Ordering;

use indexmap::IndexMap;
use serde_json::Value;
use tminus::{
    Exception,
    sync::{
        Barrier, BoundedSemaphore, Condition, Event, LifoQueue, Lock, PriorityQueue, Queue,
        Semaphore,
    },
};

use super::program::{Kind, Objects};

pub struct Shared {
    pub events: IndexMap<String, Event>,
    pub barriers: IndexMap<String, Barrier>,
    queues: IndexMap<String, Queue<Item>>,
    /// Whatever can be acquired and released.
    locks: IndexMap<String, AnyLock>,
}

pub enum AnyLock {
    Lock(Lock),
    Semaphore(Semaphore),
    Condition(Condition),
}

impl Shared {
    pub fn new(objects: &Objects) -> Self {
        let event = |name: &String| (name.clone(), Event::new());
        let barrier = |(name, parties): &(String, usize)| {
            let barrier = Barrier::new(*parties);
            (name.clone(), barrier.expect("it is for somebody"))
        };
        let queue = |(name, kind, maxsize): &(String, Kind, usize)| {
            let queue = match kind {
                Kind::Fifo => Queue::with_maxsize(*maxsize),
                Kind::Lifo => (*LifoQueue::with_maxsize(*maxsize)).clone(),
                Kind::Priority => (*PriorityQueue::with_maxsize(*maxsize)).clone(),
            };
            (name.clone(), queue)
        };
        let lock = |name: &String| (name.clone(), AnyLock::Lock(Lock::new()));
        let condition = |name: &String| (name.clone(), AnyLock::Condition(Condition::new()));
        let semaphore = |(name, value, bounded): &(String, usize, bool)| {
            let semaphore = match bounded {
                true => (*BoundedSemaphore::new(*value)).clone(),
                false => Semaphore::new(*value),
            };
            (name.clone(), AnyLock::Semaphore(semaphore))
        };
        let locks = objects.locks.iter().map(lock);
        let locks = locks.chain(objects.semaphores.iter().map(semaphore));
        Self {
            events: objects.events.iter().map(event).collect(),
            barriers: objects.barriers.iter().map(barrier).collect(),
            queues: objects.queues.iter().map(queue).collect(),
            locks: locks
                .chain(objects.conditions.iter().map(condition))
                .collect(),
        }
    }

    /// The body of a task. A test that looks at every turn has objects of its own, which wrap the bodies.
    #[allow(dead_code, reason = "not every test uses it")]
    pub fn watched<F: Future>(&self, body: F) -> F {
        body
    }

    #[allow(dead_code, reason = "likewise")]
    pub fn callback_has_run(&self) {}

    pub fn queue(&self, name: &str) -> &Queue<Item> {
        &self.queues[name]
    }

    pub fn lock(&self, name: &str) -> &AnyLock {
        &self.locks[name]
    }

    pub fn condition(&self, name: &str) -> &Condition {
        match &self.locks[name] {
            AnyLock::Condition(condition) => condition,
            AnyLock::Lock(_) | AnyLock::Semaphore(_) => panic!("{name} is no condition"),
        }
    }
}

/// As in Python, without guards: who acquires releases, or another does.
impl AnyLock {
    pub async fn acquire(&self) -> Result<(), Exception> {
        match self {
            AnyLock::Lock(lock) => lock.acquire().await?.forget(),
            AnyLock::Semaphore(semaphore) => semaphore.acquire().await?.forget(),
            AnyLock::Condition(condition) => condition.acquire().await?.forget(),
        }
        Ok(())
    }

    pub fn release(&self) -> Result<(), Exception> {
        match self {
            AnyLock::Lock(lock) => lock.release(),
            AnyLock::Semaphore(semaphore) => semaphore.release(),
            AnyLock::Condition(condition) => condition.release(),
        }
    }

    pub fn locked(&self) -> bool {
        match self {
            AnyLock::Lock(lock) => lock.locked(),
            AnyLock::Semaphore(semaphore) => semaphore.locked(),
            AnyLock::Condition(condition) => condition.locked(),
        }
    }
}

/// An item of a queue. Those with priority are numbers, or lists that begin with one.
#[derive(PartialEq, Eq)]
pub struct Item(Value);

impl From<Value> for Item {
    fn from(item: Value) -> Self {
        Self(item)
    }
}

impl From<Item> for Value {
    fn from(item: Item) -> Self {
        item.0
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn compare(this: &Value, other: &Value) -> Ordering {
    match (this, other) {
        (Value::Number(this), Value::Number(other)) => this
            .as_f64()
            .partial_cmp(&other.as_f64())
            .expect("no NaN in JSON"),
        (Value::String(this), Value::String(other)) => this.cmp(other),
        (Value::Array(this), Value::Array(other)) => {
            let mut pairs = this
                .iter()
                .zip(other)
                .map(|(this, other)| compare(this, other));
            let differ = pairs.find(|order| order.is_ne());
            differ.unwrap_or_else(|| this.len().cmp(&other.len()))
        }
        _ => panic!("Python does not compare {this} and {other}"),
    }
}
