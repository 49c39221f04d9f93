//! A marker that tells all other types from `()`.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    rc::Rc,
    sync::Arc,
};

use crate::Exception;

/// A marker for types other than `()`.
///
/// A coroutine that takes no values can be delegated to by a generator that takes values of a `NotUnit` type. (With `()`,
/// two implementations of [`Delegate`](super::Delegate) would apply.) The standard library's usual types have the marker.
/// For a type of your own, write `impl NotUnit for Command {}`. For a type of another crate, or a type parameter, call
/// [`ignore_sent`](crate::Coroutine::ignore_sent) on the delegate.
///
/// ```
/// use tminus::{Exception, Generator, delegation::NotUnit};
///
/// #[derive(Default)]
/// enum Command {
///     #[default]
///     Go,
///     Stop,
/// }
///
/// impl NotUnit for Command {}
///
/// let countdown = Generator::<u32>::new(async |co| co.yield_from([2, 1]).await);
/// let obeys = Generator::<u32, Command>::new(async |co| {
///     co.yield_from(countdown).await?; // it takes no commands
///     match co.yield_(0).await? {
///         Command::Go => co.yield_(100).await.map(drop),
///         Command::Stop => Ok(()),
///     }
/// });
/// let all: Result<Vec<u32>, Exception> = obeys.collect();
/// assert_eq!(all?, [2, 1, 0, 100]);
/// # Ok::<(), Exception>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not marked as a type other than `()`",
    note = "if it is your own type, write `impl tminus::delegation::NotUnit for {Self} {{}}`",
    note = "otherwise, write `co.yield_from(sub.ignore_sent())`, which needs no marker"
)]
pub trait NotUnit {}

macro_rules! not_unit {
    ($($type:ty),* $(,)?) => { $(impl NotUnit for $type {})* };
}

not_unit!(
    bool, char, u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, String,
    Exception
);

impl<T: ?Sized> NotUnit for &T {}
impl<T: ?Sized> NotUnit for &mut T {}
impl<T: ?Sized> NotUnit for Box<T> {}
impl<T: ?Sized> NotUnit for Rc<T> {}
impl<T: ?Sized> NotUnit for Arc<T> {}
impl<T> NotUnit for Option<T> {}
impl<T, E> NotUnit for Result<T, E> {}
impl<T> NotUnit for Vec<T> {}
impl<T> NotUnit for VecDeque<T> {}
impl<T> NotUnit for BTreeSet<T> {}
impl<K, V> NotUnit for BTreeMap<K, V> {}
impl<T, H> NotUnit for HashSet<T, H> {}
impl<K, V, H> NotUnit for HashMap<K, V, H> {}
impl<T, const N: usize> NotUnit for [T; N] {}
impl<A> NotUnit for (A,) {}
impl<A, B> NotUnit for (A, B) {}
impl<A, B, C> NotUnit for (A, B, C) {}
impl<A, B, C, D> NotUnit for (A, B, C, D) {}
