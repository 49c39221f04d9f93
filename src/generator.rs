//! Generators: the caller's side ([`Generator`]) and the body's side ([`Co`]).
//!
//! A body is an `async` closure that receives a [`Co`]. It pauses at `co.yield_(value).await?`: the value goes out to the
//! caller, and a value or an exception comes back in. The body's end is one result.
//!
//! The rules are those of PEP 342, PEP 380 and PEP 479 as CPython 3.13 follows them, with Rust's types instead of Python's
//! `None`: a generator that is resumed without a value receives the [`Default`] of its type `S`. If `S` is `()` or an
//! `Option`, sending `()` or `None` is the same as resuming: it starts a new generator, and calls `next` on an iterator
//! that is delegated to.
//!
//! # Borrowing
//!
//! A [`Generator`] owns everything that its body uses, so it has no lifetime, can be stored anywhere, and can be a task. A
//! [`ScopedGenerator`] borrows, and its body receives a [`ScopedCo`]. Both have the same methods, follow the same rules and
//! cost the same to resume. A `Generator` becomes a `ScopedGenerator` by [`From`](ScopedGenerator#trait-implementations).
//!
//! Generators of the crate genawaiter become generators of this crate by [`From`](Generator#trait-implementations).

mod lifecycle;
mod methods;
mod scoped;

use std::{
    cell::RefCell,
    fmt,
    iter::FusedIterator,
    marker::PhantomData,
    mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    thread,
};

use crate::{
    Coroutine, Exception, Step,
    chain::{self, BoxFrame, Link, OfGenerator},
    exception::catching,
    reports::report,
    targets::GENERATOR,
};
use lifecycle::{Core, InFrame};
pub(crate) use lifecycle::{Found, Stage};
use methods::{methods, traits};
pub use scoped::{ScopedCo, ScopedGenerator};

/// A generator: yields `Y`s, receives `S`s, and returns an `R` at its end.
///
/// Creating a generator runs nothing. Each [`resume`](Generator::resume) or [`send`](Generator::send) runs the body to its
/// next `yield_`. Dropping a generator closes it.
///
/// The body owns what it uses. For a body that borrows, such as from a `&str` parameter, use [`ScopedGenerator`].
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
pub struct Generator<Y: 'static, S: 'static = (), R: 'static = ()> {
    core: Core<'static, Y, S, InFrame<R>>,
}

/// What a generator is doing: Python's `inspect.getgeneratorstate`.
///
/// ```
/// use tminus::{Generator, GeneratorState};
///
/// let mut once = Generator::<u32>::new(async |co| co.yield_(1).await);
/// assert_eq!(once.state(), GeneratorState::Created);
/// once.resume()?;
/// assert_eq!(once.state(), GeneratorState::Suspended);
/// once.resume()?;
/// assert_eq!(once.state(), GeneratorState::Closed);
/// # Ok::<(), tminus::Exception>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeneratorState {
    /// The generator was created, and never resumed.
    Created,
    /// The body is running right now.
    Running,
    /// The body waits at a `yield_` or a `yield_from`.
    Suspended,
    /// The body has finished, was closed, or has panicked; or another generator delegates to this one.
    Closed,
}

impl GeneratorState {
    /// Returns the state of a generator in a `RefCell`. Only this function can find a generator running.
    #[must_use]
    pub fn of<Y, S, R>(shared: &RefCell<Generator<Y, S, R>>) -> Self {
        match shared.try_borrow() {
            Ok(generator) => generator.state(),
            Err(_) => GeneratorState::Running,
        }
    }
}

/// The body's side of a generator: yields values, and receives what is sent and thrown in.
///
/// ```
/// use tminus::{Co, Exception, Generator};
///
/// async fn twice(co: &Co<char>, letter: char) -> Result<(), Exception> {
///     co.yield_(letter).await?;
///     co.yield_(letter).await
/// }
///
/// let letters = Generator::new(async |co| {
///     twice(&co, 'a').await?;
///     twice(&co, 'b').await
/// });
/// assert_eq!(letters.collect::<Result<String, _>>()?, "aabb");
/// # Ok::<(), Exception>(())
/// ```
pub struct Co<Y, S = ()> {
    pub(crate) link: Rc<Link<Y, S>>,
}

impl<Y, S> Co<Y, S> {
    /// Yields `value` to the caller and suspends the generator: Python's `yield value`.
    ///
    /// Resolves to the value that is sent in, or to [`S::default()`](Default) if the generator is resumed without a value.
    ///
    /// # Errors
    ///
    /// - The exception that is thrown in. `?` propagates it; a body can also handle it and continue.
    /// - `GeneratorExit` if the generator is closed or dropped. If the body yields again, `close` raises `RuntimeError`.
    ///
    /// # Panics
    ///
    /// If the last `yield_` or `yield_from` of this generator was not awaited, because its value would be lost. The body
    /// can await only these two: the generator panics if any other future is pending.
    #[inline]
    pub fn yield_(&self, value: Y) -> Yield<'_, Y, S> {
        self.link.yield_(value);
        Yield(&self.link)
    }
}

/// The future that [`Co::yield_`] returns.
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
    pub(crate) fn from_frame(frame: BoxFrame<'static, Y, S>) -> Self {
        Self {
            core: Core::new(frame, InFrame(PhantomData)),
        }
    }

    /// Takes the frames out.
    pub(crate) fn into_stage(mut self) -> Stage<'static, Y, S> {
        let stage = self.core.take_stage();
        mem::forget(self); // it is closed, and has nothing to drop
        stage
    }

    /// Returns what the generator is doing: Python's `inspect.getgeneratorstate`.
    pub fn state(&self) -> GeneratorState {
        self.core.state()
    }
}

impl<Y, S, R> Generator<Y, S, R> {
    /// Creates a generator from its body. Runs nothing.
    pub fn new<F, Fut>(body: F) -> Self
    where
        F: FnOnce(Co<Y, S>) -> Fut + 'static,
        Fut: Future<Output = Result<R, Exception>> + 'static,
    {
        Self::from_frame(chain::boxed::<OfGenerator, _, _, _, _, _>(move |link| {
            body(Co { link })
        }))
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

    methods!();
}

traits!(Generator<Y, S, R>, [Y, S, R]);

/// Closes the generator. An exception that the body raises in answer cannot be returned, so it is logged through `tracing`
/// at level `ERROR`.
///
/// The body runs even while a panic unwinds, as Python's `finally` does. A second panic is caught and logged.
impl<Y, S, R> Drop for Generator<Y, S, R> {
    #[inline]
    fn drop(&mut self) {
        match self.core.take_stage() {
            Stage::Created(frame) => frame.drop_unstarted(),
            // In turn, because the body can own a generator whose body owns another one, and so on.
            Stage::Live(driver) => finalize_guarded(|| driver.finalize_in_turn()),
            Stage::Closed => {}
        }
    }
}

/// Finalizes a generator. If the thread is panicking already, a second panic is logged instead of aborting the process.
fn finalize_guarded(finalize: impl FnOnce()) {
    if !thread::panicking() {
        finalize();
    } else if catching(finalize).is_err() {
        report!(error, target: GENERATOR, {}, "panic while a generator was dropped during another panic", "");
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
