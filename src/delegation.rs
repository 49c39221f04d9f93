//! `yield from`: delegating to another coroutine until it finishes.
//!
//! `co.yield_from(sub).await?` lets another coroutine take this generator's place: what `sub` yields comes out of this
//! generator, what is sent or thrown in reaches `sub`, and the result of `sub` is the value of the expression. The rules
//! are PEP 380's.
//!
//! A [`Generator`] costs nothing to delegate to: its frames go on top of the stack, and the driver resumes the top one.
//! Any other coroutine is driven by a loop that is PEP 380's own, in Rust. So is a generator that takes other values than
//! the one that delegates to it; each such pair in a chain is a call inside a call.
//!
//! # What takes no values
//!
//! Anything iterable, and any coroutine whose [`Send`](Coroutine::Send) is `()`, can be delegated to whatever the
//! delegating generator is sent. A value that is sent while it runs is treated as in Python: a generator that has no use
//! for it ignores it, and an object without a `send` raises `AttributeError`. What stands for `None` is no value: see
//! [`Coroutine::send`].

mod not_unit;
mod scoped;

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

/// What [`Co::yield_from`] takes: a [`Generator`], any other [`Coroutine`], or anything iterable.
///
/// `Via` tells the ways apart and is always inferred.
#[diagnostic::on_unimplemented(
    message = "a generator that yields `{Y}` cannot delegate to `{Self}`",
    note = "`yield_from` takes a `Generator`, a `Coroutine` or something iterable; it has to yield `{Y}` and, unless \
            it takes no values, take `{S}`"
)]
pub trait Delegate<Y: 'static, S: 'static, Via> {
    /// The type of the delegation's result.
    type Return: 'static;

    /// Returns the generator that does the work.
    fn into_generator(self) -> Generator<Y, S, Self::Return>;
}

/// The way of coroutines that take what the delegating generator is sent: see [`Delegate`].
#[derive(Debug)]
pub struct ViaCoroutine;

/// The way of coroutines that take no values, under a generator that does: see [`Delegate`].
#[derive(Debug)]
pub struct ViaUnit;

/// The way of things that can be iterated over: see [`Delegate`].
#[derive(Debug)]
pub struct ViaIterator;

/// The way of genawaiter's generators: see [`Delegate`].
#[derive(Debug)]
pub struct ViaGenawaiter;

impl<Y, S> Co<Y, S> {
    /// Lets `sub` take this generator's place until it finishes, and returns its result: Python's `yield from sub`.
    ///
    /// `sub` can be a [`Generator`] (new, started, or in the middle of a delegation of its own), any other
    /// [`Coroutine`], or anything iterable. It is resumed first. What comes in after that, comes to it.
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
    /// A `StopIteration` that arrives here is the end of `sub`, and the value that it carries is the result. If it carries
    /// none, Python's result is `None`; here it is the result type's `Default`, if the type is `()`, a number, a `bool`, a
    /// `char`, a `String` or a `&'static str`, or an `Option` or a `Vec` of one. For any other type `StopIteration` is raised.
    ///
    /// # Errors
    ///
    /// - The exception that ended `sub`.
    /// - `GeneratorExit` if this generator is closed. `sub` is closed before.
    /// - `StopIteration` if `sub` had finished before, unless its result is `()`.
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
        match sub.into_generator().into_stage() {
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

/// The future of [`Co::yield_from`].
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
            // `next(sub)` of a generator that is closed raises this.
            // It had a result once, and somebody else has that. Only `()` is as good as new.
            return Poll::Ready(default_as::<(), _>().ok_or_else(|| Kind::StopIteration.into()));
        };
        link.poll_delegation().map(|outcome| {
            outcome
                .and_then(chain::take_result)
                .or_else(result_of_stop_iteration)
        })
    }
}

/// As in CPython, a `StopIteration` that arrives at a `yield from` is its end, and the value is its result. It arrives if
/// an object raises it. If a sub-generator raises it, PEP 479 has made a `RuntimeError` of it before it gets here.
///
/// Without a value, Python's result is `None`. Here it is the `Default` of the result's type, if that is one of the types
/// of the standard library that have one; a bound on every result would refuse those that have none.
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

    fn into_generator(self) -> Generator<Y, S, C::Return> {
        // A `Generator` goes as it is. (This is decided when the program is compiled.)
        let mut sub = Some(self);
        if let Some(generator) = (&mut sub as &mut dyn Any).downcast_mut() {
            let generator: &mut Option<Generator<Y, S, C::Return>> = generator;
            return generator
                .take()
                .expect("it was put there three lines above");
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

    fn into_generator(self) -> Generator<Y, S, C::Return> {
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

    fn into_generator(self) -> Generator<Y, S, C::Return> {
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

    fn into_generator(self) -> Generator<Y, S> {
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

/// PEP 380's expansion of `result = yield from sub`.
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
            // Without `close`: see there.
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

/// A coroutine that takes no values, as one that takes some.
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

    /// Drops the value, and lets the coroutine decide: a generator does not miss the value, and one without a `send`
    /// refuses it.
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
