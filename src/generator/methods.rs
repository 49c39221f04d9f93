//! What a caller can do with a generator, written down once for the two types of generators.

/// The methods of [`Generator`](super::Generator) and [`ScopedGenerator`](super::ScopedGenerator).
macro_rules! methods {
    () => {
        /// Runs a new generator to its first `yield_`: Python's first `next(g)`. `S` need not implement `Default`.
        ///
        /// # Errors
        ///
        /// - The exception that ended the generator.
        /// - `TypeError` if the generator was already started. Its state does not change.
        /// - `StopIteration` if the generator is closed.
        ///
        /// # Panics
        ///
        /// If the body panics. The generator is then closed. All other methods that run the body panic likewise.
        pub fn start(&mut self) -> Result<Step<Y, R>, Exception> {
            self.core.start()
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
            self.core.resume()
        }

        /// Sends `value` to the `yield_` at which the generator waits, and runs the generator to its next one: Python's
        /// `g.send(value)`.
        ///
        /// Sending `()`, or the `None` of an `Option`, to a new generator starts it, as `g.send(None)` does in Python.
        ///
        /// # Errors
        ///
        /// - The exception that ended the generator.
        /// - `TypeError` if the generator was not started and `value` is any other value, because no `yield_` waits for it.
        ///   The state of the generator does not change, and `value` is dropped.
        /// - `StopIteration` if the generator is closed.
        #[inline]
        pub fn send(&mut self, value: S) -> Result<Step<Y, R>, Exception> {
            self.core.send(value)
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
            self.core.throw(exception.into())
        }

        /// Raises `GeneratorExit` at the `yield_` at which the generator waits, so that it cleans up and finishes: Python's
        /// `g.close()`. Returns the result if the body returns one in answer.
        ///
        /// A generator that was never started runs nothing. Closing a closed generator does nothing.
        ///
        /// # Errors
        ///
        /// - The exception that the body raises in answer.
        /// - `RuntimeError`, "generator ignored GeneratorExit", if the body yields again. The generator stays suspended.
        pub fn close(&mut self) -> Result<Option<R>, Exception> {
            self.core.close()
        }
    };
}

/// The traits of [`Generator`](super::Generator) and [`ScopedGenerator`](super::ScopedGenerator).
macro_rules! traits {
    ($generator:ty, [$($parameters:tt)*]) => {
        /// Yields each value that the generator yields. If an exception ends the generator, that is the last item. The
        /// result is dropped, as by Python's `for`.
        impl<$($parameters)*> Iterator for $generator
        where
            S: Default,
        {
            type Item = Result<Y, Exception>;

            fn next(&mut self) -> Option<Result<Y, Exception>> {
                self.core.next()
            }
        }

        impl<$($parameters)*> FusedIterator for $generator where S: Default {}

        impl<$($parameters)*> Coroutine for $generator
        where
            S: Default,
        {
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
    };
}

pub(super) use {methods, traits};
