//! Locks and semaphores: at most so many hold them, in the order of arrival, and nothing is lost by a cancellation.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};

use tminus::{
    Exception, Kind, spawn, spawn_named,
    sync::{BoundedSemaphore, Lock, Semaphore},
};

use crate::{always, cancels_some, idle, unless_cancelled};

const WORKERS: usize = 5;

/// Who waits and who holds, as the workers see it themselves.
struct Ledger {
    permits: usize,
    held: Cell<usize>,
    arrived: Cell<usize>,
    /// Numbers of arrivals that have not been served, without those that are to be cancelled.
    waiting: RefCell<BTreeSet<usize>>,
    /// The number of the last arrival of each worker.
    numbers: RefCell<[Option<usize>; WORKERS]>,
}

impl Ledger {
    fn new(permits: usize) -> Rc<Self> {
        Rc::new(Self {
            permits,
            held: Cell::new(0),
            arrived: Cell::new(0),
            waiting: RefCell::default(),
            numbers: RefCell::default(),
        })
    }

    fn arrives(&self, worker: usize) -> usize {
        let number = self.arrived.replace(self.arrived.get() + 1);
        self.waiting.borrow_mut().insert(number);
        self.numbers.borrow_mut()[worker] = Some(number);
        number
    }

    /// Whoever came before has a permit as well, and has only not had its turn yet.
    fn is_served(&self, number: usize) {
        self.held.set(self.held.get() + 1);
        let mut waiting = self.waiting.borrow_mut();
        waiting.remove(&number);
        let earlier = waiting.range(..number).count();
        let all = self.held.get() + earlier;
        assert!(all <= self.permits, "{number} has overtaken {waiting:?}");
    }

    fn leaves(&self) {
        self.held.set(self.held.get() - 1);
    }

    fn is_to_be_cancelled(&self, worker: usize) {
        if let Some(number) = self.numbers.borrow()[worker] {
            self.waiting.borrow_mut().remove(&number);
        }
    }
}

/// Workers that acquire twice, some of which are cancelled.
async fn work<G, A>(ledger: Rc<Ledger>, acquire: impl Fn() -> A) -> Result<(), Exception>
where
    A: Future<Output = Result<G, Exception>> + 'static,
    G: 'static,
{
    let mut workers = Vec::new();
    for n in 0..WORKERS {
        let (ledger, twice) = (ledger.clone(), [acquire(), acquire()]);
        workers.push(spawn_named(&format!("worker {n}"), async move {
            for acquire in twice {
                idle(2).await?;
                let number = ledger.arrives(n);
                let guard = acquire.await?;
                ledger.is_served(number);
                let worked = idle(3).await;
                ledger.leaves();
                drop(guard);
                worked?;
            }
            Ok(())
        })?);
    }
    let canceller = spawn(cancels_some(workers.clone(), {
        let ledger = ledger.clone();
        move |n| ledger.is_to_be_cancelled(n)
    }))?;
    for worker in workers {
        unless_cancelled(worker).await?;
    }
    canceller.await?;
    assert_eq!(ledger.held.get(), 0);
    Ok(())
}

#[test]
fn lock() {
    always(|| async {
        let lock = Lock::new();
        work(Ledger::new(1), || lock.acquire()).await?;
        assert!(!lock.locked());
        Ok(())
    });
}

#[test]
fn semaphore() {
    always(|| async {
        let semaphore = Semaphore::new(2);
        work(Ledger::new(2), || semaphore.acquire()).await?;
        assert_eq!(semaphore.value(), 2);
        assert!(!semaphore.locked());
        Ok(())
    });
}

#[test]
fn bounded_semaphore() {
    always(|| async {
        let semaphore = BoundedSemaphore::new(2);
        work(Ledger::new(2), || semaphore.acquire()).await?;
        assert_eq!(semaphore.value(), 2);
        assert_eq!(semaphore.release().unwrap_err().kind(), Kind::ValueError);
        Ok(())
    });
}
