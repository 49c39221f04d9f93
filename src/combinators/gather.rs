//! All of them, as one future.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use crate::{
    Exception, Kind,
    event_loop::{
        AnyFuture, FutureRef, LoopFuture, Parts, Reason, WeakFuture, ensure_future, running,
    },
};

/// Waits for all, and gives their results in the order given: Python's `asyncio.gather`.
///
/// It takes a list of one kind, or a tuple of up to eight kinds. Tasks and futures are waited for; of anything else a task
/// is made, at once. When the first of them fails or is cancelled, its exception is the result, and the others run on.
/// To cancel the future that it gives, as a task does that waits for it and is cancelled, cancels all that are not done.
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
/// The first exception; `RuntimeError` where a task is to be made and no loop runs.
pub fn gather<G: Gather>(awaitables: G) -> LoopFuture<G::Output> {
    awaitables.gather()
}

/// Waits for all, and gives what became of each in the order given: Python's `asyncio.gather(…, return_exceptions=True)`.
///
/// As [`gather`], but no exception of theirs is its own. Only where it is cancelled itself it ends with `Cancelled`, once all
/// are done.
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
/// let shown: Vec<_> = results.iter().map(|one| format!("{one:?}")).collect();
/// assert_eq!(shown, ["Ok(1)", "Err(ValueError: no 2)", "Ok(3)"]);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// `Cancelled` where it is cancelled; `RuntimeError` where a task is to be made and no loop runs.
pub fn gather_results<G: Gather>(awaitables: G) -> LoopFuture<G::Results> {
    awaitables.gather_results()
}

/// What can be gathered: a list, or a tuple.
pub trait Gather: sealed::Sealed {
    /// The results.
    type Output: 'static;
    /// What became of each.
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
    F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
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
    F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
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
    F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
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
                $awaitable: IntoFuture<Output = Result<$result, Exception>, IntoFuture: 'static>,
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

/// One of those that are gathered. Until it is done its callback keeps the gathering, so that must not keep it.
struct Child<T: 'static>(WeakFuture<T>);

impl<T: 'static> Child<T> {
    /// Puts it among the others.
    fn of<F>(awaitable: F, futures: &mut Vec<FutureRef>) -> Result<Self, Exception>
    where
        F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
    {
        let future = ensure_future(awaitable)?;
        futures.push(future.any());
        Ok(Self(future.downgrade()))
    }
}

impl<T: Clone + 'static> Child<T> {
    /// What became of it. Not the very `Cancelled` that it ended with: that stays for who awaits it.
    fn result(&self) -> Result<T, Exception> {
        let done = self.0.upgrade().expect("what is done is kept");
        match done.cancelled() {
            true => Err(Exception::new(Kind::Cancelled, done.cancel_message())),
            false => done.result(),
        }
    }
}

/// Which exceptions of theirs are its own.
#[derive(Clone, Copy)]
enum Raises {
    /// The first one, at once.
    TheFirst,
    None,
}

/// What waits for all of them.
struct Gathering<R: 'static, C> {
    all: LoopFuture<R>,
    raises: Raises,
    count: usize,
    /// Those that are done.
    done: RefCell<Vec<FutureRef>>,
    /// The last one in the order given.
    last: Weak<dyn AnyFuture>,
    /// Makes one result of theirs.
    collect: C,
}

impl<R: 'static, C: Fn() -> Result<R, Exception> + 'static> Gathering<R, C> {
    fn start(futures: Vec<FutureRef>, raises: Raises, collect: C) -> LoopFuture<R> {
        let Some(last) = futures.last() else {
            return match running() {
                Ok(kernel) => {
                    let all = LoopFuture::new_for(Rc::downgrade(&kernel), Reason::Future);
                    all.end(collect()).expect("it is new");
                    all
                }
                Err(exception) => LoopFuture::failed(exception),
            };
        };
        let parts: Parts = futures
            .iter()
            .map(|one| Rc::downgrade(&one.awaited()))
            .collect();
        let all = LoopFuture::new_for(last.0.kernel(), Reason::Gather(parts));
        let gathering = Rc::new(Self {
            all: all.clone(),
            raises,
            count: futures.len(),
            done: RefCell::default(),
            last: Rc::downgrade(&last.0),
            collect,
        });
        let (done, pending): (Vec<_>, Vec<_>) = futures.into_iter().partition(FutureRef::done);
        for future in pending {
            let gathering = gathering.clone();
            future
                .0
                .add_callback(Box::new(move |future| gathering.one_is_done(future)));
        }
        for future in done {
            gathering.one_is_done(future);
        }
        all
    }

    fn one_is_done(&self, future: FutureRef) {
        self.done.borrow_mut().push(future.clone());
        future.0.failed(); // is seen, wherever it goes
        if self.all.done() {
            return;
        }
        let failure = match self.raises {
            Raises::TheFirst => future.0.failure(),
            Raises::None => None,
        };
        let result = match (failure, self.last.upgrade()) {
            (Some(failure), _) => Err(failure),
            _ if self.done.borrow().len() < self.count => return,
            // Who cancelled it gets a `Cancelled`, whatever came of them.
            (None, Some(last)) if self.all.cancel_passed_on() => Err(last.cancelled_error()),
            (None, _) => (self.collect)(),
        };
        self.all.end(result).expect("it was seen not to be done");
    }
}
