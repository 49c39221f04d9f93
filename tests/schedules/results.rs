//! Results as tasks end: each is returned once, a failure is never mistaken for the end, and all who wait learn of the end.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};

use tminus::{
    Exception, ExceptionGroup, Kind, TaskGroup, TaskResults, as_completed,
    event_loop::current_task, simulation::choose, spawn,
};

use crate::{always, cancels_some, idle, unless_cancelled};

const TASKS: usize = 4;

async fn number(n: usize) -> Result<usize, Exception> {
    idle(3).await?;
    Ok(n)
}

/// Takes results until there are no more, or until it is cancelled.
async fn reads(results: TaskResults<usize>, got: Rc<RefCell<Vec<usize>>>) -> Result<(), Exception> {
    while let Some(n) = results.next().await? {
        got.borrow_mut().push(n);
        idle(2).await?;
    }
    Ok(())
}

#[test]
fn task_results() {
    always(|| async {
        let (group, got) = (TaskGroup::new(), Rc::new(RefCell::new(Vec::new())));
        let results = group.results();
        let block = group.run(async {
            for n in 0..TASKS {
                results.create_task(number(n))?;
                idle(2).await?;
            }
            let reader = || group.create_task(reads(results.clone(), got.clone()));
            let readers = [reader()?, reader()?, reader()?];
            cancels_some(readers[..2].to_vec(), |_| ()).await?;
            let last = readers[2].clone();
            unless_cancelled(last).await.map(drop)
        });
        block.await?;
        assert!(results.is_empty());
        let mut got = got.take();
        got.sort_unstable();
        assert_eq!(got, (0..TASKS).collect::<Vec<_>>());
        Ok(())
    });
}

#[test]
fn task_results_of_which_some_are_cancelled_or_fail() {
    always(|| async {
        let (group, failed) = (TaskGroup::new(), Rc::new(Cell::new(0)));
        let results = group.results();
        let reached_the_end = Cell::new(false);
        let mut got = BTreeSet::new();
        let block = group.run(async {
            let mut tasks = Vec::new();
            for n in 0..TASKS {
                let failed = failed.clone();
                tasks.push(results.create_task(async move {
                    idle(3).await?;
                    if choose(4)? == 1 {
                        failed.set(failed.get() + 1);
                        return Err(Exception::new(Kind::ValueError, "no fuel"));
                    }
                    Ok(n)
                })?);
            }
            let canceller = group.create_task(cancels_some(tasks, |_| ()))?;
            while let Some(n) = results.next().await? {
                assert!(got.insert(n), "{n} is there twice");
            }
            reached_the_end.set(true);
            canceller.await
        });
        let ended = block.await;
        assert_eq!(current_task()?.cancelling(), 0);
        match ended {
            Ok(()) => assert_eq!(failed.get(), 0),
            Err(exception) => {
                let group = exception
                    .downcast_ref::<ExceptionGroup>()
                    .expect("of failures");
                assert_eq!(group.exceptions().len(), failed.get());
                assert!(!reached_the_end.get(), "a failure was mistaken for the end");
            }
        }
        while let Some(n) = results.try_next() {
            assert!(got.insert(n), "{n} is there twice");
        }
        assert!(results.is_empty());
        Ok(())
    });
}

#[test]
fn as_completed_shared_by_several_tasks() {
    always(|| async {
        let got = Rc::new(RefCell::new(BTreeSet::new()));
        let waits = as_completed((0..TASKS).map(number))
            .into_iter()
            .map(|next| {
                let got = got.clone();
                spawn(async move {
                    idle(3).await?;
                    let n = next.await?;
                    assert!(got.borrow_mut().insert(n), "{n} is there twice");
                    Ok(())
                })
            });
        let waits = waits.collect::<Result<Vec<_>, _>>()?;
        let canceller = spawn(cancels_some(waits.clone(), |_| ()))?;
        let mut served = 0;
        for wait in waits {
            // Each that is not cancelled gets one: whoever is cancelled takes none.
            served += usize::from(unless_cancelled(wait).await?.is_some());
        }
        canceller.await?;
        assert!(got.borrow().len() >= served);
        Ok(())
    });
}
