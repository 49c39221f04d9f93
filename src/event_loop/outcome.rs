//! What a task or a callback ends with: a plain value, or a result.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque},
    convert::Infallible,
    ffi::{CString, OsString},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    num::NonZero,
    ops::{ControlFlow, Range, RangeFull, RangeInclusive},
    path::PathBuf,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    thread::ThreadId,
    time::{Duration, Instant, SystemTime},
};

use crate::Exception;

/// What the future of a task, or a callback, ends with: a plain value, or a `Result<T, Exception>` of which the error ends
/// the task.
///
/// [`spawn`](super::spawn), [`run`](super::run()) and the [combinators](crate::combinators) accept futures with such an end. (Only the
/// block of a [`TaskGroup`](crate::TaskGroup) is always a `Result`.)
///
/// It is implemented for `Result<T, Exception>`, the plain types of the standard library, and this module's handles. The
/// result of a task is its [`Value`](Outcome::Value):
///
/// ```
/// use tminus::{Exception, run, sleep, spawn};
/// use std::time::Duration;
///
/// run(async {
///     let plain = spawn(async { 6_u32 })?; // a `Task<u32>`
///     let fallible = spawn(async {
///         sleep(Duration::from_millis(1)).await?;
///         Ok(7) // no type of error has to be named: it is `Exception`
///     })?;
///     assert_eq!(plain.await? * fallible.await?, 42);
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Types of your own
///
/// A task can return any type inside of `Ok(…)`. To return one without `Ok`, implement the trait for it:
///
/// ```
/// use tminus::{Exception, event_loop::Outcome, run, spawn};
///
/// #[derive(Debug, PartialEq)]
/// struct Orbit(u32);
///
/// impl Outcome for Orbit {
///     type Value = Self;
///
///     fn into_result(self) -> Result<Self, Exception> {
///         Ok(self)
///     }
/// }
///
/// assert_eq!(run(async { Orbit(400) })?, Orbit(400));
/// # Ok::<(), Exception>(())
/// ```
///
/// # Other types of errors
///
/// A future that fails with another type of error is awaited in an `async` block, whose `?` converts the error, or is wrapped
/// in [`raising`]:
///
/// ```
/// use std::io;
/// use tminus::{Exception, event_loop::raising, run, spawn};
///
/// async fn fetch() -> Result<String, io::Error> {
///     Ok("page".into())
/// }
///
/// run(async {
///     let one = spawn(async { Ok(fetch().await?) })?;
///     let other = spawn(raising(fetch()))?;
///     assert_eq!(one.await?, other.await?);
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
///
/// Without that, the compiler's message says so: "a task or callback cannot end with `Result<String, std::io::Error>`",
/// and how to write it:
///
/// ```compile_fail,E0277
/// # async fn fetch() -> Result<String, std::io::Error> {
/// #     Ok("page".into())
/// # }
/// tminus::spawn(fetch());
/// ```
///
/// (An implementation for `Result<T, E>` with any `E` would be of no use: in `async { sleep(delay).await?; Ok(()) }` only
/// the implementation tells the compiler which type the error has, so there can be one only.)
///
/// # A loop without an end
///
/// An `async` block that ends in a `loop` without a `break` has the type `!`, in which `?` cannot be used. Write the loop
/// as an `async fn` with a return type, or name the type of the block's end:
///
/// ```
/// use std::{convert::Infallible, time::Duration};
/// use tminus::{Exception, run, sleep, spawn};
///
/// async fn ticks() -> Result<Infallible, Exception> {
///     loop {
///         sleep(Duration::from_secs(1)).await?;
///     }
/// }
///
/// run(async {
///     let ticker = spawn(ticks())?;
///     ticker.cancel();
///     assert!(ticker.await.is_err());
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a task or callback cannot end with `{Self}`",
    label = "this ends with `{Self}`",
    note = "a task or callback ends with a plain value, or with a `Result<T, Exception>`",
    note = "if the error has another type, `?` converts it: `async {{ Ok(future.await?) }}`, or `raising(future)`",
    note = "a value of another type is returned in `Ok`, or by an `impl Outcome` for its type"
)]
pub trait Outcome {
    /// The type of the result of a task.
    type Value;

    /// Returns the value, or the error that ends the task.
    ///
    /// # Errors
    ///
    /// - The error of the task or callback.
    fn into_result(self) -> Result<Self::Value, Exception>;
}

/// The only implementation for a `Result`. If there were a second one, no error type could be inferred.
impl<T> Outcome for Result<T, Exception> {
    type Value = T;

    #[inline]
    fn into_result(self) -> Self {
        self
    }
}

/// Types whose values are plain results, each with its parameters in front.
macro_rules! plain {
    ($([$($parameters:tt)*] $plain:ty,)+) => {$(
        impl<$($parameters)*> $crate::event_loop::Outcome for $plain {
            type Value = Self;

            #[inline]
            fn into_result(self) -> Result<Self, $crate::Exception> {
                Ok(self)
            }
        }
    )+};
}

pub(super) use plain;

plain! {
    [] (),
    [] bool, [] char,
    [] u8, [] u16, [] u32, [] u64, [] u128, [] usize,
    [] i8, [] i16, [] i32, [] i64, [] i128, [] isize,
    [] f32, [] f64,
    [] String, [] &'static str, [] &'static [u8], [] CString, [] OsString, [] PathBuf,
    [] Duration, [] Instant, [] SystemTime, [] ThreadId,
    [] IpAddr, [] Ipv4Addr, [] Ipv6Addr, [] SocketAddr, [] SocketAddrV4, [] SocketAddrV6,
    [] Ordering, [] Infallible, [] RangeFull,
    [T] Option<T>, [T: ?Sized] Box<T>, [T: ?Sized] Rc<T>, [T: ?Sized] Arc<T>, [P] Pin<P>,
    [T] Cell<T>, [T] RefCell<T>,
    [] NonZero<u8>, [] NonZero<u16>, [] NonZero<u32>, [] NonZero<u64>, [] NonZero<u128>, [] NonZero<usize>,
    [] NonZero<i8>, [] NonZero<i16>, [] NonZero<i32>, [] NonZero<i64>, [] NonZero<i128>, [] NonZero<isize>,
    [T] Range<T>, [T] RangeInclusive<T>, [B, C] ControlFlow<B, C>,
    [T: ToOwned + ?Sized + 'static] Cow<'static, T>,
    [T] Vec<T>, [T] VecDeque<T>, [T] LinkedList<T>, [T] BinaryHeap<T>, [T, const N: usize] [T; N],
    [K, V] BTreeMap<K, V>, [T] BTreeSet<T>, [K, V, S] HashMap<K, V, S>, [T, S] HashSet<T, S>,
    [A] (A,), [A, B] (A, B), [A, B, C] (A, B, C), [A, B, C, D] (A, B, C, D), [A, B, C, D, E] (A, B, C, D, E),
    [A, B, C, D, E, F] (A, B, C, D, E, F), [A, B, C, D, E, F, G] (A, B, C, D, E, F, G),
    [A, B, C, D, E, F, G, H] (A, B, C, D, E, F, G, H),
}

/// Lets a future with another type of error fail with an [`Exception`], as `?` does.
///
/// [`spawn`](super::spawn), [`run`](super::run()) and the like then accept it. If the error holds a cancellation, that is what is
/// raised: see the [guide](crate::guide::errors#a-cancellation-inside-an-error-of-yours).
///
/// ```
/// use std::{num::ParseIntError, time::Duration};
/// use tminus::{Exception, event_loop::raising, run, spawn};
///
/// async fn parse(text: &str) -> Result<u32, ParseIntError> {
///     text.parse()
/// }
///
/// let error = run(async { spawn(raising(parse("ten")))?.await }).unwrap_err();
/// assert!(error.is::<ParseIntError>());
/// ```
pub async fn raising<T, E>(future: impl IntoFuture<Output = Result<T, E>>) -> Result<T, Exception>
where
    E: Into<Exception>,
{
    future.await.map_err(Into::into)
}
