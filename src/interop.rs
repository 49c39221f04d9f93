//! genawaiter's generators, as generators of this crate.
//!
//! A generator of genawaiter panics if it is resumed after its end, and panics with `unreachable!` if its body awaits a
//! foreign future. Here each is owned by a [`Generator`], which has a state and resumes nothing after the end. Like Python's
//! iterators, genawaiter's generators have no `throw` and no `close`.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use genawaiter::{GeneratorState, rc, sync};

use crate::{
    Coroutine, Exception, Generator, Step,
    chain::awaited_something_else,
    delegation::{Delegate, NotUnit, Sealed, ViaGenawaiter, driven},
};

/// A generator of genawaiter's that has not finished.
struct Foreign<G>(G);

/// The messages of genawaiter's panics if a body has paused without a value, in debug and release builds.
const PAUSED_WITHOUT_VALUE: [&str; 3] = [
    "internal error: entered unreachable code",
    "misused async generator",
    "An async generator was resumed via a non-async method. For async generators, use `Stream` or `async_resume` \
     instead of `Iterator` or `resume`.",
];

/// Resumes, and replaces genawaiter's panics by one whose message says what to do.
fn resumed<Y, R>(resume: impl FnOnce() -> GeneratorState<Y, R>) -> Step<Y, R> {
    match catch_unwind(AssertUnwindSafe(resume)) {
        Ok(GeneratorState::Yielded(value)) => Step::Yielded(value),
        Ok(GeneratorState::Complete(result)) => Step::Returned(result),
        Err(panic) => match panic.downcast_ref::<&str>() {
            // (A bare `unreachable!()` in the body has the same text, and cannot be told apart.)
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

        /// Converts a generator of genawaiter, new or started, into one with a state, iteration and delegation.
        ///
        /// The body cannot catch exceptions: `throw` drops the body and returns the exception, and `close` drops the body,
        /// too. A resume without a value sends `S::default()`.
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

        /// Delegation to a generator that takes values. (A generator of genawaiter that takes no values and has no result is
        /// an iterator, and is delegated to as one.)
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

        /// Delegation to a generator that takes no values and has a result.
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
