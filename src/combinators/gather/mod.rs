//! `gather`: many futures as one.
//!
//! This file has the public functions, and the lists and tuples that they accept. `gathering` waits for the futures.

mod gathering;

use crate::{
    Exception,
    event_loop::{LoopFuture, Outcome},
};
use gathering::{Child, Gathering, Raises};

/// Waits for all futures, and returns their results in the order of the arguments: Python's `asyncio.gather`.
///
/// Pass a list of futures of one type, or a tuple of up to eight types. Anything that is not yet a task or a future is spawned
/// as a task immediately. When the first future fails or is cancelled, the gather fails with that exception, and the others
/// keep running. Their later exceptions count as retrieved.
///
/// The futures end with what tasks can end with: a `Result`, or a [plain value](crate::event_loop::Outcome).
///
/// Cancelling the returned future, or a task that awaits it, cancels all of the futures that are not done.
///
/// ```
/// use tminus::{Exception, gather, run, yield_now};
///
/// let (number, text) = run(async {
///     let number = async { yield_now().await.map(|()| 6) };
///     let text = async { Ok(String::from("six")) };
///     gather((number, text)).await
/// })?;
/// assert_eq!((number, text.as_str()), (6, "six"));
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - The exception of the first future that fails, or its `Cancelled`.
/// - `Cancelled` if the gather is cancelled.
/// - `Panic` if the `Clone` of a result panics.
/// - `RuntimeError` if a task has to be spawned or nothing is to be gathered, and no event loop is running on this thread.
/// - `ValueError` if the futures belong to different loops.
pub fn gather<G: Gather>(awaitables: G) -> LoopFuture<G::Output> {
    awaitables.gather()
}

/// Waits for all futures, and returns the `Result` of each in the order of the arguments: Python's
/// `asyncio.gather(…, return_exceptions=True)`.
///
/// Unlike [`gather`], it does not fail when one of the futures fails. Cancelling the returned future cancels all of the futures;
/// once they are done, the returned future fails with `Cancelled`.
///
/// ```
/// use tminus::{Exception, Kind, gather_results, run};
///
/// let results = run(async {
///     let all = (1..=3).map(async |n| match n {
///         2 => Err(Exception::new(Kind::ValueError, "no 2")),
///         n => Ok(n),
///     });
///     gather_results(all.collect::<Vec<_>>()).await
/// })?;
/// assert_eq!(results, [Ok(1), Err(Exception::new(Kind::ValueError, "no 2")), Ok(3)]);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `Cancelled` if the gather is cancelled.
/// - `Panic` if the `Clone` of a result panics.
/// - `RuntimeError` if a task has to be spawned or nothing is to be gathered, and no event loop is running on this thread.
/// - `ValueError` if the futures belong to different loops.
pub fn gather_results<G: Gather>(awaitables: G) -> LoopFuture<G::Results> {
    awaitables.gather_results()
}

/// A list or a tuple of futures, which [`gather`] and [`gather_results`] accept. Other types cannot implement this trait.
///
/// ```
/// use tminus::{Exception, LoopFuture, combinators::Gather, gather, run};
///
/// fn total<G: Gather<Output = Vec<u32>>>(parts: G) -> LoopFuture<Vec<u32>> {
///     gather(parts)
/// }
///
/// let parts = run(async { total([1, 2].map(async |n| Ok(n))).await })?;
/// assert_eq!(parts, [1, 2]);
/// # Ok::<(), Exception>(())
/// ```
pub trait Gather: sealed::Sealed {
    /// The results.
    type Output: 'static;
    /// The `Result` of each.
    type Results: 'static;

    #[doc(hidden)]
    fn gather(self) -> LoopFuture<Self::Output>;

    #[doc(hidden)]
    fn gather_results(self) -> LoopFuture<Self::Results>;
}

mod sealed {
    pub trait Sealed {}

    impl<F> Sealed for Vec<F> {}
    impl<F, const N: usize> Sealed for [F; N] {}
}

impl<T, F> Gather for Vec<F>
where
    T: Clone + 'static,
    F: IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
{
    type Output = Vec<T>;
    type Results = Vec<Result<T, Exception>>;

    fn gather(self) -> LoopFuture<Self::Output> {
        gather_list(self, Raises::TheFirst, |children| {
            children.iter().map(Child::result).collect()
        })
    }

    fn gather_results(self) -> LoopFuture<Self::Results> {
        gather_list(self, Raises::None, |children| {
            Ok(children.iter().map(Child::result).collect())
        })
    }
}

impl<T, F, const N: usize> Gather for [F; N]
where
    T: Clone + 'static,
    F: IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
{
    type Output = Vec<T>;
    type Results = Vec<Result<T, Exception>>;

    fn gather(self) -> LoopFuture<Self::Output> {
        Vec::from(self).gather()
    }

    fn gather_results(self) -> LoopFuture<Self::Results> {
        Vec::from(self).gather_results()
    }
}

fn gather_list<T: 'static, F, R>(
    awaitables: Vec<F>,
    raises: Raises,
    collect: impl Fn(&[Child<T>]) -> Result<R, Exception> + 'static,
) -> LoopFuture<R>
where
    F: IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
{
    let mut futures = Vec::with_capacity(awaitables.len());
    let child = |awaitable| Child::of(awaitable, &mut futures);
    let children: Result<Vec<_>, _> = awaitables.into_iter().map(child).collect();
    match children {
        Ok(children) => Gathering::start(futures, raises, move || collect(&children)),
        Err(exception) => LoopFuture::failed(exception),
    }
}

macro_rules! gather_tuple {
    ($($name:ident: $result:ident of $awaitable:ident),+) => {
        impl<$($awaitable),+> sealed::Sealed for ($($awaitable,)+) {}

        impl<$($result, $awaitable),+> Gather for ($($awaitable,)+)
        where
            $(
                $result: Clone + 'static,
                $awaitable: IntoFuture<Output: Outcome<Value = $result>, IntoFuture: 'static>,
            )+
        {
            type Output = ($($result,)+);
            type Results = ($(Result<$result, Exception>,)+);

            fn gather(self) -> LoopFuture<Self::Output> {
                let ($($name,)+) = self;
                let mut futures = Vec::new();
                $(
                    let $name = match Child::of($name, &mut futures) {
                        Ok(child) => child,
                        Err(exception) => return LoopFuture::failed(exception),
                    };
                )+
                Gathering::start(futures, Raises::TheFirst, move || Ok(($($name.result()?,)+)))
            }

            fn gather_results(self) -> LoopFuture<Self::Results> {
                let ($($name,)+) = self;
                let mut futures = Vec::new();
                $(
                    let $name = match Child::of($name, &mut futures) {
                        Ok(child) => child,
                        Err(exception) => return LoopFuture::failed(exception),
                    };
                )+
                Gathering::start(futures, Raises::None, move || Ok(($($name.result(),)+)))
            }
        }
    };
}

gather_tuple!(a: A of FA);
gather_tuple!(a: A of FA, b: B of FB);
gather_tuple!(a: A of FA, b: B of FB, c: C of FC);
gather_tuple!(a: A of FA, b: B of FB, c: C of FC, d: D of FD);
gather_tuple!(a: A of FA, b: B of FB, c: C of FC, d: D of FD, e: E of FE);
gather_tuple!(a: A of FA, b: B of FB, c: C of FC, d: D of FD, e: E of FE, f: F of FF);
gather_tuple!(a: A of FA, b: B of FB, c: C of FC, d: D of FD, e: E of FE, f: F of FF, g: G of FG);
gather_tuple!(a: A of FA, b: B of FB, c: C of FC, d: D of FD, e: E of FE, f: F of FF, g: G of FG, h: H of FH);
