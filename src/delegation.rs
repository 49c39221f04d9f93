//! `yield from`: delegating to another coroutine until it finishes.
//!
//! `co.yield_from(sub).await?` lets another coroutine take this generator's place: what `sub` yields comes out of this
//! generator, what is sent or thrown in reaches `sub`, and the result of `sub` is the value of the expression. The rules
//! are PEP 380's.
//!
//! A [`Generator`] costs nothing to delegate to: its frames go on top of the stack, and the driver resumes the top one.
//! Any other coroutine is driven by the loop that PEP 380 specifies. So is a generator that takes other values than the
//! one that delegates to it; each such pair in a chain is a call inside a call.
//!
//! A generator that borrows, a [`ScopedGenerator`](crate::ScopedGenerator), delegates with
//! [`ScopedCo::yield_from`](crate::ScopedCo::yield_from), at the same costs.
//!
//! # Delegates that take no values
//!
//! Anything iterable, and any coroutine whose [`Send`](Coroutine::Send) is `()`, can be delegated to by a generator with
//! another send type. A value that is sent while the delegate runs is treated as in Python: a generator ignores the value,
//! and an iterator or an object without `send` raises `AttributeError`. `()` and the `None` of an `Option` do not count as
//! values, because Python only resumes a delegate for `None`.
//!
//! Here a lexer takes no values, and the generator that delegates to it does:
//!
//! ```
//! use tminus::{Exception, Generator, Step};
//!
//! fn lex(line: String) -> Generator<String> {
//!     Generator::new(async move |co| {
//!         for word in line.split_whitespace() {
//!             co.yield_(word.to_string()).await?;
//!         }
//!         Ok(())
//!     })
//! }
//!
//! /// Asks for lines, and yields the tokens of each.
//! fn session() -> Generator<String, Option<String>> {
//!     Generator::new(async |co| {
//!         while let Some(line) = co.yield_(">".to_string()).await? {
//!             co.yield_from(lex(line)).await?;
//!         }
//!         Ok(())
//!     })
//! }
//!
//! let mut session = session().primed()?;
//! assert_eq!(session.send(Some("let x".into()))?, Step::Yielded("let".into()));
//! assert_eq!(session.resume()?, Step::Yielded("x".into()));
//! assert_eq!(session.send(Some("ignored by the lexer".into()))?, Step::Yielded(">".into()));
//! assert_eq!(session.send(None)?, Step::Returned(()));
//! # Ok::<(), Exception>(())
//! ```
//!
//! The send type of the delegating generator has to be known to be another type than `()`. The types of the standard
//! library are. For other types, mark the type as [`NotUnit`], or write
//! [`co.yield_from(sub.ignore_sent())`](Coroutine::ignore_sent).

mod not_unit;
mod scoped;
mod sealed;

use std::{any::Any, fmt, future, marker::PhantomData, pin::Pin, task::Poll};

use crate::{
    Coroutine, Exception, Generator, Kind, Step,
    chain::{self, Input, Link, OfObject},
    coroutine::{IgnoreSent, is_none},
    exception::is_bare_stop_iteration,
    generator::{Co, Stage},
};
pub use not_unit::NotUnit;
pub use scoped::{ScopedDelegate, ScopedYieldFrom};
pub(crate) use sealed::Sealed;

/// What [`Co::yield_from`] takes: a [`Generator`], any other [`Coroutine`], or anything iterable.
///
/// `Via` tells the implementations apart and is always inferred. The trait is sealed: implement [`Coroutine`] or
/// [`IntoIterator`] for your own types.
///
/// ```
/// use tminus::{Exception, Generator, delegation::Delegate};
///
/// fn parenthesized<D, Via>(inner: D) -> Generator<char>
/// where
///     D: Delegate<char, (), Via> + 'static,
/// {
///     Generator::new(async move |co| {
///         co.yield_('(').await?;
///         co.yield_from(inner).await?;
///         co.yield_(')').await?;
///         Ok(())
///     })
/// }
///
/// let text: String = parenthesized("ab".chars()).collect::<Result<_, _>>()?;
/// assert_eq!(text, "(ab)");
/// let text: String = parenthesized(parenthesized(['c'])).collect::<Result<_, _>>()?;
/// assert_eq!(text, "((c))");
/// # Ok::<(), Exception>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a generator that yields `{Y}` cannot delegate to `{Self}`",
    note = "`yield_from` takes a `Generator`, a `Coroutine` or something iterable; it has to yield `{Y}` and, unless \
            it takes no values, take `{S}`"
)]
pub trait Delegate<Y: 'static, S: 'static, Via> {
    /// The type of the delegation's result.
    type Return: 'static;

    #[doc(hidden)]
    fn into_generator(self, _: Sealed) -> Generator<Y, S, Self::Return>;
}

/// Marks the implementation of [`Delegate`] for coroutines that take what the delegating generator is sent.
#[derive(Debug)]
#[non_exhaustive]
pub struct ViaCoroutine;

/// Marks the implementation of [`Delegate`] for coroutines that take no values, under a generator that does.
#[derive(Debug)]
#[non_exhaustive]
pub struct ViaUnit;

/// Marks the implementation of [`Delegate`] for iterators, and for what can be made into one.
#[derive(Debug)]
#[non_exhaustive]
pub struct ViaIterator;

/// Marks the implementation of [`Delegate`] for genawaiter's generators.
#[derive(Debug)]
#[non_exhaustive]
pub struct ViaGenawaiter;

impl<Y, S> Co<Y, S> {
    /// Lets `sub` take this generator's place until it finishes, and returns its result: Python's `yield from sub`.
    ///
    /// `sub` can be a [`Generator`] (new, started, or in the middle of a delegation of its own), any other
    /// [`Coroutine`], or anything iterable. It is resumed first. Every value and exception that arrives after that goes to
    /// `sub`. If `sub` takes no values, a value that is sent meets what it meets in Python: see the [module](self).
    ///
    /// ```
    /// use tminus::{Exception, Generator};
    ///
    /// fn chain(first: Vec<u32>, second: Generator<u32>) -> Generator<u32> {
    ///     Generator::new(async move |co| {
    ///         co.yield_from(first).await?;
    ///         co.yield_from(second).await?;
    ///         Ok(())
    ///     })
    /// }
    ///
    /// let last = Generator::new(async |co| {
    ///     co.yield_(3).await?;
    ///     Ok(())
    /// });
    /// let all: Result<Vec<u32>, Exception> = chain(vec![1, 2], last).collect();
    /// assert_eq!(all?, [1, 2, 3]);
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// If `sub` raises `StopIteration`, the delegation ends, and the value that the exception carries is the result. For an
    /// exception without a value, Python's result is `None`. Here the result is the `Default` of its type, if the type is
    /// `()`, a number, a `bool`, a `char`, a `String` or a `&'static str`, or an `Option` or a `Vec` of one. For any other
    /// type `StopIteration` is raised.
    ///
    /// # Errors
    ///
    /// - The exception that ended `sub`.
    /// - `GeneratorExit` if this generator is closed. `sub` is closed first.
    /// - `StopIteration` if `sub` had already finished, unless its result is `()`.
    ///
    /// # Panics
    ///
    /// If the last `yield_` or `yield_from` of this generator was not awaited.
    #[inline]
    pub fn yield_from<D, Via>(&self, sub: D) -> YieldFrom<'_, Y, S, D::Return>
    where
        Y: 'static,
        S: Default + 'static,
        D: Delegate<Y, S, Via>,
    {
        match sub.into_generator(Sealed).into_stage() {
            Stage::Created(frame) => self.link.delegate(frame),
            Stage::Live(driver) => self.link.join(driver, S::default()),
            Stage::Closed => {
                return YieldFrom {
                    link: None,
                    result: PhantomData,
                };
            }
        }
        YieldFrom {
            link: Some(&self.link),
            result: PhantomData,
        }
    }
}

/// The future that [`Co::yield_from`] returns.
#[must_use = "a delegation has to be awaited"]
pub struct YieldFrom<'a, Y, S, R> {
    /// `None`: it has delegated to a closed generator.
    link: Option<&'a Link<Y, S>>,
    result: PhantomData<fn() -> R>,
}

impl<Y, S, R: 'static> Future for YieldFrom<'_, Y, S, R> {
    type Output = Result<R, Exception>;

    #[inline]
    fn poll(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        let Some(link) = self.link else {
            // `next(sub)` of a closed generator raises this. Its result has been taken, and only `()` can be made again.
            return Poll::Ready(default_as::<(), _>().ok_or_else(|| Kind::StopIteration.into()));
        };
        link.poll_delegation().map(|outcome| {
            outcome
                .and_then(chain::take_result)
                .or_else(result_of_stop_iteration)
        })
    }
}

/// Ends a delegation by the exception that its object raised. As in CPython, a `StopIteration` is a regular end, and its
/// value is the result. (If a sub-generator raises `StopIteration`, PEP 479 has turned that into a `RuntimeError` before.)
///
/// Without a value, Python's result is `None`. Here the result is the `Default` of its type, if that is one of the types
/// listed below. A bound would exclude all results without a `Default`.
#[cold]
fn result_of_stop_iteration<R: 'static>(exception: Exception) -> Result<R, Exception> {
    if !is_bare_stop_iteration(&exception) {
        return exception.into_value();
    }
    default_of().ok_or(exception)
}

/// The default of `R`, if that is known.
fn default_of<R: 'static>() -> Option<R> {
    macro_rules! try_each {
        ($($of:ty),+) => {
            $(
                if let Some(found) = default_as::<$of, R>()
                    .or_else(default_as::<Option<$of>, R>)
                    .or_else(default_as::<Vec<$of>, R>)
                {
                    return Some(found);
                }
            )+
        };
    }
    try_each!((), bool, char, String, &'static str, f32, f64);
    try_each!(
        i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize
    );
    None
}

/// The default of `D`, if that is the same type as `R`.
fn default_as<D: Default + 'static, R: 'static>() -> Option<R> {
    let mut default = Some(D::default());
    let result: &mut Option<R> = (&mut default as &mut dyn Any).downcast_mut()?;
    result.take()
}

impl<Y, S, R> fmt::Debug for YieldFrom<'_, Y, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YieldFrom")
    }
}

impl<Y, S, C> Delegate<Y, S, ViaCoroutine> for C
where
    Y: 'static,
    S: 'static,
    C: Coroutine<Yield = Y, Send = S> + 'static,
    C::Return: 'static,
{
    type Return = C::Return;

    fn into_generator(self, _: Sealed) -> Generator<Y, S, C::Return> {
        // A `Generator` is passed on unchanged. (The compiler decides this.)
        let mut sub = Some(self);
        if let Some(generator) = (&mut sub as &mut dyn Any).downcast_mut() {
            let generator: &mut Option<Generator<Y, S, C::Return>> = generator;
            return generator
                .take()
                .expect("it was put there a few lines above");
        }
        driven(sub.expect("it was put there six lines above"))
    }
}

impl<Y, S, C> Delegate<Y, S, ViaUnit> for C
where
    Y: 'static,
    S: NotUnit + 'static,
    C: Coroutine<Yield = Y, Send = ()> + 'static,
    C::Return: 'static,
{
    type Return = C::Return;

    fn into_generator(self, _: Sealed) -> Generator<Y, S, C::Return> {
        driven(Unsent::new(self))
    }
}

impl<Y, S, C> Delegate<Y, S, ViaUnit> for IgnoreSent<C>
where
    Y: 'static,
    S: 'static,
    C: Coroutine<Yield = Y, Send = ()> + 'static,
    C::Return: 'static,
{
    type Return = C::Return;

    fn into_generator(self, _: Sealed) -> Generator<Y, S, C::Return> {
        driven(Unsent::new(self.into_inner()))
    }
}

impl<Y, S, I> Delegate<Y, S, ViaIterator> for I
where
    Y: 'static,
    S: 'static,
    I: IntoIterator<Item = Y>,
    I::IntoIter: 'static,
{
    type Return = ();

    fn into_generator(self, _: Sealed) -> Generator<Y, S> {
        driven(Iterate::new(self.into_iter()))
    }
}

/// Returns a generator that does what a coroutine does. It is never resumed after the coroutine has finished.
pub(crate) fn driven<C>(sub: C) -> Generator<C::Yield, C::Send, C::Return>
where
    C: Coroutine<Yield: 'static, Send: 'static, Return: 'static> + 'static,
{
    Generator::from_frame(chain::boxed::<OfObject, _, _, _, _, _>(move |link| {
        yield_from(Co { link }, sub)
    }))
}

/// Delegates as PEP 380's expansion of `result = yield from sub` does.
async fn yield_from<C: Coroutine>(
    co: Co<C::Yield, C::Send>,
    mut sub: C,
) -> Result<C::Return, Exception> {
    let mut step = sub.resume()?;
    loop {
        let value = match step {
            Step::Yielded(value) => value,
            Step::Returned(result) => return Ok(result),
        };
        co.link.yield_(value);
        step = match future::poll_fn(|_| co.link.poll_input()).await {
            Input::Next(_) => sub.resume()?,
            // PEP 380 calls `next`, too, if `None` is sent: an iterator has no `send`.
            Input::Send(value) if is_none(&value) => sub.resume()?,
            Input::Send(value) => sub.send(value)?,
            Input::Throw(exception) if exception.kind() == Kind::GeneratorExit => {
                sub.close()?;
                return Err(exception);
            }
            Input::Throw(exception) => sub.throw(exception)?,
            // Without `close`: see `Input::LetGo`.
            Input::LetGo => return Err(Kind::GeneratorExit.into()),
        };
    }
}

/// An iterator as a coroutine: no `send`, no `throw`, no `close`.
struct Iterate<I, S> {
    items: I,
    send: PhantomData<fn(S)>,
}

impl<I, S> Iterate<I, S> {
    fn new(items: I) -> Self {
        let send = PhantomData;
        Self { items, send }
    }
}

impl<I: Iterator, S> Coroutine for Iterate<I, S> {
    type Yield = I::Item;
    type Send = S;
    type Return = ();

    fn resume(&mut self) -> Result<Step<I::Item, ()>, Exception> {
        Ok(match self.items.next() {
            Some(item) => Step::Yielded(item),
            None => Step::Returned(()),
        })
    }
}

/// A coroutine that takes no values, as one that takes `S`.
struct Unsent<C, S> {
    sub: C,
    send: PhantomData<fn(S)>,
}

impl<C, S> Unsent<C, S> {
    fn new(sub: C) -> Self {
        let send = PhantomData;
        Self { sub, send }
    }
}

impl<C: Coroutine<Send = ()>, S> Coroutine for Unsent<C, S> {
    type Yield = C::Yield;
    type Send = S;
    type Return = C::Return;

    fn resume(&mut self) -> Result<Step<C::Yield, C::Return>, Exception> {
        self.sub.resume()
    }

    /// Drops the value, and lets the coroutine decide: a generator ignores that something was sent, and a coroutine without
    /// `send` refuses.
    fn send(&mut self, value: S) -> Result<Step<C::Yield, C::Return>, Exception> {
        drop(value);
        self.sub.send(())
    }

    fn throw(&mut self, exception: Exception) -> Result<Step<C::Yield, C::Return>, Exception> {
        self.sub.throw(exception)
    }

    fn close(&mut self) -> Result<Option<C::Return>, Exception> {
        self.sub.close()
    }
}
