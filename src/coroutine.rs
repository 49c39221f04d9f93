//! Coroutines: what can be resumed, sent to, thrown into and closed.
//!
//! [`Coroutine`] is the one interface between a coroutine and its caller, whether the caller is a `for` loop, a scheduler
//! or another coroutine that delegates. [`Generator`](crate::Generator) is the coroutine that you will meet most.

use std::{
    any::type_name,
    cell::RefCell,
    hash::{DefaultHasher, Hash, Hasher},
    mem,
    rc::Rc,
};

use crate::{Exception, Kind};

/// What a coroutine did when it was driven: paused with a value, or finished with its result.
///
/// In Python, `send` returns the yielded value, and raises a `StopIteration` that carries the result.
///
/// ```
/// use tminus::{Generator, Step};
///
/// let mut answer = Generator::<&str, (), u32>::new(async |co| {
///     co.yield_("thinking").await?;
///     Ok(42)
/// });
/// assert_eq!(answer.resume()?, Step::Yielded("thinking"));
/// assert_eq!(answer.resume()?.returned(), Some(42));
/// # Ok::<(), tminus::Exception>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step<Y, R> {
    /// The coroutine paused and yielded this value.
    Yielded(Y),
    /// The coroutine finished with this result.
    Returned(R),
}

impl<Y, R> Step<Y, R> {
    /// Returns the value that was yielded, if the coroutine paused.
    #[must_use]
    pub fn yielded(self) -> Option<Y> {
        match self {
            Step::Yielded(value) => Some(value),
            Step::Returned(_) => None,
        }
    }

    /// Returns the result, if the coroutine finished.
    #[must_use]
    pub fn returned(self) -> Option<R> {
        match self {
            Step::Yielded(_) => None,
            Step::Returned(result) => Some(result),
        }
    }
}

/// Anything that can be driven, and delegated to with [`yield_from`](crate::Co::yield_from).
///
/// # Implementing
///
/// A type of your own needs only [`resume`](Coroutine::resume). What it leaves out behaves as PEP 380 says of an object
/// without that method: `send` raises `AttributeError`, `throw` raises the exception in the caller, and `close` does
/// nothing. After the coroutine has returned its result or raised an exception, `resume` should raise `StopIteration`;
/// `yield_from` does not call it again.
///
/// The trait is dyn-compatible: `Box<dyn Coroutine<Yield = u32, Send = (), Return = ()>>` is a coroutine.
///
/// ```
/// use tminus::{Coroutine, Exception, Step};
///
/// struct Countdown(u32);
///
/// impl Coroutine for Countdown {
///     type Yield = u32;
///     type Send = ();
///     type Return = ();
///
///     fn resume(&mut self) -> Result<Step<u32, ()>, Exception> {
///         if self.0 == 0 {
///             return Ok(Step::Returned(()));
///         }
///         self.0 -= 1;
///         Ok(Step::Yielded(self.0 + 1))
///     }
/// }
///
/// let mut countdown = Countdown(2);
/// assert_eq!(countdown.resume().unwrap(), Step::Yielded(2));
/// assert_eq!(countdown.resume().unwrap(), Step::Yielded(1));
/// assert_eq!(countdown.resume().unwrap(), Step::Returned(()));
/// ```
pub trait Coroutine {
    /// The type of the values that the coroutine yields.
    type Yield;
    /// The type of the values that can be sent to the coroutine.
    type Send;
    /// The type of the coroutine's result.
    type Return;

    /// Runs the coroutine to its next pause: Python's `next(c)`, or `c.__next__()`.
    ///
    /// # Errors
    ///
    /// - The exception that ended the coroutine.
    /// - `StopIteration` if the coroutine had already ended.
    fn resume(&mut self) -> Result<Step<Self::Yield, Self::Return>, Exception>;

    /// Sends `value` to the pause at which the coroutine waits, and runs the coroutine to its next pause: Python's
    /// `c.send(value)`.
    ///
    /// The default implementation refuses the value.
    ///
    /// If a generator that delegates to an object is sent `None`, Python calls `next` instead of `send`. So does
    /// [`yield_from`](crate::Co::yield_from), if the value is `()` or the `None` of an `Option`.
    ///
    /// # Errors
    ///
    /// - The exception that ended the coroutine.
    /// - `StopIteration` if the coroutine had already ended.
    /// - `AttributeError` if the type does not implement `send`.
    fn send(&mut self, value: Self::Send) -> Result<Step<Self::Yield, Self::Return>, Exception> {
        drop(value);
        Err(Exception::new(
            Kind::AttributeError,
            "this coroutine takes no values: resume it, or implement `send` for its type",
        ))
    }

    /// Raises an exception at the pause at which the coroutine waits, and runs the coroutine to its next pause: Python's
    /// `c.throw(exception)`.
    ///
    /// The default implementation raises the exception in the caller.
    ///
    /// # Errors
    ///
    /// - The exception itself if nothing catches it.
    /// - Any other exception that ended the coroutine.
    fn throw(
        &mut self,
        exception: Exception,
    ) -> Result<Step<Self::Yield, Self::Return>, Exception> {
        Err(exception)
    }

    /// Tells the coroutine to clean up and finish: Python's `c.close()`. Returns the result, if there is one.
    ///
    /// The default implementation does nothing.
    ///
    /// # Errors
    ///
    /// - The exception that was raised during the clean-up.
    /// - `RuntimeError`, "generator ignored GeneratorExit", if the coroutine yields in answer.
    fn close(&mut self) -> Result<Option<Self::Return>, Exception> {
        Ok(None)
    }

    /// Lets a generator with any send type delegate to this coroutine, which takes no values.
    ///
    /// [`yield_from`](crate::Co::yield_from) does this without being asked if the send type of the generator is one of the
    /// standard library's, or is marked as [`NotUnit`](crate::delegation::NotUnit). This method is for all others: a type
    /// of another crate, or a type parameter.
    ///
    /// A value that is sent while the coroutine runs is dropped, and the coroutine is sent `()`. A generator ignores that.
    /// As in Python, a coroutine without `send` raises `AttributeError`, unless the value is `()` or the `None` of an
    /// `Option`.
    ///
    /// ```
    /// use tminus::{Coroutine, Exception, Generator};
    ///
    /// fn bracketed<S: Default + 'static>(inner: Generator<char>) -> Generator<char, S> {
    ///     Generator::new(async move |co| {
    ///         co.yield_('[').await?;
    ///         co.yield_from(inner.ignore_sent()).await?;
    ///         co.yield_(']').await?;
    ///         Ok(())
    ///     })
    /// }
    ///
    /// let inner = Generator::new(async |co| co.yield_from("ab".chars()).await);
    /// let text: String = bracketed::<u32>(inner).collect::<Result<_, _>>()?;
    /// assert_eq!(text, "[ab]");
    /// # Ok::<(), Exception>(())
    /// ```
    fn ignore_sent(self) -> IgnoreSent<Self>
    where
        Self: Sized,
    {
        IgnoreSent(self)
    }
}

/// What [`Coroutine::ignore_sent`] returns: a coroutine that a generator with any send type can delegate to.
///
/// ```
/// use tminus::{Coroutine, Exception, Generator};
///
/// let ones = Generator::new(async |co| co.yield_from([1, 1]).await);
/// let mut outer = Generator::<u32, String>::new(async |co| co.yield_from(ones.ignore_sent()).await);
/// assert_eq!(outer.resume()?.yielded(), Some(1));
/// assert_eq!(outer.send("not heard".into())?.yielded(), Some(1));
/// # Ok::<(), Exception>(())
/// ```
#[derive(Debug)]
#[must_use = "an adapter does nothing until it is delegated to"]
pub struct IgnoreSent<C>(C);

impl<C> IgnoreSent<C> {
    pub(crate) fn into_inner(self) -> C {
        self.0
    }
}

macro_rules! drive_through_a_reference {
    ($reference:ty) => {
        impl<C: Coroutine + ?Sized> Coroutine for $reference {
            type Yield = C::Yield;
            type Send = C::Send;
            type Return = C::Return;

            fn resume(&mut self) -> Result<Step<C::Yield, C::Return>, Exception> {
                (**self).resume()
            }

            fn send(&mut self, value: C::Send) -> Result<Step<C::Yield, C::Return>, Exception> {
                (**self).send(value)
            }

            fn throw(
                &mut self,
                exception: Exception,
            ) -> Result<Step<C::Yield, C::Return>, Exception> {
                (**self).throw(exception)
            }

            fn close(&mut self) -> Result<Option<C::Return>, Exception> {
                (**self).close()
            }
        }
    };
}

drive_through_a_reference!(&mut C);
drive_through_a_reference!(Box<C>);

/// A coroutine with several handles, as one generator has several names in Python.
///
/// Rust's types prevent driving a coroutine while it runs. Through a shared handle a body can try to resume itself: that
/// raises `ValueError`, "generator already executing", as in Python.
impl<C: Coroutine + ?Sized> Coroutine for Rc<RefCell<C>> {
    type Yield = C::Yield;
    type Send = C::Send;
    type Return = C::Return;

    fn resume(&mut self) -> Result<Step<C::Yield, C::Return>, Exception> {
        self.try_borrow_mut().map_err(executing)?.resume()
    }

    fn send(&mut self, value: C::Send) -> Result<Step<C::Yield, C::Return>, Exception> {
        self.try_borrow_mut().map_err(executing)?.send(value)
    }

    fn throw(&mut self, exception: Exception) -> Result<Step<C::Yield, C::Return>, Exception> {
        self.try_borrow_mut().map_err(executing)?.throw(exception)
    }

    fn close(&mut self) -> Result<Option<C::Return>, Exception> {
        self.try_borrow_mut().map_err(executing)?.close()
    }
}

fn executing(_: std::cell::BorrowMutError) -> Exception {
    Exception::new(Kind::ValueError, "generator already executing")
}

/// Returns `true` if a value that is sent stands for Python's `None`: if it is `()`, or the `None` of an `Option`.
///
/// A trait bound would have to be repeated on every `send`. Without one, only the name of a type tells `Option` apart from
/// other types. If some compiler wrote the name otherwise, `None` would be a value like any other, and tests would fail.
pub(crate) fn is_none<S>(value: &S) -> bool {
    fn discriminant<T>(value: &T) -> u64 {
        let mut hasher = DefaultHasher::new();
        mem::discriminant(value).hash(&mut hasher);
        hasher.finish()
    }

    match type_name::<S>() {
        "()" => true,
        name if name.starts_with("core::option::Option<") => {
            discriminant(value) == discriminant(&None::<()>)
        }
        _ => false,
    }
}
