//! All of them, as one future.

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::{Rc, Weak},
};

use crate::{
    Exception, Kind,
    event_loop::{Awaited, Kernel, LoopFuture, Parts, Reason, ensure_future, running},
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
        list(self, Raises::AtOnce, |children| {
            children.iter().map(|child| child.result()).collect()
        })
    }

    fn gather_results(self) -> LoopFuture<Self::Results> {
        list(self, Raises::Nothing, |children| {
            Ok(children.iter().map(|child| child.result()).collect())
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

fn list<T: Clone + 'static, R>(
    awaitables: Vec<impl IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>>,
    raises: Raises,
    collect: impl Fn(&[Rc<Child<T>>]) -> Result<R, Exception> + 'static,
) -> LoopFuture<R> {
    let children: Result<Vec<_>, _> = awaitables.into_iter().map(Child::of).collect();
    match children {
        Ok(children) => {
            let any = children.iter().map(|child| child.clone() as _).collect();
            gather_children(any, raises, move || collect(&children))
        }
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
                $(
                    let $name = match Child::of($name) {
                        Ok(child) => child,
                        Err(exception) => return LoopFuture::failed(exception),
                    };
                )+
                gather_children(vec![$($name.clone()),+], Raises::AtOnce, move || {
                    Ok(($($name.result()?,)+))
                })
            }

            fn gather_results(self) -> LoopFuture<Self::Results> {
                let ($($name,)+) = self;
                $(
                    let $name = match Child::of($name) {
                        Ok(child) => child,
                        Err(exception) => return LoopFuture::failed(exception),
                    };
                )+
                gather_children(vec![$($name.clone()),+], Raises::Nothing, move || {
                    Ok(($($name.result(),)+))
                })
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

/// Which exceptions of theirs are its own.
#[derive(Clone, Copy, PartialEq)]
enum Raises {
    /// The first one, at once.
    AtOnce,
    Nothing,
}

/// One of those that are gathered.
struct Child<T: 'static> {
    /// What it is, until it is watched. (Its callback holds the gathering, and that must not hold it.)
    future: RefCell<Option<LoopFuture<T>>>,
    /// The same, once it is done.
    done: OnceCell<LoopFuture<T>>,
}

impl<T: Clone + 'static> Child<T> {
    fn of<F>(awaitable: F) -> Result<Rc<Self>, Exception>
    where
        F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
    {
        Ok(Rc::new(Self {
            future: RefCell::new(Some(ensure_future(awaitable)?)),
            done: OnceCell::new(),
        }))
    }

    /// What became of it. Not the very `Cancelled` that it ended with: that stays for who awaits it.
    fn result(&self) -> Result<T, Exception> {
        match self.done() {
            done if done.cancelled() => Err(Exception::new(Kind::Cancelled, done.cancel_message())),
            done => done.result(),
        }
    }

    fn done(&self) -> &LoopFuture<T> {
        self.done.get().expect("it was seen to be done")
    }
}

type OneIsDone = Rc<dyn Fn(&dyn AnyChild)>;

/// The same, whatever its result is.
trait AnyChild {
    fn awaited(&self) -> Option<Weak<dyn Awaited>>;

    fn kernel(&self) -> Option<Weak<Kernel>>;

    /// Calls `then` when it is done. True where it is done already; then nobody is called.
    fn watch(self: Rc<Self>, then: OneIsDone) -> bool;

    /// Its exception, if it has one, is not lost, though it goes nowhere.
    fn is_seen(&self);

    /// What it failed with, if it did, and what it is cancelled with.
    fn failure(&self) -> Option<Exception>;

    fn cancelled_error(&self) -> Exception;
}

impl<T: Clone + 'static> AnyChild for Child<T> {
    fn awaited(&self) -> Option<Weak<dyn Awaited>> {
        let future = self.future.borrow();
        future
            .as_ref()
            .map(|future| Rc::downgrade(&future.awaited()))
    }

    fn kernel(&self) -> Option<Weak<Kernel>> {
        self.future.borrow().as_ref().map(LoopFuture::kernel)
    }

    fn watch(self: Rc<Self>, then: OneIsDone) -> bool {
        let future = self.future.take().expect("it is watched once");
        if future.done() {
            self.done.get_or_init(|| future);
            return true;
        }
        future.add_done_callback(move |future| {
            self.done.get_or_init(|| future.clone());
            then(&*self);
        });
        false
    }

    fn is_seen(&self) {
        self.done().any().0.failed();
    }

    fn failure(&self) -> Option<Exception> {
        match self.done() {
            done if done.cancelled() => Some(done.cancelled_error()),
            done => done.exception().expect("it is done, and not cancelled"),
        }
    }

    fn cancelled_error(&self) -> Exception {
        self.done().cancelled_error()
    }
}

/// Watches them, and gives what `collect` makes of them when all are done.
fn gather_children<R: 'static>(
    children: Vec<Rc<dyn AnyChild>>,
    raises: Raises,
    collect: impl Fn() -> Result<R, Exception> + 'static,
) -> LoopFuture<R> {
    let kernel = match (children.first().and_then(|first| first.kernel()), running()) {
        (Some(kernel), _) => kernel,
        (None, Ok(kernel)) => Rc::downgrade(&kernel),
        (None, Err(exception)) => return LoopFuture::failed(exception),
    };
    let parts: Parts = children
        .iter()
        .filter_map(|child| child.awaited())
        .collect();
    let all = LoopFuture::new_for(kernel, Reason::Gather(parts));
    let Some(last) = children.last().cloned() else {
        all.end(collect()).expect("it is new");
        return all;
    };
    let left = Cell::new(children.len());
    let end = {
        let all = all.clone();
        move |result| all.end(result).expect("it was seen not to be done")
    };
    let one_is_done: OneIsDone = {
        let all = all.clone();
        Rc::new(move |child| {
            left.set(left.get() - 1);
            if all.done() {
                return child.is_seen();
            }
            let failure = match raises {
                Raises::AtOnce => child.failure(),
                Raises::Nothing => None,
            };
            if let Some(failure) = failure {
                end(Err(failure));
            } else if left.get() == 0 {
                // Who cancelled it gets a `Cancelled`, whatever came of them.
                let result = collect();
                end(if all.cancel_passed_on() {
                    Err(last.cancelled_error())
                } else {
                    result
                });
            }
        })
    };
    let watched = children.into_iter();
    let (done, _): (Vec<_>, Vec<_>) =
        watched.partition(|child| child.clone().watch(one_is_done.clone()));
    for child in done {
        one_is_done(&*child);
    }
    all
}
