//! Delegation from a generator that borrows.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use super::{
    Iterate, NotUnit, Unsent, ViaCoroutine, ViaIterator, ViaUnit, result_of_stop_iteration,
    sealed::Sealed, yield_from,
};
use crate::{
    Coroutine, Exception, Generator, Kind, ScopedCo, ScopedGenerator,
    chain::{Handed, Link, OfObject},
    coroutine::IgnoreSent,
    generator::{Found, Stage},
};

/// What [`ScopedCo::yield_from`] takes: a [`ScopedGenerator`], a [`Generator`], or anything iterable.
///
/// Any other coroutine becomes a generator by [`ScopedGenerator::from_coroutine`]. `Via` tells the implementations apart and
/// is always inferred. The trait is sealed.
///
/// ```
/// use tminus::{Exception, ScopedGenerator, delegation::ScopedDelegate};
///
/// fn twice<'a, D, Via>(first: D, second: D) -> ScopedGenerator<'a, &'a str>
/// where
///     D: ScopedDelegate<'a, &'a str, (), Via> + 'a,
/// {
///     ScopedGenerator::new(async move |co| {
///         co.yield_from(first).await?;
///         co.yield_from(second).await?;
///         Ok(())
///     })
/// }
///
/// let text = String::from("a b");
/// let all: Vec<&str> = twice(text.split(' '), text.split(' ')).collect::<Result<_, _>>()?;
/// assert_eq!(all, ["a", "b", "a", "b"]);
/// # Ok::<(), Exception>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a scoped generator that yields `{Y}` cannot delegate to `{Self}`",
    note = "`yield_from` takes a `ScopedGenerator`, a `Generator` or something iterable; it has to yield `{Y}` and, \
            unless it takes no values, take `{S}`",
    note = "for any other coroutine, write `ScopedGenerator::from_coroutine(sub)`"
)]
pub trait ScopedDelegate<'a, Y: 'a, S: 'a, Via> {
    /// The type of the delegation's result.
    type Return;

    #[doc(hidden)]
    fn into_scoped(self, _: Sealed) -> ScopedGenerator<'a, Y, S, Self::Return>;
}

impl<'a, Y: 'a, S: 'a> ScopedCo<'a, Y, S> {
    /// Lets `sub` take this generator's place until it finishes, and returns its result: Python's `yield from sub`.
    ///
    /// `sub` can be a [`ScopedGenerator`] or a [`Generator`] (new, started, or in the middle of a delegation of its own),
    /// or anything iterable. `sub` can borrow for `'a`, as this generator does, but cannot borrow local variables of the body:
    /// write a `for` loop over such a generator. Every value and exception that arrives while `sub` runs goes to `sub`.
    ///
    /// ```
    /// use tminus::{Exception, ScopedGenerator};
    ///
    /// struct Tree {
    ///     name: String,
    ///     children: Vec<Tree>,
    /// }
    ///
    /// fn walk(tree: &Tree) -> ScopedGenerator<'_, &str> {
    ///     ScopedGenerator::new(async move |co| {
    ///         co.yield_(tree.name.as_str()).await?;
    ///         for child in &tree.children {
    ///             co.yield_from(walk(child)).await?;
    ///         }
    ///         Ok(())
    ///     })
    /// }
    ///
    /// let leaf = |name: &str| Tree { name: name.into(), children: vec![] };
    /// let tree = Tree { name: "root".into(), children: vec![leaf("left"), leaf("right")] };
    /// let names: Vec<&str> = walk(&tree).collect::<Result<_, _>>()?;
    /// assert_eq!(names, ["root", "left", "right"]);
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - The exception that ended `sub`.
    /// - `GeneratorExit` if this generator is closed. `sub` is closed first.
    /// - `StopIteration` if `sub` had already finished.
    ///
    /// # Panics
    ///
    /// If the last `yield_` or `yield_from` of this generator was not awaited.
    pub fn yield_from<D, Via>(&self, sub: D) -> ScopedYieldFrom<'_, Y, S, D::Return>
    where
        S: Default,
        D: ScopedDelegate<'a, Y, S, Via>,
    {
        let (stage, result) = sub.into_scoped(Sealed).into_parts();
        let link = match stage {
            Stage::Created(frame) => {
                self.hand(Handed::Created(frame));
                Some(&*self.link)
            }
            Stage::Live(driver) => {
                self.hand(Handed::Live(driver, S::default()));
                Some(&*self.link)
            }
            Stage::Closed => None,
        };
        ScopedYieldFrom { link, result }
    }
}

/// The future that [`ScopedCo::yield_from`] returns.
#[must_use = "a delegation has to be awaited"]
pub struct ScopedYieldFrom<'a, Y, S, R> {
    /// `None`: it has delegated to a closed generator.
    link: Option<&'a Link<Y, S>>,
    result: Found<Y, S, R>,
}

impl<Y, S, R> Future for ScopedYieldFrom<'_, Y, S, R> {
    type Output = Result<R, Exception>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(link) = self.link else {
            return Poll::Ready(Err(Kind::StopIteration.into()));
        };
        match &self.result {
            Found::InFrame(take) => link.poll_delegation().map(|ended| ended.and_then(take)),
            Found::InSlot(slot) => link.poll_handed().map(|ended| {
                ended?;
                slot.take()
                    .expect("a finished frame leaves its result until somebody takes it")
            }),
        }
    }
}

impl<Y, S, R> fmt::Debug for ScopedYieldFrom<'_, Y, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScopedYieldFrom")
    }
}

impl<'a, Y: 'a, S: 'a, R> ScopedGenerator<'a, Y, S, R> {
    /// Creates a generator that drives a coroutine of any type, so that [`ScopedCo::yield_from`] can delegate to it.
    ///
    /// ```
    /// use tminus::{Coroutine, Exception, ScopedGenerator, Step};
    ///
    /// struct Lines<'a>(std::str::Lines<'a>);
    ///
    /// impl<'a> Coroutine for Lines<'a> {
    ///     type Yield = &'a str;
    ///     type Send = ();
    ///     type Return = &'static str;
    ///
    ///     fn resume(&mut self) -> Result<Step<&'a str, &'static str>, Exception> {
    ///         Ok(self.0.next().map_or(Step::Returned("end"), Step::Yielded))
    ///     }
    /// }
    ///
    /// let text = String::from("one\ntwo");
    /// let outer = ScopedGenerator::<&str>::new(async |co| {
    ///     let end = co.yield_from(ScopedGenerator::from_coroutine(Lines(text.lines()))).await?;
    ///     co.yield_(end).await
    /// });
    /// let all: Vec<&str> = outer.collect::<Result<_, _>>()?;
    /// assert_eq!(all, ["one", "two", "end"]);
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn from_coroutine<C>(coroutine: C) -> Self
    where
        C: Coroutine<Yield = Y, Send = S, Return = R> + 'a,
        R: 'static,
    {
        Self::from_body::<OfObject, _, _>(async move |co: ScopedCo<'a, Y, S>| {
            // As in `YieldFrom`: the end of an object can be a `StopIteration`.
            yield_from(co.into_co(), coroutine)
                .await
                .or_else(result_of_stop_iteration)
        })
    }
}

/// Drives a coroutine that raises no `StopIteration` to end.
fn driven<'a, C>(coroutine: C) -> ScopedGenerator<'a, C::Yield, C::Send, C::Return>
where
    C: Coroutine<Yield: 'a, Send: 'a, Return: 'a> + 'a,
{
    ScopedGenerator::from_body::<OfObject, _, _>(move |co| yield_from(co.into_co(), coroutine))
}

impl<'a, Y: 'a, S: 'a, R> ScopedDelegate<'a, Y, S, ViaCoroutine> for ScopedGenerator<'a, Y, S, R> {
    type Return = R;

    fn into_scoped(self, _: Sealed) -> Self {
        self
    }
}

impl<'a, Y: 'static, S: 'static, R: 'static> ScopedDelegate<'a, Y, S, ViaCoroutine>
    for Generator<Y, S, R>
{
    type Return = R;

    fn into_scoped(self, _: Sealed) -> ScopedGenerator<'a, Y, S, R> {
        self.into()
    }
}

impl<'a, Y: 'a, S: NotUnit + 'a, R: 'a> ScopedDelegate<'a, Y, S, ViaUnit>
    for ScopedGenerator<'a, Y, (), R>
{
    type Return = R;

    fn into_scoped(self, _: Sealed) -> ScopedGenerator<'a, Y, S, R> {
        driven(Unsent::new(self))
    }
}

impl<'a, Y: 'static, S: NotUnit + 'a, R: 'static> ScopedDelegate<'a, Y, S, ViaUnit>
    for Generator<Y, (), R>
{
    type Return = R;

    fn into_scoped(self, _: Sealed) -> ScopedGenerator<'a, Y, S, R> {
        driven(Unsent::new(self))
    }
}

impl<'a, Y: 'a, S: 'a, C> ScopedDelegate<'a, Y, S, ViaUnit> for IgnoreSent<C>
where
    C: Coroutine<Yield = Y, Send = (), Return: 'a> + 'a,
{
    type Return = C::Return;

    fn into_scoped(self, _: Sealed) -> ScopedGenerator<'a, Y, S, C::Return> {
        driven(Unsent::new(self.into_inner()))
    }
}

impl<'a, Y: 'a, S: 'a, I> ScopedDelegate<'a, Y, S, ViaIterator> for I
where
    I: IntoIterator<Item = Y>,
    I::IntoIter: 'a,
{
    type Return = ();

    fn into_scoped(self, _: Sealed) -> ScopedGenerator<'a, Y, S> {
        driven(Iterate::new(self.into_iter()))
    }
}
