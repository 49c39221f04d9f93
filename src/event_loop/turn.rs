//! A task's turn: from being resumed until the task waits, yields or ends. Asyncio's `Task.__step`.

use std::{
    rc::Rc,
    sync::Weak,
    task::{Context, Poll, Waker},
};

use super::{
    body::{BoxBody, Ending, Main},
    current,
    inbox::TaskWaker,
    kernel::Kernel,
    keys::Key,
    tasks::News,
    trace,
    waits::{cancelling::cancel_what_waits, words},
};
use crate::{Exception, Kind, exception::catching};

impl Kernel {
    /// A task's turn. Returns `true` if that ended the run.
    #[inline(always)]
    pub(super) fn turn(
        self: &Rc<Self>,
        task: Key,
        body: &mut Option<BoxBody>,
        main: &mut Option<Main<'_>>,
        cx: &mut Context<'_>,
    ) -> bool {
        if trace::is_heard() || !self.quietly(|tasks| tasks.begins(task, body)) {
            return self.turn_with_news(task, body, main, cx);
        }
        current::set_yields(false);
        match poll(body, cx) {
            Poll::Pending => {
                let yields = current::yields();
                if self.quietly(|tasks| tasks.suspends(task, body, yields)) {
                    cancel_what_waits(self, task);
                }
                false
            }
            Poll::Ready(Ending::OfMain) => self.turn_of_main(body, main, cx),
            Poll::Ready(ending) => self.ends(task, body, None, ending),
        }
    }

    /// The turn of a main task, after its stand-in was polled: the body is polled in its place on the stack of its run.
    #[inline(never)]
    fn turn_of_main(
        self: &Rc<Self>,
        stand_in: &mut Option<BoxBody>,
        main: &mut Option<Main<'_>>,
        cx: &mut Context<'_>,
    ) -> bool {
        let Some(main) = main else {
            unreachable!("a main task ends with its run");
        };
        match main.poll(stand_in, cx) {
            Poll::Pending => {
                let yields = current::yields();
                if self.quietly(|tasks| tasks.suspends(main.task, stand_in, yields)) {
                    cancel_what_waits(self, main.task);
                }
                false
            }
            Poll::Ready(ending) => self.ends(main.task, stand_in, Some(main), ending),
        }
    }

    #[cold]
    fn suspends(self: &Rc<Self>, task: Key, body: &mut Option<BoxBody>) {
        let yields = current::yields();
        let was_cancelled = self.quietly(|tasks| tasks.suspends(task, body, yields));
        if trace::is_heard() {
            self.tells_suspended(task);
        }
        // As in CPython, a task that was cancelled in its own turn cancels the first thing that it waits for after that.
        if was_cancelled {
            cancel_what_waits(self, task);
        }
    }

    /// Tells the trace what a task waits for.
    #[cold]
    fn tells_suspended(&self, task: Key) {
        let told = self.told(Some(task));
        let (waits, is_ready) =
            self.quietly(|tasks| (tasks.fresh_waits(task), tasks.is_scheduled(task)));
        match (waits.is_empty(), is_ready) {
            (true, true) => trace::yielded(&told),
            (true, false) => trace::waits_outside(&told),
            (false, _) => {
                for wait in waits {
                    trace::waits(&told, &words::reason(self, wait));
                }
            }
        }
    }

    /// A turn that is listened to, in which an exception is raised, or whose task has a waker of its own.
    #[inline(never)]
    fn turn_with_news(
        self: &Rc<Self>,
        task: Key,
        body: &mut Option<BoxBody>,
        main: &mut Option<Main<'_>>,
        cx: &mut Context<'_>,
    ) -> bool {
        let mut main = Main::if_of(main, task);
        let (own_waker, throws) = match self.with(|tasks| tasks.news(task, body)) {
            News::Gone => return false,
            News::Never(cancelled) => return self.ends_early(task, body, main, cancelled),
            News::Begins { own_waker, throws } => (own_waker, throws),
        };
        let own_waker = own_waker.and_then(|own| self.upgrades(task, &own));
        current::set_yields(false);
        current::set_throws(throws);
        let polled = {
            let _span = trace::is_heard()
                .then(|| trace::enters_turn(&self.told(Some(task))))
                .flatten();
            let mut polls = |cx: &mut Context<'_>| match &mut main {
                None => poll(body, cx),
                Some(main) => main.poll(body, cx),
            };
            match &own_waker {
                None => polls(cx),
                Some(own) => {
                    current::is_woken_by(Some(own));
                    polls(&mut Context::from_waker(own))
                }
            }
        };
        current::is_woken_by(Some(cx.waker()));
        current::set_throws(false);
        let not_raised = match throws {
            true => self.with(|tasks| tasks.takes_thrown()),
            false => None,
        };
        match (polled, not_raised) {
            (Poll::Pending, None) => {
                self.suspends(task, body);
                false
            }
            // It waits for a future in which nothing can be raised, so it is dropped where it stands.
            (Poll::Pending, Some(thrown)) => self.ends_early(task, body, main, thrown),
            // It ended before it saw what was thrown. An exception of its own is stronger than that; a result is not.
            (Poll::Ready(Ending::Returned), Some(thrown)) => {
                self.ends_early(task, body, main, thrown)
            }
            (Poll::Ready(ending), _) => self.ends(task, body, main, ending),
        }
    }

    /// The task's own waker, if somebody still holds it; otherwise it uses the lent one again.
    fn upgrades(&self, task: Key, own: &Weak<TaskWaker>) -> Option<Waker> {
        match own.upgrade() {
            Some(own) => Some(own.into()),
            None => {
                self.with(|tasks| tasks.loses_waker(task));
                None
            }
        }
    }

    /// A task ends as its body did. Returns `true` if that ends the run, too.
    #[inline]
    fn ends(
        self: &Rc<Self>,
        task: Key,
        body: &mut Option<BoxBody>,
        main: Option<&mut Main<'_>>,
        ending: Ending,
    ) -> bool {
        if ending == Ending::Cancelled {
            // As in CPython, the message of the request is in the exception now, and nowhere else.
            self.with(|tasks| tasks.forgets_message(task));
        }
        if trace::errors_are_heard()
            && let Some(body) = body
            && !(ending == Ending::Returned && self.with(|tasks| tasks.is_to_be_cancelled(task)))
        {
            trace::ended(&self.told(Some(task)), body.as_mut().failure().as_ref());
        }
        if ending == Ending::Interrupted {
            let exception = body.as_mut().and_then(|body| body.as_mut().failure());
            self.interrupt.set(exception);
            self.is_interrupted.set(true);
        }
        if !self.with(|tasks| tasks.ends(task, body, ending)) {
            return self.ends_too_late(task, body, main);
        }
        ending == Ending::Interrupted
    }

    /// It was cancelled in its last turn, and has returned all the same. CPython cancels it nevertheless.
    #[cold]
    fn ends_too_late(
        self: &Rc<Self>,
        task: Key,
        body: &mut Option<BoxBody>,
        main: Option<&mut Main<'_>>,
    ) -> bool {
        let cancelled = self.with(|tasks| tasks.takes_cancelled(task));
        let ending = fails(body, main, cancelled);
        if let Some(body) = body {
            trace::ended(&self.told(Some(task)), body.as_mut().failure().as_ref());
        }
        self.with(|tasks| tasks.ends(task, body, ending));
        false
    }

    /// Drops a body in its present state, and ends its task with an exception.
    #[cold]
    pub(super) fn ends_early(
        self: &Rc<Self>,
        task: Key,
        body: &mut Option<BoxBody>,
        mut main: Option<&mut Main<'_>>,
        exception: Exception,
    ) -> bool {
        let ending = fails(body, main.as_deref_mut(), exception);
        self.ends(task, body, main, ending)
    }

    /// The run of a main task is over. If the task has not ended, nobody can poll it any longer: its future is dropped, and it
    /// ends as cancelled.
    pub(super) fn abandons_main(self: &Rc<Self>, main: &mut Main<'_>) {
        let (task, mut body) = (main.task, None);
        if self.with(|tasks| tasks.abandons(task, &mut body)) {
            let cancelled = Exception::new(Kind::Cancelled, "its run has ended");
            self.ends_early(task, &mut body, Some(main), cancelled);
        }
    }
}

#[inline]
fn poll(body: &mut Option<BoxBody>, cx: &mut Context<'_>) -> Poll<Ending> {
    match body {
        Some(body) => body.as_mut().poll(cx),
        None => unreachable!("a task has its body when its turn begins"),
    }
}

/// Replaces a body by an exception. If the body panics while it is dropped, its task ends with the panic.
fn fails(
    body: &mut Option<BoxBody>,
    mut main: Option<&mut Main<'_>>,
    exception: Exception,
) -> Ending {
    let Some(body) = body else {
        unreachable!("a task that ends has its body");
    };
    let mut fail = |exception: Exception| {
        if let Some(main) = &mut main {
            main.body.as_mut().fail(exception.clone());
        }
        body.as_mut().fail(exception);
    };
    let ending = Ending::of(&exception);
    match catching(|| fail(exception)) {
        Ok(()) => ending,
        Err(panic) => {
            drop(catching(|| fail(panic)));
            Ending::Failed
        }
    }
}
