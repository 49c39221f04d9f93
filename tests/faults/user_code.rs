//! Code of the program that panics when the loop calls it: `Display`, `Clone`, callbacks, handlers.

use std::{
    cell::{Cell, RefCell},
    error::Error,
    fmt,
};

use tminus::{EventLoop, Exception, Kind, gather, shield, sleep, spawn, yield_now};

use crate::{
    Bomb, handler_calls, ms, new_loop,
    support::{Log, records_while},
};

/// An error that cannot be printed.
#[derive(Debug)]
struct Unprintable;

impl fmt::Display for Unprintable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("this error cannot be printed")
    }
}

impl Error for Unprintable {}

/// Runs `main` while a subscriber listens to everything.
fn listened_to<T: Clone + 'static>(
    event_loop: &EventLoop,
    main: impl Future<Output = Result<T, Exception>> + 'static,
) -> Result<T, Exception> {
    let result = RefCell::new(None);
    records_while(|| {
        result.replace(Some(event_loop.run_until_complete(main)));
    });
    result.take().expect("it ran")
}

#[test]
fn a_task_whose_error_cannot_be_printed_fails_with_that_error() {
    let main = async {
        let fails = spawn(async { Err::<(), _>(Unprintable.into()) })?;
        let beside = spawn(sleep(ms(1)))?;
        let end = fails.await.unwrap_err();
        beside.await?;
        Ok(end.is::<Unprintable>())
    };
    assert!(listened_to(&new_loop(), main).unwrap());
}

#[test]
fn an_error_that_cannot_be_printed_and_that_nobody_retrieves_stays_in_the_loop() {
    let main = async {
        spawn(async { Err::<(), _>(Unprintable.into()) })?;
        let future = EventLoop::running()?.create_future::<()>();
        future.set_exception(Unprintable)?;
        drop(future);
        sleep(ms(1)).await?;
        Ok("main goes on")
    };
    assert_eq!(listened_to(&new_loop(), main).unwrap(), "main goes on");
}

#[test]
fn a_callback_whose_error_cannot_be_printed_is_reported() {
    let main = async {
        EventLoop::running()?.call_soon(|| Err(Unprintable.into()))?;
        sleep(ms(1)).await?;
        Ok("main goes on")
    };
    assert_eq!(listened_to(&new_loop(), main).unwrap(), "main goes on");
}

#[test]
fn a_handler_that_prints_such_an_error_does_not_end_the_loop() {
    let event_loop = new_loop();
    let log = Log::default();
    let (unreached, next) = (log.clone(), log.clone());
    event_loop.set_exception_handler(move |_| {
        let text = Unprintable.to_string();
        unreached.add(text);
    });
    event_loop.call_soon(|| Err(Unprintable.into())).unwrap();
    event_loop.call_soon(move || next.add("next")).unwrap();
    listened_to(&event_loop, sleep(ms(1))).unwrap();
    assert_eq!(log.take(), ["next"]);
}

#[test]
fn a_handler_that_panics_with_what_panics_again_does_not_end_the_loop() {
    let event_loop = new_loop();
    let (log, bomb) = (Log::default(), Cell::new(Some(Bomb)));
    event_loop.set_exception_handler(move |_| std::panic::panic_any(bomb.take()));
    let next = log.clone();
    event_loop
        .call_soon(|| Err(Kind::ValueError.into()))
        .unwrap();
    event_loop.call_soon(move || next.add("next")).unwrap();
    listened_to(&event_loop, sleep(ms(1))).unwrap();
    assert_eq!(log.take(), ["next"]);
}

#[test]
fn a_done_callback_that_panics_does_not_stop_the_others() {
    let event_loop = new_loop();
    let (handled, log) = (handler_calls(&event_loop), Log::default());
    let task = event_loop.create_task(async { Ok(7) }).unwrap();
    let next = log.clone();
    task.add_done_callback(|_| -> () { panic!("in a done callback") });
    task.add_done_callback(move |task| next.add(format!("{:?}", task.result())));
    event_loop.run_until_complete(sleep(ms(1))).unwrap();
    assert_eq!((handled.get(), log.take()), (1, vec!["Ok(7)".into()]));
}

/// A result that cannot be cloned.
#[derive(Debug)]
struct Unclonable;

impl Clone for Unclonable {
    fn clone(&self) -> Self {
        panic!("this result cannot be cloned")
    }
}

/// The loop clones the result in a callback of its own. A task that waits for the clone must get the panic, and not wait
/// forever.
#[test]
fn a_result_that_cannot_be_cloned_ends_what_waits_for_it() {
    let result = async || {
        yield_now().await?;
        Ok(Unclonable)
    };
    let kind = |end: Result<(), Exception>| end.unwrap_err().kind();
    let awaited = new_loop().run_until_complete(async move {
        let task = spawn(result())?;
        spawn(async move { (&task).await })?.await.map(drop)
    });
    let gathered = new_loop().run_until_complete(async move {
        let gathered = async move { gather([result()]).await.map(drop) };
        spawn(gathered)?.await
    });
    let shielded = new_loop().run_until_complete(async move {
        let shielded = async move { shield(result()).await.map(drop) };
        spawn(shielded)?.await
    });
    assert_eq!([awaited, gathered, shielded].map(kind), [Kind::Panic; 3]);
}
