//! Generators that borrow: the caller's side ([`ScopedGenerator`]) and the body's side ([`ScopedCo`]).

use std::{cell::Cell, fmt, iter::FusedIterator, mem, ops::Deref, rc::Rc};

use super::{
    Co, Found, Generator, GeneratorState, Stage, finalize_guarded, lifecycle::Core, methods, traits,
};
use crate::{
    Coroutine, Exception, Kind, Step,
    chain::{self, Handed, Handover, OfGenerator, Slot},
};

/// A generator whose body can borrow for the lifetime `'a`.
///
/// Its methods are those of [`Generator`]. But a `Generator` owns everything that its body uses, and can be stored anywhere,
/// such as in a [`TaskScheduler`](crate::TaskScheduler). A `ScopedGenerator` must not outlive what its body borrows.
///
/// ```
/// use tminus::{Exception, ScopedGenerator};
///
/// fn words(text: &str) -> ScopedGenerator<'_, &str> {
///     ScopedGenerator::new(async move |co| {
///         for word in text.split_whitespace() {
///             co.yield_(word).await?;
///         }
///         Ok(())
///     })
/// }
///
/// let text = String::from("to be or not");
/// let all: Vec<&str> = words(&text).collect::<Result<_, _>>()?;
/// assert_eq!(all, ["to", "be", "or", "not"]);
/// # Ok::<(), Exception>(())
/// ```
///
/// Generators that do not borrow become `ScopedGenerator`s by [`From`](#trait-implementations), and can be delegated to.
///
/// # Depth
///
/// A chain of delegations can be a million levels deep, as with `Generator`. But if scoped generators own each other in
/// variables of their bodies, or delegate to each other and were never started, each is dropped inside the drop of its
/// owner: in a debug build, 20,000 levels of that fit into a machine stack of 8 MiB.
#[must_use = "a generator does nothing until it is resumed"]
pub struct ScopedGenerator<'a, Y: 'a, S: 'a = (), R = ()> {
    core: Core<'a, Y, S, Found<Y, S, R>>,
}

/// The body's side of a [`ScopedGenerator`].
///
/// A `ScopedCo` dereferences to [`Co`], which has [`yield_`](Co::yield_), so a function that takes a `&Co` can be called
/// with a `&ScopedCo`. [`ScopedCo::yield_from`] also delegates to generators that borrow.
///
/// ```
/// use tminus::{Exception, ScopedCo, ScopedGenerator};
///
/// async fn spell<'a>(co: &ScopedCo<'a, char>, word: &'a str) -> Result<(), Exception> {
///     co.yield_from(word.chars()).await?;
///     co.yield_('.').await
/// }
///
/// let words = [String::from("to"), String::from("be")];
/// let spelled = ScopedGenerator::new(async |co| {
///     for word in &words {
///         spell(&co, word).await?;
///     }
///     Ok(())
/// });
/// assert_eq!(spelled.collect::<Result<String, _>>()?, "to.be.");
/// # Ok::<(), Exception>(())
/// ```
pub struct ScopedCo<'a, Y: 'a, S: 'a = ()> {
    co: Co<Y, S>,
    handover: Rc<Handover<'a, Y, S>>,
}

impl<'a, Y: 'a, S: 'a> ScopedCo<'a, Y, S> {
    pub(crate) fn into_co(self) -> Co<Y, S> {
        self.co
    }

    /// Hands frames to the driver, to be run on top of this generator's.
    pub(crate) fn hand(&self, frames: Handed<'a, Y, S>) {
        self.handover.hand(&self.co.link, frames);
    }
}

impl<Y, S> Deref for ScopedCo<'_, Y, S> {
    type Target = Co<Y, S>;

    fn deref(&self) -> &Co<Y, S> {
        &self.co
    }
}

impl<'a, Y: 'a, S: 'a, R> ScopedGenerator<'a, Y, S, R> {
    /// Creates a generator from its body. Runs nothing.
    pub fn new<F, Fut>(body: F) -> Self
    where
        R: 'a,
        F: FnOnce(ScopedCo<'a, Y, S>) -> Fut + 'a,
        Fut: Future<Output = Result<R, Exception>> + 'a,
    {
        Self::from_body::<OfGenerator, _, _>(body)
    }

    pub(crate) fn from_body<E, F, Fut>(body: F) -> Self
    where
        E: chain::Escape,
        R: 'a,
        F: FnOnce(ScopedCo<'a, Y, S>) -> Fut + 'a,
        Fut: Future<Output = Result<R, Exception>> + 'a,
    {
        let result: Rc<Slot<R>> = Rc::new(Cell::new(None));
        let frame =
            chain::boxed_scoped::<E, _, _, _, _, _>(result.clone(), move |link, handover| {
                let co = Co { link };
                body(ScopedCo { co, handover })
            });
        Self {
            core: Core::new(frame, Found::InSlot(result)),
        }
    }

    /// Takes the frames out, and where their result will be.
    pub(crate) fn into_parts(mut self) -> (Stage<'a, Y, S>, Found<Y, S, R>) {
        let stage = self.core.take_stage();
        // What is left is closed, and drops nothing.
        let nothing = Found::InFrame(|_| unreachable!("a closed generator has no result"));
        (stage, mem::replace(&mut self.core.outcome, nothing))
    }

    /// Returns what the generator is doing: Python's `inspect.getgeneratorstate`.
    pub fn state(&self) -> GeneratorState {
        self.core.state()
    }

    /// Starts the generator, drops the first value, and returns the generator ready to be sent to: the `@coroutine`
    /// decorator of many Python texts.
    ///
    /// # Errors
    ///
    /// - The exception that ended the generator.
    /// - `TypeError` if the generator was started before.
    /// - `StopIteration` if the generator is closed, or if it finishes without a single `yield_`. The result is dropped.
    pub fn primed(mut self) -> Result<Self, Exception> {
        match self.start()? {
            Step::Yielded(_) => Ok(self),
            Step::Returned(_) => Err(Kind::StopIteration.into()),
        }
    }

    methods!();
}

traits!(ScopedGenerator<'a, Y, S, R>, ['a, Y: 'a, S: 'a, R]);

/// Closes the generator, as the drop of a [`Generator`] does.
impl<'a, Y: 'a, S: 'a, R> Drop for ScopedGenerator<'a, Y, S, R> {
    #[inline]
    fn drop(&mut self) {
        match self.core.take_stage() {
            Stage::Created(frame) => frame.drop_unstarted(),
            Stage::Live(mut driver) => finalize_guarded(move || driver.finalize()),
            Stage::Closed => {}
        }
    }
}

/// Converts a generator that borrows nothing. The converted generator is in the same state.
impl<'a, Y: 'static, S: 'static, R: 'static> From<Generator<Y, S, R>>
    for ScopedGenerator<'a, Y, S, R>
{
    fn from(generator: Generator<Y, S, R>) -> Self {
        Self {
            core: Core {
                stage: generator.into_stage(),
                outcome: Found::InFrame(chain::take_result),
            },
        }
    }
}

impl<'a, Y: 'a, S: 'a, R> fmt::Debug for ScopedGenerator<'a, Y, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedGenerator")
            .field("state", &self.state())
            .finish()
    }
}

impl<Y, S> fmt::Debug for ScopedCo<'_, Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScopedCo")
    }
}
