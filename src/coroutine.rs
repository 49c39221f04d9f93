//! What can be driven: resumed, sent to, thrown into, closed.
//!
//! [`Coroutine`] is the one interface between a coroutine and whoever drives it, be that a `for` loop, a scheduler or
//! another coroutine that delegates to it. [`Generator`](crate::Generator) is the coroutine that you will meet most. A
//! type of your own needs only [`resume`](Coroutine::resume); what it leaves out behaves as PEP 380 says of an object
//! without that method.

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
/// In Python the first is what `send` returns and the second is the value of the `StopIteration` that it raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step<Y, R> {
    /// It paused and handed this out.
    Yielded(Y),
    /// It finished, and this is its result.
    Returned(R),
}

impl<Y, R> Step<Y, R> {
    /// The value handed out, if it paused.
    pub fn yielded(self) -> Option<Y> {
        match self {
            Step::Yielded(value) => Some(value),
            Step::Returned(_) => None,
        }
    }

    /// The result, if it finished.
    pub fn returned(self) -> Option<R> {
        match self {
            Step::Yielded(_) => None,
            Step::Returned(result) => Some(result),
        }
    }
}

/// Anything that can be driven, and delegated to with [`yield_from`](crate::Co::yield_from).
///
/// The trait is object-safe: `Box<dyn Coroutine<Yield = u32, Send = (), Return = ()>>` is a coroutine.
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
    /// What it hands out.
    type Yield;
    /// What can be sent in.
    type Send;
    /// What it gives at the end.
    type Return;

    /// Runs it to its next pause: Python's `next(c)`, or `c.__next__()`.
    ///
    /// # Errors
    ///
    /// The exception that ended it; `StopIteration` where it had already ended.
    fn resume(&mut self) -> Result<Step<Self::Yield, Self::Return>, Exception>;

    /// Runs it to its next pause, with a value that the pause it is in gives: Python's `c.send(value)`.
    ///
    /// Left out, it refuses the value.
    ///
    /// # Errors
    ///
    /// As [`resume`](Coroutine::resume); `AttributeError` where the type leaves it out.
    fn send(&mut self, value: Self::Send) -> Result<Step<Self::Yield, Self::Return>, Exception> {
        drop(value);
        Err(Exception::new(
            Kind::AttributeError,
            "this coroutine takes no values: resume it, or give its type a `send`",
        ))
    }

    /// Raises an exception where it is paused and runs it to its next pause: Python's `c.throw(exception)`.
    ///
    /// Left out, the exception comes straight back.
    ///
    /// # Errors
    ///
    /// As [`resume`](Coroutine::resume); the exception itself where nobody catches it.
    fn throw(
        &mut self,
        exception: Exception,
    ) -> Result<Step<Self::Yield, Self::Return>, Exception> {
        Err(exception)
    }

    /// Asks it to clean up and finish: Python's `c.close()`. Gives the result, where there is one.
    ///
    /// Left out, it does nothing.
    ///
    /// # Errors
    ///
    /// What went wrong during the clean-up, or the `RuntimeError` "generator ignored GeneratorExit".
    fn close(&mut self) -> Result<Option<Self::Return>, Exception> {
        Ok(None)
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

/// A coroutine that several hold, as several names hold one generator in Python.
///
/// Rust's types do not let anybody drive a coroutine while it runs. Through a shared handle one can try: a body that
/// resumes itself gets the `ValueError` "generator already executing", as in Python.
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
/// This asks for no trait, because then every `send` would have to ask for it, too. The name of a type is the only thing
/// that tells `Option` apart from other types without one. If some compiler wrote it otherwise, `None` would be a value
/// like any other; the tests would tell.
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
