//! Timeouts that race with the end of what they limit.

use std::{cell::Cell, rc::Rc, time::Duration};

use tminus::{
    EventLoop, Exception, Kind, Task, event_loop::current_task, simulation::choose, sleep, spawn,
    timeout, wait_for,
};

use crate::{always, cancels_some, idle};

const LIMIT: Duration = Duration::from_millis(3);

/// Ends before the limit, after it, or in the same round.
async fn work(is_running: Rc<Cell<bool>>) -> Result<u32, Exception> {
    struct Running(Rc<Cell<bool>>);
    impl Drop for Running {
        fn drop(&mut self) {
            self.0.set(false);
        }
    }
    is_running.set(true);
    let _running = Running(is_running);
    sleep(Duration::from_millis(choose(6)? as u64)).await?;
    idle(2).await?;
    Ok(7)
}

/// A result that is there in time, or a timeout that is not early; and afterwards nothing runs on.
fn is_right(result: &Result<u32, Exception>, started: Duration) -> Result<(), Exception> {
    let took = EventLoop::running()?.time() - started;
    match result {
        Ok(result) => assert_eq!(*result, 7),
        Err(exception) => match exception.kind() {
            Kind::Timeout => assert!(took >= LIMIT, "after {took:?}"),
            kind => assert_eq!(kind, Kind::Cancelled),
        },
    }
    Ok(())
}

fn not_cancelled() -> Result<(), Exception> {
    let task = current_task()?;
    assert_eq!(task.cancelling(), 0);
    Ok(())
}

#[test]
fn wait_for_leaves_nothing_running() {
    always(|| async {
        let is_running = Rc::new(Cell::new(false));
        let inner = is_running.clone();
        let waiter: Task<()> = spawn(async move {
            let started = EventLoop::running()?.time();
            let result = wait_for(work(inner.clone()), LIMIT).await;
            assert!(!inner.get());
            is_right(&result, started)?;
            if result.is_err_and(|exception| exception.kind() == Kind::Timeout) {
                idle(2).await?;
            }
            Ok(())
        })?;
        let canceller = spawn(cancels_some(vec![waiter.clone()], |_| ()))?;
        let ended = waiter.await;
        assert!(ended.is_ok_and(|()| true) || !is_running.get());
        canceller.await?;
        assert!(!is_running.get());
        Ok(())
    });
}

#[test]
fn timeout_takes_back_its_own_cancellation() {
    always(|| async {
        let is_running = Rc::new(Cell::new(false));
        let started = EventLoop::running()?.time();
        let limited = timeout(LIMIT);
        let expires = limited.clone();
        let result = limited.run(work(is_running.clone())).await;
        assert!(!is_running.get());
        is_right(&result, started)?;
        let timed_out = result.is_err_and(|exception| exception.kind() == Kind::Timeout);
        assert_eq!(timed_out, expires.expired());
        not_cancelled()
    });
}

/// The outer timeout does not end as the inner one, nor the other way round.
#[test]
fn timeouts_in_each_other() {
    always(|| async {
        let is_running = Rc::new(Cell::new(false));
        let inner = is_running.clone();
        let outer = timeout(LIMIT + Duration::from_millis(choose(2)? as u64));
        let result = outer.run(async move {
            let result = timeout(LIMIT).run(work(inner)).await;
            idle(2).await?;
            match result {
                Err(exception) if exception.kind() == Kind::Timeout => Ok(0),
                result => result,
            }
        });
        match result.await {
            Ok(result) => assert!(result == 0 || result == 7),
            Err(exception) => assert_eq!(exception.kind(), Kind::Timeout),
        }
        assert!(!is_running.get());
        not_cancelled()
    });
}
