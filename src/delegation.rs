//! `yield from`: to let another coroutine take one's place for a while.
//!
//! `co.yield_from(sub).await?` hands everything through: what the sub-coroutine yields comes out of the generator that
//! delegates, what is sent or thrown in reaches the sub-coroutine, and its result is what the expression gives. The
//! rules are PEP 380's.
//!
//! A [`Generator`] costs nothing to delegate to: its frames go on top of the stack, and the driver resumes the top one.
//! Any other coroutine is driven by a loop that is PEP 380's own, in Rust.

use std::{any::Any, fmt, future, marker::PhantomData, pin::Pin, task::Poll};

use crate::{
    Coroutine, Exception, Generator, Kind, Step,
    chain::{self, Input, Link, OfObject},
    coroutine::is_none,
    generator::{Co, Stage},
};

/// What [`Co::yield_from`] takes: a [`Generator`], any other [`Coroutine`], or anything iterable.
///
/// `Via` tells the two ways apart and is always inferred.
#[diagnostic::on_unimplemented(
    message = "a generator that yields `{Y}` cannot delegate to `{Self}`",
    note = "`yield_from` takes a `Generator`, a `Coroutine` or something iterable; it has to yield `{Y}` and, unless \
            it is just iterable, take `{S}`"
)]
pub trait Delegate<Y, S, Via> {
    /// What the delegation gives at its end.
    type Return: 'static;

    /// The generator that does the work.
    fn into_generator(self) -> Generator<Y, S, Self::Return>;
}

/// The way of coroutines: see [`Delegate`].
#[derive(Debug)]
pub struct ViaCoroutine;

/// The way of things that can be iterated over: see [`Delegate`].
#[derive(Debug)]
pub struct ViaIterator;

impl<Y, S> Co<Y, S> {
    /// Lets `sub` take this generator's place until it finishes, and gives its result: Python's `yield from sub`.
    ///
    /// `sub` may be a [`Generator`] (new, started, or in the middle of a delegation of its own), any other
    /// [`Coroutine`], or anything iterable. It is resumed first; what comes in after that, comes to it.
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
    /// # Errors
    ///
    /// The exception that ended `sub`. When this generator is closed, `sub` is closed first, and then this gives
    /// `GeneratorExit`. A `sub` that had already finished has no result to give: that is `StopIteration`.
    ///
    /// # Panics
    ///
    /// As [`yield_`](Co::yield_).
    #[inline]
    pub fn yield_from<D, Via>(&self, sub: D) -> YieldFrom<'_, Y, S, D::Return>
    where
        S: Default,
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
            return Poll::Ready(Err(Kind::StopIteration.into()));
        };
        link.poll_delegation().map(|outcome| {
            outcome
                .and_then(chain::take_result)
                .or_else(result_of_stop_iteration)
        })
    }
}

/// As in CPython, a `StopIteration` that arrives at a `yield from` is its end, and the value is its result.
fn result_of_stop_iteration<R: 'static>(exception: Exception) -> Result<R, Exception> {
    exception.into_value()
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
        let sub = sub.expect("it was put there six lines above");
        Generator::from_frame(chain::boxed::<OfObject, _, _, _, _, _>(move |link| {
            yield_from(Co { link }, sub)
        }))
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
        let sub = Iterate {
            items: self.into_iter(),
            send: PhantomData,
        };
        sub.into_generator()
    }
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
            Input::Send(value) if is_none(&value) => sub.resume()?,
            Input::Send(value) => sub.send(value)?,
            Input::LetGo => return Err(Kind::GeneratorExit.into()),
            Input::Throw(exception) if exception.kind() == Kind::GeneratorExit => {
                sub.close()?;
                return Err(exception);
            }
            Input::Throw(exception) => sub.throw(exception)?,
        };
    }
}

/// An iterator as a coroutine: no `send`, no `throw`, no `close`.
struct Iterate<I, S> {
    items: I,
    send: PhantomData<fn(S)>,
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
