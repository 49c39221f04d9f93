//! genawaiter's generators, as generators of this crate.
//!
//! A generator of genawaiter does not know that it has finished. Asked once more, it panics; and if its body awaits a
//! future of somebody else, it panics with `unreachable!`. Here it is owned by a [`Generator`], which knows its state, and
//! is never asked again. It has no `throw` and no `close`, as Python's iterators have none.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use genawaiter::{GeneratorState, rc, sync};

use crate::{
    Coroutine, Exception, Generator, Step,
    chain::awaited_something_else,
    delegation::{Delegate, NotUnit, Sealed, ViaGenawaiter, driven},
};

/// A generator of genawaiter's that has not finished.
struct Foreign<G>(G);

/// What genawaiter says when a body has paused without a value, in its debug and release builds.
const PAUSED_WITHOUT_VALUE: [&str; 3] = [
    "internal error: entered unreachable code",
    "misused async generator",
    "An async generator was resumed via a non-async method. For async generators, use `Stream` or `async_resume` \
     instead of `Iterator` or `resume`.",
];

/// Resumes, and puts genawaiter's panics into words that say what to do.
fn resumed<Y, R>(resume: impl FnOnce() -> GeneratorState<Y, R>) -> Step<Y, R> {
    match catch_unwind(AssertUnwindSafe(resume)) {
        Ok(GeneratorState::Yielded(value)) => Step::Yielded(value),
        Ok(GeneratorState::Complete(result)) => Step::Returned(result),
        Err(panic) => match panic.downcast_ref::<&str>() {
            // (A bare `unreachable!()` of the body's own has the same text, and cannot be told apart.)
            Some(text) if PAUSED_WITHOUT_VALUE.contains(text) => awaited_something_else(),
            Some(_) | None => resume_unwind(panic),
        },
    }
}

macro_rules! accept {
    ($flavour:ident) => {
        impl<Y, S: Default, F: Future> Coroutine for Foreign<$flavour::Gen<Y, S, F>> {
            type Yield = Y;
            type Send = S;
            type Return = F::Output;

            fn resume(&mut self) -> Result<Step<Y, F::Output>, Exception> {
                self.send(S::default())
            }

            fn send(&mut self, value: S) -> Result<Step<Y, F::Output>, Exception> {
                Ok(resumed(|| self.0.resume_with(value)))
            }
        }

        /// A generator of genawaiter's becomes one of this crate's: with a state, iteration, and delegation.
        ///
        /// It can be new or started. It knows nothing of exceptions: one that is thrown in comes straight back and drops
        /// the body, and `close` drops the body, too. A resume without a value sends `S::default()`.
        ///
        /// ```
        #[doc = concat!("use genawaiter::", stringify!($flavour), "::Gen;")]
        /// use tminus::{Exception, Generator, GeneratorState, Step};
        ///
        /// let totals = Gen::new(|co| async move {
        ///     let mut total = 0;
        ///     while total < 10 {
        ///         total += co.yield_(total).await;
        ///     }
        ///     "enough"
        /// });
        /// let mut totals: Generator<u32, u32, &str> = totals.into();
        /// assert_eq!(totals.start()?, Step::Yielded(0));
        /// assert_eq!(totals.send(7)?, Step::Yielded(7));
        /// assert_eq!(totals.send(4)?, Step::Returned("enough"));
        /// assert_eq!(totals.state(), GeneratorState::Closed);
        /// assert!(totals.send(1).is_err()); // and no panic
        /// # Ok::<(), Exception>(())
        /// ```
        ///
        /// # Panics
        ///
        /// The generator panics if its body awaits a future other than `co.yield_(value)`.
        impl<Y, S, F> From<$flavour::Gen<Y, S, F>> for Generator<Y, S, F::Output>
        where
            Y: 'static,
            S: Default + 'static,
            F: Future<Output: 'static> + 'static,
        {
            fn from(generator: $flavour::Gen<Y, S, F>) -> Self {
                driven(Foreign(generator))
            }
        }

        /// With values that are sent. (A generator of genawaiter's without them and without a result is an iterator, and
        /// goes that way.)
        impl<Y, S, F> Delegate<Y, S, ViaGenawaiter> for $flavour::Gen<Y, S, F>
        where
            Y: 'static,
            S: NotUnit + Default + 'static,
            F: Future<Output: 'static> + 'static,
        {
            type Return = F::Output;

            fn into_generator(self, _: Sealed) -> Generator<Y, S, F::Output> {
                self.into()
            }
        }

        /// With a result, and without values that are sent.
        impl<Y, F> Delegate<Y, (), ViaGenawaiter> for $flavour::Gen<Y, (), F>
        where
            Y: 'static,
            F: Future<Output: NotUnit + 'static> + 'static,
        {
            type Return = F::Output;

            fn into_generator(self, _: Sealed) -> Generator<Y, (), F::Output> {
                self.into()
            }
        }
    };
}

accept!(rc);
accept!(sync);
