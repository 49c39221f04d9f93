//! Waiting for many: each result arrives once, and nothing is left behind.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use tminus::{
    Exception, Kind, ReturnWhen, Task, as_completed, event_loop::next, gather, gather_results,
    shield, spawn, spawn_named, wait, yield_now,
};

use crate::{always, cancels_some, idle};

const TASKS: usize = 4;

/// The numbers of the tasks that have ended, in that order, by returning or by being cancelled.
type Ended = Rc<RefCell<Vec<usize>>>;

/// Notes the end of a task when it is dropped, so a cancelled one is noted, too.
struct Notes(usize, Ended);

impl Drop for Notes {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

fn tasks() -> Result<(Vec<Task<usize>>, Ended), Exception> {
    let ended = Ended::default();
    let task = |n| {
        let notes = Notes(n, ended.clone());
        spawn_named(&format!("task {n}"), async move {
            idle(4).await?;
            drop(notes);
            Ok(n)
        })
    };
    let tasks: Result<Vec<_>, _> = (0..TASKS).map(task).collect();
    Ok((tasks?, ended))
}

#[test]
fn gather_has_all_results_in_order() {
    always(|| async {
        let (tasks, ended) = tasks()?;
        assert_eq!(gather(tasks).await?, Vec::from_iter(0..TASKS));
        assert_eq!(ended.borrow().len(), TASKS);
        Ok(())
    });
}

/// A part that is cancelled fails the gather. Cancelling the gather cancels all parts. In the end, each has ended once.
#[test]
fn gather_with_cancellations() {
    always(|| async {
        let (tasks, ended) = tasks()?;
        let all = spawn(gather(tasks.clone()))?;
        let mut victims: Vec<_> = tasks.iter().map(|task| task.any()).collect();
        victims.push(all.any());
        let canceller = spawn(async move {
            for victim in victims {
                idle(3).await?;
                if tminus::simulation::choose(2)? == 1 {
                    victim.cancel();
                }
            }
            Ok(())
        })?;
        let result = all.await;
        canceller.await?;
        let parts = gather_results(tasks).await?;
        let cancelled = parts.iter().filter(|part| part.is_err()).count();
        match result {
            Ok(results) => assert_eq!((results.len(), cancelled), (TASKS, 0)),
            Err(exception) => assert_eq!(exception.kind(), Kind::Cancelled),
        }
        let mut ended = ended.take();
        ended.sort_unstable();
        assert_eq!(ended, Vec::from_iter(0..TASKS));
        Ok(())
    });
}

#[test]
fn wait_returns_each_in_one_of_its_lists() {
    always(|| async {
        let (tasks, ended) = tasks()?;
        let first = wait(tasks.clone()).return_when(ReturnWhen::FirstCompleted);
        let (done, pending) = first.await?;
        assert!(!done.is_empty());
        assert_eq!(done.len() + pending.len(), TASKS);
        assert!(done.iter().all(Task::done));
        assert!(
            done.iter()
                .any(|task| task.result().ok() == ended.borrow().first().copied())
        );
        if !pending.is_empty() {
            let (rest, none) = wait(pending).await?;
            assert_eq!((done.len() + rest.len(), none.len()), (TASKS, 0));
        }
        assert_eq!(ended.borrow().len(), TASKS);
        Ok(())
    });
}

/// `wait` cancels nothing, even if it is cancelled itself.
#[test]
fn wait_that_is_cancelled() {
    always(|| async {
        let (tasks, ended) = tasks()?;
        let waited = tasks.clone();
        let waiter = spawn(async move { wait(waited).await.map(|(done, _)| done.len()) })?;
        let canceller = spawn(cancels_some(vec![waiter.clone()], |_| ()))?;
        match waiter.await {
            Ok(done) => assert_eq!(done, TASKS),
            Err(exception) => assert_eq!(exception.kind(), Kind::Cancelled),
        }
        canceller.await?;
        assert_eq!(gather(tasks).await?, Vec::from_iter(0..TASKS));
        assert_eq!(ended.borrow().len(), TASKS);
        Ok(())
    });
}

#[test]
fn as_completed_yields_each_once_in_the_order_of_their_ends() {
    always(|| async {
        let (tasks, ended) = tasks()?;
        let mut completed = as_completed(tasks);
        let mut order = Vec::new();
        while let Some(done) = next(&mut completed).await {
            order.push(done?.result()?);
            idle(2).await?;
        }
        assert_eq!(order, *ended.borrow());
        assert_eq!(order.len(), TASKS);
        Ok(())
    });
}

/// Whoever awaits the shield can be cancelled, and what is shielded goes on.
#[test]
fn shield_keeps_what_is_in_it() {
    always(|| async {
        let finished = Rc::new(Cell::new(0));
        let mut waiters = Vec::new();
        for n in 0..3 {
            let finished = finished.clone();
            let inner = spawn_named(&format!("inner {n}"), async move {
                idle(4).await?;
                finished.set(finished.get() + 1);
                Ok(n)
            })?;
            waiters.push(spawn(async move { shield(inner).await })?);
        }
        let canceller = spawn(cancels_some(waiters.clone(), |_| ()))?;
        for (n, waiter) in waiters.into_iter().enumerate() {
            match waiter.await {
                Ok(result) => assert_eq!(result, n),
                Err(exception) => assert_eq!(exception.kind(), Kind::Cancelled),
            }
        }
        canceller.await?;
        for _ in 0..6 {
            yield_now().await?;
        }
        assert_eq!(finished.get(), 3);
        Ok(())
    });
}
