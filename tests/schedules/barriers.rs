//! Barriers: nobody continues before all have arrived, each with a place of its own.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};

use tminus::{Kind, gather, spawn, spawn_named, sync::Barrier};

use crate::{always, cancels_some, idle};

const PARTIES: usize = 3;

#[test]
fn barrier() {
    always(|| async {
        let barrier = Barrier::new(PARTIES)?;
        let arrived = Rc::new(Cell::new(0));
        let places: Rc<RefCell<[BTreeSet<usize>; 3]>> = Rc::default();
        let mut tasks = Vec::new();
        for n in 0..PARTIES {
            let (barrier, arrived, places) = (barrier.clone(), arrived.clone(), places.clone());
            tasks.push(spawn_named(&format!("party {n}"), async move {
                for round in 0..3 {
                    idle(3).await?;
                    arrived.set(arrived.get() + 1);
                    let place = barrier.wait().await?;
                    assert!(arrived.get() >= (round + 1) * PARTIES, "too early");
                    assert!(places.borrow_mut()[round].insert(place), "a place twice");
                }
                Ok(())
            })?);
        }
        gather(tasks).await?;
        let all = BTreeSet::from_iter(0..PARTIES);
        assert!(places.borrow().iter().all(|places| *places == all));
        assert_eq!(barrier.n_waiting(), 0);
        Ok(())
    });
}

/// One more than there are places, and then the barrier is aborted: each gets a place or an error, and nobody hangs.
#[test]
fn barrier_with_cancellations() {
    always(|| async {
        let barrier = Barrier::new(PARTIES)?;
        let mut tasks = Vec::new();
        for n in 0..=PARTIES {
            let barrier = barrier.clone();
            tasks.push(spawn_named(&format!("party {n}"), async move {
                idle(3).await?;
                barrier.wait().await
            })?);
        }
        let canceller = spawn(cancels_some(tasks.clone(), |_| ()))?;
        canceller.await?;
        idle(3).await?;
        barrier.abort().await?;
        let mut passed = 0;
        for task in tasks {
            match task.await {
                // As in CPython, a place can be given twice if a task is cancelled while it waits, and another one arrives.
                Ok(place) => {
                    assert!(place < PARTIES);
                    passed += 1;
                }
                Err(exception) => {
                    let kind = exception.kind();
                    assert!(
                        matches!(kind, Kind::BrokenBarrier | Kind::Cancelled),
                        "{exception}"
                    );
                }
            }
        }
        assert!(passed <= PARTIES);
        assert!(barrier.broken());
        barrier.reset().await?;
        assert!(!barrier.broken());
        Ok(())
    });
}
