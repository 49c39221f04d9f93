//! Requests for several permits: never more are held than there are, nobody is overtaken, and no permit is lost.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use tminus::{Exception, Task, simulation::choose, spawn, sync::Semaphore};

use crate::{always, cancels_some, idle, unless_cancelled};

const PERMITS: usize = 3;
const WORKERS: usize = 5;

#[derive(Default)]
struct Ledger {
    held: Cell<usize>,
    arrived: Cell<usize>,
    /// What those want that have arrived and were not served, without those that are to be cancelled.
    waiting: RefCell<BTreeMap<usize, usize>>,
    /// The number of the last arrival of each worker.
    numbers: RefCell<[Option<usize>; WORKERS]>,
}

impl Ledger {
    fn arrives(&self, worker: usize, wanted: usize) -> usize {
        let number = self.arrived.replace(self.arrived.get() + 1);
        self.waiting.borrow_mut().insert(number, wanted);
        self.numbers.borrow_mut()[worker] = Some(number);
        number
    }

    /// Whoever came before has its permits as well, and has only not had its turn yet.
    fn is_served(&self, number: usize, count: usize) {
        self.held.set(self.held.get() + count);
        let mut waiting = self.waiting.borrow_mut();
        waiting.remove(&number);
        let earlier: usize = waiting.range(..number).map(|(_, wanted)| wanted).sum();
        let all = self.held.get() + earlier;
        assert!(all <= PERMITS, "{number} has overtaken {waiting:?}");
    }

    fn is_to_be_cancelled(&self, worker: usize) {
        if let Some(number) = self.numbers.borrow()[worker] {
            self.waiting.borrow_mut().remove(&number);
        }
    }
}

async fn work(semaphore: Semaphore, ledger: Rc<Ledger>, worker: usize) -> Result<(), Exception> {
    for _ in 0..2 {
        idle(2).await?;
        let wanted = 1 + choose(PERMITS)?;
        let number = ledger.arrives(worker, wanted);
        let permit = semaphore.acquire_many(wanted).await?;
        ledger.is_served(number, wanted);
        let worked = idle(3).await;
        ledger.held.set(ledger.held.get() - wanted);
        drop(permit);
        worked?;
    }
    Ok(())
}

#[test]
fn several_permits() {
    always(|| async {
        let (semaphore, ledger) = (Semaphore::new(PERMITS), Rc::new(Ledger::default()));
        let worker = |n| spawn(work(semaphore.clone(), ledger.clone(), n));
        let workers: Vec<Task<()>> = (0..WORKERS).map(worker).collect::<Result<_, _>>()?;
        let noted = ledger.clone();
        let tell = move |n| noted.is_to_be_cancelled(n);
        let canceller = spawn(cancels_some(workers.clone(), tell))?;
        for worker in workers {
            unless_cancelled(worker).await?;
        }
        canceller.await?;
        assert_eq!((ledger.held.get(), semaphore.value()), (0, PERMITS));
        assert!(semaphore.try_acquire_many(PERMITS).is_some());
        Ok(())
    });
}
