//! Tasks that wait for the same turn of events in a stream.

use std::{cell::RefCell, rc::Rc};

use crate::{
    Exception, LoopFuture,
    event_loop::{FutureKind, Kernel, LineWords, Party},
};

/// The futures of the tasks that wait. Each future leaves by itself, when it ends, is cancelled, or is dropped.
#[derive(Default)]
pub(crate) struct Waits(RefCell<Vec<LoopFuture<()>>>);

impl Waits {
    /// Waits until [`end`](Waits::end) is called.
    pub(crate) async fn wait(
        &self,
        kernel: &Rc<Kernel>,
        words: &'static LineWords,
        party: &Rc<Party>,
    ) -> Result<(), Exception> {
        let kind = FutureKind::Outside(words, party.clone());
        let future = LoopFuture::new_for(kernel, kind);
        self.0.borrow_mut().push(future.clone());
        let _leaves = Leaves {
            all: self,
            future: &future,
        };
        future.clone().await
    }

    /// Wakes all who wait.
    pub(crate) fn end(&self, result: &Result<(), Exception>) {
        // Setting one can run a waker that is not the loop's, and with it somebody who leaves: no borrow is held.
        let all = self.0.borrow().clone();
        for future in all {
            // It fails if the task that awaits it is cancelled, or was woken already.
            drop(match result {
                Ok(()) => future.set_result(()),
                Err(exception) => future.set_exception(exception.clone()),
            });
        }
    }
}

struct Leaves<'a> {
    all: &'a Waits,
    future: &'a LoopFuture<()>,
}

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        let mut all = self.all.0.borrow_mut();
        let place = all.iter().position(|future| future == self.future);
        let left = place.map(|place| all.remove(place));
        drop(all);
        drop(left); // when the list is free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventLoop, Kind, clock::VirtualClock, event_loop::running, spawn, yield_now};

    const WORDS: LineWords = LineWords {
        kind: "end",
        words: "the end of",
    };

    #[test]
    fn a_task_that_is_cancelled_while_it_waits_leaves_nothing_behind() {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let program = async {
            let (all, kernel) = (Rc::new(Waits::default()), running()?);
            let party = Rc::new(Party::Words("a stream".into()));
            let waits = all.clone();
            let task = spawn(async move { waits.wait(&kernel, &WORDS, &party).await })?;
            yield_now().await?;
            assert_eq!(all.0.borrow().len(), 1);
            task.cancel();
            assert_eq!(task.await.unwrap_err().kind(), Kind::Cancelled);
            assert!(all.0.borrow().is_empty());
            Ok(())
        };
        event_loop.run(program).unwrap();
    }
}
