//! Runs with a main: `run_until_complete`, and `run`, which cleans up after it.
//!
//! The body of main stays on the stack of its run, so it can borrow. In the table, a stand-in lies in the row of main, and each
//! round is lent the body.

use std::{
    cell::Cell,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Waker},
};

use super::{
    api::EventLoop,
    body::{Body, Main, Stage, StandIn},
    current::none_may_run,
    future::LoopFuture,
    future_ref::FutureRef,
    keys::Key,
    outcome::Outcome,
    replies::ExpectedFrom,
    reply::Reply,
    results::{result_of, task_exception},
    task::Task,
    task_ref::{self, TaskRef},
    waits::reason::{FutureKind, LineWords, Party},
};
use crate::{Exception, Kind};

impl EventLoop {
    /// Runs until `main` is done, and returns its result. Other tasks stay as they are.
    ///
    /// `main` is a task or a future of this loop, or any other future, which becomes a task for this run. That future can borrow
    /// from the caller, because it never leaves this call. If the run ends before `main` is done, `main` is dropped, and
    /// its task ends as cancelled. To continue `main` in a later run, spawn it with [`create_task`](EventLoop::create_task) and pass the
    /// task.
    ///
    /// ```
    /// use tminus::{EventLoop, Exception, sleep};
    /// use std::time::Duration;
    ///
    /// let mut log = Vec::new();
    /// EventLoop::new().run_until_complete(async {
    ///     log.push("ignition"); // borrows `log`
    ///     sleep(Duration::from_millis(1)).await?;
    ///     log.push("lift-off");
    ///     Ok(())
    /// })?;
    /// assert_eq!(log, ["ignition", "lift-off"]);
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - What `main` raises.
    /// - [`Deadlock`](super::Deadlock) if nothing can ever happen again.
    /// - `KeyboardInterrupt` if any task or callback raises it: that ends the run immediately.
    /// - `RuntimeError` if the loop is closed, is stopped before `main` is done, or a loop is already running on this thread.
    /// - `ValueError` if `main` belongs to another loop.
    pub fn run_until_complete<T, F>(&self, main: F) -> Result<T, Exception>
    where
        T: 'static,
        F: IntoFuture<Output: Outcome<Value = T>>,
    {
        let body = main.into_future();
        let mut body = pin!(Stage::Running { body });
        let future = self.starts(body.as_mut())?;
        let task = key_of_main::<T, F::IntoFuture>(&future);
        let mut main = lends_main(task, body.as_mut());
        let completed = self.completes(&future, &mut main);
        self.abandons(&mut main);
        completed?;
        result_of_main(&future, body)
    }

    /// Starts the main of a run: returns the task or future that it is a handle to, or a new task for it.
    fn starts<T, F>(&self, body: Pin<&mut Stage<F, T>>) -> Result<FutureRef, Exception>
    where
        T: 'static,
        F: Future<Output: Outcome<Value = T>>,
    {
        self.0.open()?;
        none_may_run()?;
        if is_handle::<F, T>()
            && let Some(handle) = body.running()
            && let Some(future) = FutureRef::asked_from(|cx| drop(handle.poll(cx)))
        {
            return match future.kernel() {
                Some(kernel) if !Rc::ptr_eq(kernel, &self.0) => Err(of_another_loop()),
                Some(_) | None => Ok(future),
            };
        }
        let task = task_ref::spawn(&self.0, None, StandIn::of_main())?;
        Ok(task.as_future())
    }

    /// Runs until the main of a run is done. If that failed before it had a loop, it is done.
    fn completes(&self, future: &FutureRef, main: &mut Option<Main<'_>>) -> Result<(), Exception> {
        if future.kernel().is_none() {
            return Ok(());
        }
        self.runs_until(future, main)?;
        match future.done() {
            true => Ok(()),
            false => Err(Exception::new(
                Kind::RuntimeError,
                "Event loop stopped before Future completed.",
            )),
        }
    }

    /// No further run polls main.
    fn abandons(&self, main: &mut Option<Main<'_>>) {
        if let Some(main) = main {
            self.0.abandons_main(main);
        }
    }

    /// Runs to the end of the round after the one in which the future is done, as asyncio does, unless something else ends the
    /// run before.
    fn runs_until(&self, future: &FutureRef, main: &mut Option<Main<'_>>) -> Result<(), Exception> {
        let this_run = Rc::new(self.0.clone());
        let stopped = Rc::downgrade(&this_run); // a callback that is called too late stops no later run
        let id = future.add_callback(move |_| {
            if let Some(kernel) = stopped.upgrade() {
                kernel.stopping.set(true);
            }
        });
        let ended = self.0.run(main.as_mut().map(Main::again));
        future.remove_callback(id);
        ended
    }

    /// Runs `main`, cancels the tasks that remain, lets them clean up, waits for the jobs of the default executor, and closes
    /// the loop: Python's `asyncio.run`.
    ///
    /// An exception of a task that is cancelled in this way goes to the exception handler.
    ///
    /// # Ctrl-C
    ///
    /// On the real clock and on the main thread of the program, the run hears Ctrl-C (SIGINT), as in CPython:
    ///
    /// - The first Ctrl-C cancels `main`. If `main` then ends as cancelled, the run raises `KeyboardInterrupt`. If `main` returns
    ///   a result or raises something else, that is the result of the run.
    /// - The second one ends the run. Tasks that remain are cancelled and can clean up, until a further Ctrl-C. The run raises
    ///   `KeyboardInterrupt`.
    /// - One that is pressed before the loop could answer the last one ends the process: a task keeps the loop from running.
    ///
    /// After the run, Ctrl-C ends the process, as it does by default.
    ///
    /// If SIGINT is ignored or caught when the first run begins, as in the background jobs of a shell script, Ctrl-C stays what it
    /// is. That is looked up in Linux's `/proc`; on other systems, SIGINT is taken to be at its default. All this is for Unix and
    /// the feature `io`. Elsewhere, and on other clocks, Ctrl-C ends the process.
    ///
    /// # Errors
    ///
    /// - Those of [`run_until_complete`](EventLoop::run_until_complete).
    /// - `KeyboardInterrupt` if Ctrl-C has ended the run.
    pub fn run<T, F>(self, main: F) -> Result<T, Exception>
    where
        T: 'static,
        F: IntoFuture<Output: Outcome<Value = T>>,
    {
        let body = main.into_future();
        let mut body = pin!(Stage::Running { body });
        let hearing = self.0.begins_to_hear();
        let started = self.starts(body.as_mut());
        let task = started
            .as_ref()
            .ok()
            .and_then(key_of_main::<T, F::IntoFuture>);
        let result = started.and_then(|future| {
            self.runs_main(&future, lends_main(task, body.as_mut()), hearing.is_some())?;
            result_of_main(&future, body.as_mut())
        });
        // If main has not ended, it is cancelled with the other tasks, so its body is polled in the clean-up, too.
        let mut main = lends_main(task, body);
        let shut_down = self.shuts_down(&mut main);
        self.abandons(&mut main);
        let closed = self.close();
        let was_pressed = hearing.is_some_and(|hearing| self.0.hears_no_longer(hearing));
        closed?;
        match was_pressed {
            true => Err(Kind::KeyboardInterrupt.into()),
            false => shut_down.and(result),
        }
    }

    /// Runs main, which the first Ctrl-C cancels if the run hears it.
    fn runs_main(
        &self,
        future: &FutureRef,
        mut main: Option<Main<'_>>,
        hears: bool,
    ) -> Result<(), Exception> {
        let main = &mut main;
        if !hears {
            return self.completes(future, main);
        }
        let any = future.clone();
        let cancels = move || !any.done() && any.cancel();
        self.0.interrupts.has_main(Box::new(cancels));
        let completed = self.completes(future, main);
        let was_cancelled = self.0.interrupts.has_no_main();
        completed?;
        // If somebody else has cancelled it as well, it is not only Ctrl-C that ended it.
        match was_cancelled && future.ended_cancelled() && future.uncancel() == 0 {
            true => Err(Kind::KeyboardInterrupt.into()),
            false => Ok(()),
        }
    }

    /// What `asyncio.run` does before it closes the loop: cancel, gather, report; and then four more rounds, which are those
    /// of `shutdown_asyncgens` and `shutdown_default_executor`, or more if the executor has jobs. What a clean-up spawns or
    /// schedules has its turns in them.
    fn shuts_down(&self, main: &mut Option<Main<'_>>) -> Result<(), Exception> {
        if self.0.open().is_err() || none_may_run().is_err() {
            return Ok(());
        }
        self.0.stopping.set(false); // whoever has stopped the loop has stopped the run, and that is over
        let closing = self.0.generators.closing();
        let mut left = self.all_tasks();
        left.retain(|task| !closing.contains(&task.key()));
        for task in &left {
            task.cancel();
        }
        if !left.is_empty() {
            self.reports_all_but_interrupts(self.waits_for(&left, main))?;
            for task in left.iter().filter(|task| !task.cancelled()) {
                if let Ok(Some(exception)) = task_exception(task) {
                    self.0
                        .reports(FAILED_SHUTDOWN, &exception, Some(task.key()));
                }
            }
        }
        self.closes_generators(main)?;
        self.reports_all_but_interrupts(self.0.run_rounds(2, main))?;
        match self.shuts_executor_down() {
            None => self.reports_all_but_interrupts(self.0.run_rounds(2, main)),
            Some(over) => self.reports_all_but_interrupts(self.runs_until_done(&over, main)),
        }
    }

    /// Lets all async generators clean up that were begun and not finished: Python's `loop.shutdown_asyncgens`. What they drop
    /// in doing so is closed, too.
    fn closes_generators(&self, main: &mut Option<Main<'_>>) -> Result<(), Exception> {
        loop {
            let closing = self.0.closes_generators();
            if closing.is_empty() {
                return Ok(());
            }
            self.reports_all_but_interrupts(self.waits_for(&closing, main))?;
            for task in &closing {
                if let Ok(Some(exception)) = task_exception(task) {
                    self.0.reports(FAILED_CLOSING, &exception, None);
                }
            }
        }
    }

    /// Shuts the default executor down. Returns a future of the end of its jobs, if there is one: the loop runs until then, so
    /// that jobs can call into it, and a `KeyboardInterrupt` can end the wait.
    pub(crate) fn shuts_executor_down(&self) -> Option<LoopFuture<()>> {
        let executor = self.0.shuts_executor_down()?;
        let party = Rc::new(Party::Words(executor.words().into()));
        let over = LoopFuture::new_for(&self.0, FutureKind::Outside(&JOBS, party));
        let ends = over.clone();
        let reply = Reply::new(&self.0, ExpectedFrom::Outside, move || match ends.done() {
            true => Ok(()), // cancelled
            false => ends.set_result(()),
        });
        executor.shuts_down(Box::new(move || reply.arrives()));
        Some(over)
    }

    /// A `KeyboardInterrupt` ends the clean-up, too. Anything else that does is reported: `run` has a result already.
    fn reports_all_but_interrupts(&self, ended: Result<(), Exception>) -> Result<(), Exception> {
        match ended {
            Err(exception) if exception.kind() != Kind::KeyboardInterrupt => {
                self.0.reports(FAILED_SHUTDOWN, &exception, None);
                Ok(())
            }
            ended => ended,
        }
    }

    /// Runs until all are done, and the round after, as a gather of them would.
    fn waits_for(&self, all: &[TaskRef], main: &mut Option<Main<'_>>) -> Result<(), Exception> {
        let left = Rc::new(Cell::new(all.len()));
        let over = self.create_future::<()>();
        for one in all {
            let (left, over) = (left.clone(), over.clone());
            one.as_future().add_callback(move |_| {
                left.set(left.get() - 1);
                if left.get() == 0 {
                    over.set_result(()).expect("it is set once");
                }
            });
        }
        self.runs_until_done(&over, main)
    }

    /// However often the loop is stopped in between.
    fn runs_until_done(
        &self,
        over: &LoopFuture<()>,
        main: &mut Option<Main<'_>>,
    ) -> Result<(), Exception> {
        while !over.done() {
            self.runs_until(&over.any(), main)?;
        }
        Ok(())
    }
}

/// Whether main is a handle to a task or a future. (Its type can borrow, so it has no `TypeId` of the standard library.)
fn is_handle<F, T: 'static>() -> bool {
    let main = typeid::of::<F>();
    main == typeid::of::<Task<T>>() || main == typeid::of::<LoopFuture<T>>()
}

/// The task of a main that is no handle.
fn key_of_main<T: 'static, F>(future: &FutureRef) -> Option<Key> {
    let task = future.task().filter(|_| !is_handle::<F, T>())?;
    Some(task.key())
}

/// Lends the body of a main that is a task of its own. That of a handle is only polled for its result.
fn lends_main<'a>(task: Option<Key>, body: Pin<&'a mut (dyn Body + 'a)>) -> Option<Main<'a>> {
    task.map(|task| Main { task, body })
}

/// The result of a main that is done.
fn result_of_main<T, F>(future: &FutureRef, mut body: Pin<&mut Stage<F, T>>) -> Result<T, Exception>
where
    T: 'static,
    F: Future<Output: Outcome<Value = T>>,
{
    if is_handle::<F, T>() {
        let polled = body.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        debug_assert!(polled.is_ready(), "a handle to what is done does not wait");
    } else if let Some(task) = future.task() {
        // The exception is that of the row: only the first who asks gets the very `Cancelled`.
        result_of::<()>(task.borrow(), None)?;
    }
    body.takes().expect("it is done")
}

const JOBS: LineWords = LineWords {
    kind: "thread",
    words: "the jobs of",
};

const FAILED_SHUTDOWN: &str = "unhandled exception during asyncio.run() shutdown";

const FAILED_CLOSING: &str = "an error occurred during closing of asynchronous generator";

#[cold]
pub(crate) fn of_another_loop() -> Exception {
    Exception::new(
        Kind::ValueError,
        "The future belongs to a different loop than the one specified as the loop argument",
    )
}

/// Runs `main` on a new loop with a real clock: Python's `asyncio.run`. See [`EventLoop::run`], which also says what Ctrl-C does.
///
/// `main` can borrow from the caller, and returns a plain value or a `Result<T, Exception>` (see
/// [`Outcome`](super::Outcome)). A result moves: it need not be `Clone`.
///
/// ```
/// use tminus::{Exception, run};
///
/// assert_eq!(run(async { Ok(42) })?, 42);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// Those of [`EventLoop::run_until_complete`].
pub fn run<T, F>(main: F) -> Result<T, Exception>
where
    T: 'static,
    F: IntoFuture<Output: Outcome<Value = T>>,
{
    EventLoop::new().run(main)
}
