//! Places are left, however a wait ends.

use super::{super::in_line::wait_in_line, *};
use crate::{EventLoop, Task, clock::VirtualClock, event_loop::LineWords, spawn, yield_now};

const A_SIGNAL: LineWords = LineWords {
    kind: "gate",
    words: "a signal at a gate",
};

#[derive(Default)]
struct Gate(Waiters);

impl HasWaiters for Gate {
    fn waiters(&self) -> &Waiters {
        &self.0
    }

    fn gave_up(&self, _was_woken: bool) {}
}

fn tasks<const N: usize>(gate: &Rc<Gate>) -> [Task<()>; N] {
    [(); N].map(|()| {
        let gate = gate.clone();
        let body = async move {
            let wait = WaitKind::Line(&A_SIGNAL);
            wait_in_line(&*gate, wait).await.map(drop)
        };
        spawn(body).expect("the loop runs")
    })
}

/// Otherwise a lock that is used for long would take more and more memory.
#[test]
fn whoever_leaves_leaves_no_place_behind() -> Result<(), Exception> {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    event_loop.run_until_complete(async {
        let gate = Rc::new(Gate::default());
        let tasks: [_; 4] = tasks(&gate);
        let mut dropped = Box::pin(wait_in_line(&*gate, WaitKind::Line(&A_SIGNAL)));
        assert!(futures::poll!(&mut dropped).is_pending());
        yield_now().await?;
        assert!(gate.0.first.get().is_some());
        assert_eq!(gate.0.others.borrow().places.len(), 4);
        drop(dropped);
        gate.0.wake(2);
        for cancelled in [&tasks[1], &tasks[2]] {
            cancelled.cancel(); // one was woken
        }
        yield_now().await?;
        gate.0.wake_all();
        yield_now().await?;
        assert!(tasks.iter().all(Task::done));
        assert!(gate.0.first.get().is_none());
        assert_eq!(gate.0.others.borrow().places.len(), 0);
        Ok(())
    })
}
