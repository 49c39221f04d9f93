//! The contenders, as one kind of thing: it receives a `u64` and yields a `u64` until it finishes.
//!
//! Each module has an `accumulator`, which yields the sum of what was sent to it so far and never finishes, and a `once`,
//! which yields one value and finishes.

pub const HAND_WRITTEN: &str = "hand-written";
pub const GENAWAITER: &str = "genawaiter";
pub const GENAWAITER_BOXED: &str = "genawaiter, boxed";
pub const COROSENSEI: &str = "corosensei";
pub const TMINUS: &str = "tminus";

/// The implementations only pass things on: they are inlined, since they are no part of what is measured.
pub trait Resumable {
    /// Runs the body to its first value.
    fn start(&mut self) -> Option<u64>;

    /// Runs the body to its next value. Returns `None` if it has finished.
    fn send(&mut self, value: u64) -> Option<u64>;
}

pub mod hand_written {
    use super::Resumable;

    pub struct Accumulator(u64);

    pub fn accumulator() -> Accumulator {
        Accumulator(0)
    }

    impl Resumable for Accumulator {
        #[inline(always)]
        fn start(&mut self) -> Option<u64> {
            Some(self.0)
        }

        // A call, as it is for all the others; otherwise the compiler keeps the sum in a register.
        #[inline(never)]
        fn send(&mut self, value: u64) -> Option<u64> {
            self.0 += value;
            Some(self.0)
        }
    }

    pub struct Once(Option<u64>);

    pub fn once(value: u64) -> Once {
        Once(Some(value))
    }

    impl Resumable for Once {
        #[inline(never)]
        fn start(&mut self) -> Option<u64> {
            self.0.take()
        }

        #[inline(never)]
        fn send(&mut self, _: u64) -> Option<u64> {
            self.0.take()
        }
    }
}

pub mod genawaiter {
    use std::pin::Pin;

    use genawaiter::{
        GeneratorState,
        rc::{Co, Gen},
    };

    use super::Resumable;

    /// What recursion needs: a type that does not name its body.
    pub type Boxed<S> = Gen<u64, S, Pin<Box<dyn Future<Output = ()>>>>;

    pub fn boxed<S, F>(body: impl FnOnce(Co<u64, S>) -> F) -> Boxed<S>
    where
        F: Future<Output = ()> + 'static,
    {
        Gen::new(|co| Box::pin(body(co)) as _)
    }

    pub fn accumulator() -> Gen<u64, u64, impl Future<Output = ()>> {
        Gen::new(accumulate)
    }

    pub fn boxed_accumulator() -> Boxed<u64> {
        boxed(accumulate)
    }

    async fn accumulate(co: Co<u64, u64>) {
        let mut sum = 0;
        loop {
            sum += co.yield_(sum).await;
        }
    }

    pub fn once(value: u64) -> Gen<u64, u64, impl Future<Output = ()>> {
        Gen::new(|co| yield_once(co, value))
    }

    pub fn boxed_once(value: u64) -> Boxed<u64> {
        boxed(|co| yield_once(co, value))
    }

    async fn yield_once(co: Co<u64, u64>, value: u64) {
        co.yield_(value).await;
    }

    impl<F: Future<Output = ()>> Resumable for Gen<u64, u64, F> {
        #[inline(always)]
        fn start(&mut self) -> Option<u64> {
            self.send(0)
        }

        #[inline(always)]
        fn send(&mut self, value: u64) -> Option<u64> {
            match self.resume_with(value) {
                GeneratorState::Yielded(value) => Some(value),
                GeneratorState::Complete(()) => None,
            }
        }
    }
}

pub mod corosensei {
    use corosensei::{Coroutine, CoroutineResult};

    use super::Resumable;

    pub fn accumulator() -> Coroutine<u64, u64, ()> {
        Coroutine::new(|yielder, _| {
            let mut sum = 0;
            loop {
                sum += yielder.suspend(sum);
            }
        })
    }

    pub fn once(value: u64) -> Coroutine<u64, u64, ()> {
        Coroutine::new(move |yielder, _| {
            yielder.suspend(value);
        })
    }

    impl Resumable for Coroutine<u64, u64, ()> {
        #[inline(always)]
        fn start(&mut self) -> Option<u64> {
            self.send(0)
        }

        #[inline(always)]
        fn send(&mut self, value: u64) -> Option<u64> {
            match self.resume(value) {
                CoroutineResult::Yield(value) => Some(value),
                CoroutineResult::Return(()) => None,
            }
        }
    }
}

pub mod tminus {
    use tminus::{Exception, Generator, Step};

    use super::Resumable;

    pub fn accumulator() -> Generator<u64, u64> {
        Generator::new(async |co| {
            let mut sum = 0;
            loop {
                sum += co.yield_(sum).await?;
            }
        })
    }

    pub fn once(value: u64) -> Generator<u64, u64> {
        Generator::new(async move |co| {
            co.yield_(value).await?;
            Ok(())
        })
    }

    impl Resumable for Generator<u64, u64> {
        #[inline(always)]
        fn start(&mut self) -> Option<u64> {
            yielded(self.start())
        }

        #[inline(always)]
        fn send(&mut self, value: u64) -> Option<u64> {
            yielded(self.send(value))
        }
    }

    fn yielded(step: Result<Step<u64, ()>, Exception>) -> Option<u64> {
        step.expect("these bodies raise nothing").yielded()
    }
}
