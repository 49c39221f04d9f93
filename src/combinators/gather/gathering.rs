//! Waits for the futures of a gather.
//!
//! A `Gathering` collects the results. Each future has a callback that calls the gathering. Nothing may keep itself alive:
//!
//! ```text
//! a task or future --callback--> Gathering and `all`
//! `all` --callback--> Gathering and the shields in it
//! Gathering --weak--> `all` and the futures that are not done
//! ```

use std::{cell::RefCell, rc::Rc};

use crate::{
    Exception, Kind,
    event_loop::{
        FutureKind, FutureRef, Identity, Kernel, LoopFuture, Outcome, Parts, WeakFuture,
        ensure_future, of_another_loop, running,
    },
    exception::catching,
};

/// A future that is gathered. Until the future is done, its callback keeps the gathering, so the handle here is weak.
pub(super) struct Child<T: 'static>(WeakFuture<T>);

impl<T: 'static> Child<T> {
    /// Adds the future to the others.
    pub(super) fn of<F>(awaitable: F, futures: &mut Vec<FutureRef>) -> Result<Self, Exception>
    where
        F: IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
    {
        let future = ensure_future(awaitable)?;
        futures.push(future.any());
        Ok(Self(future.downgrade()))
    }
}

impl<T: Clone + 'static> Child<T> {
    /// Returns the result. A `Cancelled` is a new exception with the same message: the original one is for the task that awaits
    /// the future, as in CPython.
    pub(super) fn result(&self) -> Result<T, Exception> {
        let done = self.0.upgrade().expect("what is done is kept");
        match done.cancelled() {
            true => Err(Exception::new(Kind::Cancelled, done.cancel_message())),
            false => done.result(),
        }
    }
}

/// Which exceptions of the futures end the gather.
#[derive(Clone, Copy)]
pub(super) enum Raises {
    /// The first one, immediately.
    TheFirst,
    None,
}

/// Waits for all of the futures.
pub(super) struct Gathering<R: 'static, C> {
    /// Whoever calls this has a handle.
    all: WeakFuture<R>,
    raises: Raises,
    count: usize,
    /// The futures that are done, which have no callback any longer that could keep the gathering.
    done: RefCell<Vec<FutureRef>>,
    /// The last one in the order of the arguments.
    last: Identity,
    /// Makes the gather's result of their results.
    collect: C,
}

impl<R: 'static, C: Fn() -> Result<R, Exception> + 'static> Gathering<R, C> {
    pub(super) fn start(futures: Vec<FutureRef>, raises: Raises, collect: C) -> LoopFuture<R> {
        let kernel = match kernel_of(&futures) {
            Ok(Some(kernel)) => kernel,
            // They failed before they had a loop, so there is none to wait in.
            Ok(None) => return LoopFuture::settled(collect()),
            Err(exception) => return LoopFuture::failed(exception),
        };
        let Some(last) = futures.last().map(FutureRef::identity) else {
            let all = LoopFuture::new_for(&kernel, FutureKind::Plain);
            all.end(collect()).expect("it is new");
            return all;
        };
        let parts: Parts = futures.iter().map(FutureRef::part).collect();
        let all = LoopFuture::new_for(&kernel, FutureKind::Gather(parts));
        let gathering = Rc::new(Self {
            all: all.downgrade(),
            raises,
            count: futures.len(),
            done: RefCell::default(),
            last,
            collect,
        });
        // As in CPython, all are watched before any that is done already is looked at, so that one can end the gather only when
        // the others have their callbacks, which mark their exceptions as retrieved.
        let (done, pending): (Vec<_>, Vec<_>) = futures.into_iter().partition(FutureRef::done);
        let (shields, others): (Vec<_>, Vec<_>) =
            pending.into_iter().partition(FutureRef::lives_by_handles);
        for future in others {
            let kept = (gathering.clone(), all.clone());
            future.add_callback(move |future| kept.0.one_is_done(future, &kept.1));
        }
        Self::keeps_shields(shields, &gathering, &all);
        for future in done {
            gathering.one_is_done(future, &all);
        }
        all
    }

    /// Watches the shields. The callback of a task or future keeps the gathering and `all`. A shield is kept by `all`, so the
    /// callback of a shield keeps nothing: otherwise the three would keep each other.
    fn keeps_shields(shields: Vec<FutureRef>, gathering: &Rc<Self>, all: &LoopFuture<R>) {
        for shield in &shields {
            let gathering = Rc::downgrade(gathering);
            shield.add_callback(move |shield| {
                if let Some(gathering) = gathering.upgrade()
                    && let Some(all) = gathering.all.upgrade()
                {
                    gathering.one_is_done(shield, &all);
                }
            });
        }
        if !shields.is_empty() {
            let kept = (gathering.clone(), shields);
            all.add_done_callback(move |_| drop(kept));
        }
    }

    fn one_is_done(&self, future: FutureRef, all: &LoopFuture<R>) {
        self.done.borrow_mut().push(future.clone());
        future.failed(); // this marks the exception as retrieved, whether or not it is the first
        if all.done() {
            return;
        }
        let failure = match self.raises {
            Raises::TheFirst => future.failure(),
            Raises::None => None,
        };
        let result = match failure {
            Some(failure) => Err(failure),
            None if self.done.borrow().len() < self.count => return,
            // Whoever cancelled it gets a `Cancelled`, whatever came of the parts.
            None if all.cancel_was_passed_on() => Err(self.cancelled_error()),
            // To collect is to clone the results. If that panics, the gather fails with the panic: otherwise it would never be
            // done.
            None => catching(|| (self.collect)()).flatten(),
        };
        let ended = all.end(result);
        debug_assert!(ended.is_ok(), "it was seen not to be done");
    }

    /// As in asyncio, it is the `Cancelled` that the last future in the order of the arguments would raise.
    fn cancelled_error(&self) -> Exception {
        let done = self.done.borrow();
        let last = done.iter().find(|one| one.identity() == self.last);
        last.expect("all are done").cancelled_error()
    }
}

/// The loop of all futures. `None` if none of them has a loop; the running one if there are no futures at all.
fn kernel_of(futures: &[FutureRef]) -> Result<Option<Rc<Kernel>>, Exception> {
    if futures.is_empty() {
        return running().map(Some);
    }
    let mut kernels = futures.iter().filter_map(FutureRef::kernel);
    let Some(first) = kernels.next() else {
        return Ok(None);
    };
    match kernels.all(|other| Rc::ptr_eq(first, other)) {
        true => Ok(Some(first.clone())),
        false => Err(of_another_loop()),
    }
}
