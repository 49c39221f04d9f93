//! Generators: the caller's side ([`Generator`]) and the body's side ([`Co`]).
//!
//! A body is an `async` block that receives a [`Co`], and its only way to pause is `co.yield_(value).await?`. Values go
//! out there, values and exceptions come back in, and the body's end is one result.
//!
//! The rules are those of PEP 342, PEP 380 and PEP 479 as CPython 3.13 follows them, with Rust's types instead of Python's
//! `None`: a generator that is resumed without a value receives the [`Default`] of its type `S`. If `S` is `()` or an
//! `Option`, sending `()` or `None` is the same as resuming: it starts a new generator, and is `next` for an iterator that
//! is delegated to.
//!
//! Generators of the crate genawaiter become generators of this crate by [`From`](Generator#trait-implementations).

use std::{
    cell::RefCell,
    fmt,
    iter::FusedIterator,
    marker::PhantomData,
    mem::{self, ManuallyDrop},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    thread,
};

use crate::{
    Coroutine, Exception, Kind, Step,
    chain::{self, BoxFrame, Driver, Link, OfGenerator, Opaque, ignored_generator_exit},
    coroutine::is_none,
    dropping::{drop_guarded, drop_in_turn},
    exception::catching,
    reports::report,
    targets::GENERATOR,
};

/// A generator: yields `Y`s, receives `S`s, and returns an `R` at its end.
///
/// Creating one runs nothing. Each [`resume`](Generator::resume) or [`send`](Generator::send) runs the body to its next
/// `yield_`. Dropping a generator closes it.
///
/// ```
/// use tminus::{Exception, Generator, Step};
///
/// fn countdown(n: u32) -> Generator<u32> {
///     Generator::new(async move |co| {
///         for i in (1..=n).rev() {
///             co.yield_(i).await?; // a throw or a close surfaces here
///         }
///         Ok(())
///     })
/// }
///
/// let mut count = countdown(2);
/// assert_eq!(count.resume()?, Step::Yielded(2));
/// assert_eq!(count.resume()?, Step::Yielded(1));
/// assert_eq!(count.resume()?, Step::Returned(()));
///
/// assert_eq!(countdown(4).sum::<Result<u32, _>>()?, 10);
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "a generator does nothing until it is resumed"]
pub struct Generator<Y, S = (), R = ()> {
    stage: Stage<Y, S>,
    result: PhantomData<fn() -> R>,
}

/// How far a generator is, with the frames that it runs on.
///
/// | stage | entered when | left when |
/// |---|---|---|
/// | `Created` | it is created | it is started, closed, thrown into, or delegated to |
/// | `Live` | it is started | its body ends, it is closed, something panics, or it is delegated to |
/// | `Closed` | one of these has happened | never |
///
/// A body runs only in `Live`. Whatever takes a stage out leaves `Closed` in its place, before any code of the program's
/// can run, so a panic in between finds a closed generator.
pub(crate) enum Stage<Y, S> {
    Created(BoxFrame<Y, S>),
    Live(Driver<Y, S>),
    Closed,
}

/// What a generator is doing: Python's `inspect.getgeneratorstate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeneratorState {
    /// It was created, and never resumed.
    Created,
    /// Its body is running right now.
    Running,
    /// Its body waits at a `yield_`.
    Suspended,
    /// Its body has finished, was closed, or panicked.
    Closed,
}

impl GeneratorState {
    /// Returns the state of a generator behind a shared handle, which can also be found running.
    pub fn of<Y, S, R>(shared: &RefCell<Generator<Y, S, R>>) -> Self {
        match shared.try_borrow() {
            Ok(generator) => generator.state(),
            Err(_) => GeneratorState::Running,
        }
    }
}

/// The body's side of a generator: the way in which values leave it and come in.
pub struct Co<Y, S = ()> {
    pub(crate) link: Rc<Link<Y, S>>,
}

impl<Y, S> Co<Y, S> {
    /// Hands a value to the caller of the generator, and waits for the next resume: Python's `yield value`.
    ///
    /// Awaiting it returns the value that is sent in. If the generator is resumed without a value, that is
    /// [`S::default()`](Default).
    ///
    /// # Errors
    ///
    /// - The exception that is thrown in. `?` propagates it; a body can also handle it and continue.
    /// - `GeneratorExit` if the generator is closed or dropped. A body that yields again is reported to the closer.
    ///
    /// # Panics
    ///
    /// If the last `yield_` or `yield_from` of this generator was not awaited, because its value would be lost. The body
    /// can await nothing but these two: the generator panics if any other future is pending.
    #[inline]
    pub fn yield_(&self, value: Y) -> Yield<'_, Y, S> {
        self.link.yield_(value);
        Yield(&self.link)
    }
}

/// The future of [`Co::yield_`].
#[must_use = "a yield has to be awaited"]
pub struct Yield<'a, Y, S>(&'a Link<Y, S>);

impl<Y, S> Future for Yield<'_, Y, S> {
    type Output = Result<S, Exception>;

    #[inline]
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_sent()
    }
}

impl<Y, S, R> Generator<Y, S, R> {
    pub(crate) fn from_frame(frame: BoxFrame<Y, S>) -> Self {
        Self {
            stage: Stage::Created(frame),
            result: PhantomData,
        }
    }

    /// Takes the frames out.
    pub(crate) fn into_stage(mut self) -> Stage<Y, S> {
        let stage = self.take_stage();
        mem::forget(self); // it is closed, and has nothing to drop
        stage
    }

    fn take_stage(&mut self) -> Stage<Y, S> {
        mem::replace(&mut self.stage, Stage::Closed)
    }

    /// Returns what the generator is doing.
    pub fn state(&self) -> GeneratorState {
        match self.stage {
            Stage::Created(_) => GeneratorState::Created,
            Stage::Live(_) => GeneratorState::Suspended,
            Stage::Closed => GeneratorState::Closed,
        }
    }
}

impl<Y, S, R: 'static> Generator<Y, S, R> {
    /// Creates a generator from its body. Runs nothing.
    pub fn new<F, Fut>(body: F) -> Self
    where
        Y: 'static,
        S: 'static,
        F: FnOnce(Co<Y, S>) -> Fut + 'static,
        Fut: Future<Output = Result<R, Exception>> + 'static,
    {
        Self::from_frame(chain::boxed::<OfGenerator, _, _, _, _, _>(move |link| {
            body(Co { link })
        }))
    }

    /// Runs a new generator to its first `yield_`: Python's first `next(g)`. Here `S` need not have a default.
    ///
    /// # Errors
    ///
    /// - The exception that ended the generator.
    /// - `TypeError` if the generator was started before. It is not disturbed.
    /// - `StopIteration` if the generator is closed.
    ///
    /// # Panics
    ///
    /// If the body panics. The generator is closed then. The same is true of everything that runs the body.
    pub fn start(&mut self) -> Result<Step<Y, R>, Exception> {
        match self.take_stage() {
            Stage::Created(frame) => {
                self.stage = Stage::Live(Driver::new(frame));
                self.drive(|driver| driver.start())
            }
            live @ Stage::Live(_) => {
                self.stage = live;
                Err(Exception::new(
                    Kind::TypeError,
                    "can't start a generator twice: resume it, or send to it",
                ))
            }
            Stage::Closed => Err(Kind::StopIteration.into()),
        }
    }

    /// Starts the generator, drops the first value, and returns the generator ready to be sent to: the `@coroutine`
    /// decorator of many Python texts.
    ///
    /// ```
    /// use tminus::{Exception, Generator};
    ///
    /// let mut total = Generator::<u32, u32>::new(async |co| {
    ///     let mut sum = 0;
    ///     loop {
    ///         sum += co.yield_(sum).await?;
    ///     }
    /// })
    /// .primed()?;
    /// assert_eq!(total.send(3)?.yielded(), Some(3));
    /// assert_eq!(total.send(4)?.yielded(), Some(7));
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - The exception that ended the generator.
    /// - `TypeError` if the generator was started before.
    /// - `StopIteration` if the generator is closed; or with its result if it finishes without a single `yield_`.
    pub fn primed(mut self) -> Result<Self, Exception> {
        match self.start()? {
            Step::Yielded(_) => Ok(self),
            Step::Returned(result) => Err(Exception::stop_iteration(result)),
        }
    }

    /// Runs the generator to its next `yield_`: Python's `next(g)`. The `yield_` at which it waits returns `S::default()`.
    ///
    /// # Errors
    ///
    /// - The exception that ended the generator.
    /// - `StopIteration` if the generator is closed.
    #[inline]
    pub fn resume(&mut self) -> Result<Step<Y, R>, Exception>
    where
        S: Default,
    {
        match self.stage {
            Stage::Live(_) => self.drive(|driver| driver.resume(S::default())),
            Stage::Created(_) | Stage::Closed => self.start(),
        }
    }

    /// Runs the generator to its next `yield_`: Python's `g.send(value)`. The `yield_` at which it waits returns `value`.
    ///
    /// Sending `()`, or the `None` of an `Option`, to a new generator starts it, as `g.send(None)` does in Python.
    ///
    /// # Errors
    ///
    /// - The exception that ended the generator.
    /// - `TypeError` if the generator was not started and `value` is any other value, because no `yield_` waits for it.
    ///   The generator is not disturbed, and `value` is dropped.
    /// - `StopIteration` if the generator is closed.
    #[inline]
    pub fn send(&mut self, value: S) -> Result<Step<Y, R>, Exception> {
        match self.stage {
            Stage::Live(_) => self.drive(|driver| driver.send(value)),
            Stage::Created(_) | Stage::Closed => self.send_first(value),
        }
    }

    /// Raises an exception at the `yield_` at which the generator waits, and runs it to the next one: Python's
    /// `g.throw(exception)`.
    ///
    /// A generator that was never started runs nothing: it is closed, and the exception is returned.
    ///
    /// # Errors
    ///
    /// - The exception itself if the body propagates it, and if the generator was not started or is closed.
    /// - Any other exception that ended the generator.
    pub fn throw(&mut self, exception: impl Into<Exception>) -> Result<Step<Y, R>, Exception> {
        let exception = exception.into();
        match self.stage {
            Stage::Live(_) => self.drive(|driver| driver.throw(exception)),
            Stage::Created(_) | Stage::Closed => {
                // If the drop of the body panics, this is leaked: a panic in its drop, too, would abort the process.
                let exception = ManuallyDrop::new(exception);
                self.close_unstarted();
                Err(ManuallyDrop::into_inner(exception))
            }
        }
    }

    /// Raises `GeneratorExit` at the `yield_` at which the generator waits, so that it cleans up and finishes: Python's
    /// `g.close()`. Returns the result if the body returns one in answer.
    ///
    /// A generator that was never started runs nothing. Closing a closed generator does nothing.
    ///
    /// # Errors
    ///
    /// - The exception that the body raises in answer.
    /// - `RuntimeError`, "generator ignored GeneratorExit", if the body yields again. The generator is still alive then.
    pub fn close(&mut self) -> Result<Option<R>, Exception> {
        if !matches!(self.stage, Stage::Live(_)) {
            self.close_unstarted();
            return Ok(None);
        }
        match self.drive(Driver::close) {
            Ok(Step::Returned(result)) => Ok(Some(result)),
            Ok(Step::Yielded(())) => Err(ignored_generator_exit()),
            Err(exception) if exception.kind() == Kind::GeneratorExit => Ok(None),
            Err(exception) => Err(exception),
        }
    }

    fn close_unstarted(&mut self) {
        if let Stage::Created(frame) = self.take_stage() {
            drop_unstarted(frame);
        }
    }

    /// Sends to a generator that waits at no `yield_`.
    #[cold]
    fn send_first(&mut self, value: S) -> Result<Step<Y, R>, Exception> {
        if matches!(self.stage, Stage::Created(_)) && !is_none(&value) {
            return Err(Exception::new(
                Kind::TypeError,
                "can't send non-None value to a just-started generator",
            ));
        }
        self.start()
    }

    /// Lets the driver run, and closes the generator if that ends it: by its end, or by a panic.
    #[inline(always)]
    fn drive<T>(
        &mut self,
        run: impl FnOnce(&mut Driver<Y, S>) -> Step<T, ()>,
    ) -> Result<Step<T, R>, Exception> {
        // A guard and not `catch_unwind`: it costs nothing unless there is a panic, and that one just passes.
        let guard = CloseOnPanic(&mut self.stage);
        let Stage::Live(driver) = &mut *guard.0 else {
            unreachable!("only a live generator is driven");
        };
        let step = run(driver);
        mem::forget(guard);
        match step {
            Step::Yielded(value) => Ok(Step::Yielded(value)),
            Step::Returned(()) => self.finish().map(Step::Returned),
        }
    }

    #[cold]
    #[inline(never)]
    fn finish(&mut self) -> Result<R, Exception> {
        let Stage::Live(driver) = self.take_stage() else {
            unreachable!("it has just run");
        };
        chain::take_result(driver.into_finished())
    }
}

/// Drops the frames, and runs nothing of them, when a panic passes.
struct CloseOnPanic<'a, Y, S>(&'a mut Stage<Y, S>);

impl<Y, S> Drop for CloseOnPanic<'_, Y, S> {
    #[inline(always)]
    fn drop(&mut self) {
        *self.0 = Stage::Closed;
    }
}

/// Closes the generator. An exception that its body raises then cannot be returned: it is reported as a `tracing` event of
/// level `ERROR`.
///
/// The body runs even while a panic unwinds, as Python's `finally` does. A second panic is reported and stopped.
impl<Y, S, R> Drop for Generator<Y, S, R> {
    #[inline]
    fn drop(&mut self) {
        match self.take_stage() {
            Stage::Created(frame) => drop_unstarted(frame),
            Stage::Live(driver) => finalize(driver),
            Stage::Closed => {}
        }
    }
}

fn finalize<Y, S>(driver: Driver<Y, S>) {
    // In turn, because a variable of the body may be a generator that has another one in a variable, and so on.
    let finalize = driver.finalizer();
    if !thread::panicking() {
        finalize(driver);
    } else if catching(|| finalize(driver)).is_err() {
        report!(error, target: GENERATOR, {}, "panic while a generator was dropped during another panic", "");
    }
}

/// Drops a body that never ran.
///
/// It may own another one, that another one, and so on: a chain of a million generators, built and never started.
fn drop_unstarted<Y, S>(frame: BoxFrame<Y, S>) {
    let frame: Pin<Box<dyn Opaque>> = frame;
    drop_guarded(|| drop_in_turn(frame));
}

/// Returns each value that is yielded. If an exception ends the generator, that is the last item. The result is dropped, as
/// by Python's `for`.
impl<Y, S: Default, R: 'static> Iterator for Generator<Y, S, R> {
    type Item = Result<Y, Exception>;

    fn next(&mut self) -> Option<Result<Y, Exception>> {
        match self.stage {
            Stage::Closed => None,
            Stage::Created(_) | Stage::Live(_) => match self.resume() {
                Ok(Step::Yielded(value)) => Some(Ok(value)),
                Ok(Step::Returned(_)) => None,
                Err(exception) => Some(Err(exception)),
            },
        }
    }
}

impl<Y, S: Default, R: 'static> FusedIterator for Generator<Y, S, R> {}

impl<Y, S: Default, R: 'static> Coroutine for Generator<Y, S, R> {
    type Yield = Y;
    type Send = S;
    type Return = R;

    fn resume(&mut self) -> Result<Step<Y, R>, Exception> {
        self.resume()
    }

    fn send(&mut self, value: S) -> Result<Step<Y, R>, Exception> {
        self.send(value)
    }

    fn throw(&mut self, exception: Exception) -> Result<Step<Y, R>, Exception> {
        self.throw(exception)
    }

    fn close(&mut self) -> Result<Option<R>, Exception> {
        self.close()
    }
}

impl<Y, S, R> fmt::Debug for Generator<Y, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator")
            .field("state", &self.state())
            .finish()
    }
}

impl<Y, S> fmt::Debug for Yield<'_, Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Yield")
    }
}

impl<Y, S> fmt::Debug for Co<Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Co")
    }
}
