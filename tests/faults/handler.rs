//! What the exception handler is called with.

use tminus::{EventLoop, Exception, event_loop::spawn_named, sleep, spawn, yield_now};

use crate::{
    HOUR, error, ms, new_loop,
    support::{Log, reported},
};

/// A loop whose handler logs the message, the exception and the task.
fn telling() -> (EventLoop, Log) {
    let (event_loop, log) = (new_loop(), Log::default());
    let told = log.clone();
    event_loop.set_exception_handler(move |context| {
        let task = context.task().map(|task| task.name()).unwrap_or_default();
        told.add(format!(
            "{}: {}: {task}",
            context.message(),
            context.exception()
        ));
    });
    (event_loop, log)
}

#[test]
fn a_task_whose_exception_nobody_retrieved() {
    let (event_loop, log) = telling();
    let main = async {
        spawn_named("bomb", async { Err::<(), _>(error("boom")) })?;
        sleep(ms(1)).await
    };
    let reports = reported(|| event_loop.run_until_complete(main).unwrap());
    assert_eq!(
        log.take(),
        ["Task exception was never retrieved: ValueError: boom: bomb"]
    );
    assert_eq!(reports, [""; 0]); // the handler has it
}

#[test]
fn a_task_that_panicked_and_that_nobody_awaited() {
    let (event_loop, log) = telling();
    let main = async {
        spawn_named("bomb", async { panic!("boom") as Result<(), Exception> })?;
        sleep(ms(1)).await
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(
        log.take(),
        ["Task exception was never retrieved: Panic: boom: bomb"]
    );
}

/// The handler is called when the last handle is dropped, and not before.
#[test]
fn a_task_whose_handle_is_dropped_later() {
    let (event_loop, log) = telling();
    let task = event_loop.create_named_task("bomb", async { Err::<(), _>(error("boom")) });
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(log.take(), [""; 0]);
    drop(task);
    assert_eq!(
        log.take(),
        ["Task exception was never retrieved: ValueError: boom: bomb"]
    );
}

#[test]
fn a_future_whose_exception_nobody_retrieved() {
    let (event_loop, log) = telling();
    let future = event_loop.create_future::<()>();
    future.set_exception(error("boom")).unwrap();
    drop(future);
    assert_eq!(
        log.take(),
        ["Future exception was never retrieved: ValueError: boom: "]
    );
}

#[test]
fn nothing_that_was_retrieved_or_cancelled() {
    let (event_loop, log) = telling();
    let main = async {
        let seen = spawn(async { Err::<(), _>(error("seen")) })?;
        drop(seen.await);
        let cancelled = spawn(sleep(HOUR))?;
        yield_now().await?;
        cancelled.cancel();
        sleep(ms(1)).await
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn callbacks_of_all_kinds() {
    let (event_loop, log) = telling();
    let future = event_loop.create_future();
    future.add_done_callback(|_| Err(error("done")));
    future.set_result(()).unwrap();
    event_loop.call_soon(|| Err(error("soon"))).unwrap();
    event_loop.call_soon(|| -> () { panic!("panic") }).unwrap();
    event_loop
        .remote()
        .call_soon_threadsafe(|| Err(error("remote")))
        .unwrap();
    event_loop
        .call_later(ms(1), || Err(error("later")))
        .unwrap();
    event_loop.run_until_complete(sleep(ms(2))).unwrap();
    let told = [
        "ValueError: done",
        "ValueError: soon",
        "Panic: panic",
        "ValueError: remote",
        "ValueError: later",
    ];
    assert_eq!(
        log.take(),
        told.map(|one| format!("Exception in callback: {one}: "))
    );
}

#[test]
fn errors_of_the_clean_up_of_run() {
    let (event_loop, log) = telling();
    let main = async {
        spawn_named("untidy", async {
            drop(sleep(HOUR).await);
            Err::<(), _>(error("in the clean-up"))
        })?;
        yield_now().await
    };
    event_loop.run(main).unwrap();
    let told =
        "unhandled exception during asyncio.run() shutdown: ValueError: in the clean-up: untidy";
    assert_eq!(log.take(), [told]);
}

/// Closing the loop drops its handler, so the exception is logged through `tracing`.
#[test]
fn nothing_after_the_close_when_it_is_logged_instead() {
    let (event_loop, log) = telling();
    let task = event_loop.create_named_task("bomb", async { Err::<(), _>(error("boom")) });
    event_loop.run_until_complete(yield_now()).unwrap();
    event_loop.close().unwrap();
    let reports = reported(|| drop(task));
    assert_eq!((reports.len(), log.take()), (1, vec![]));
    assert!(reports[0].ends_with("ValueError: boom"), "{reports:?}");
}

/// A handler may use the loop, and may set another handler.
#[test]
fn a_handler_can_use_its_loop() {
    let event_loop = new_loop();
    let log = Log::default();
    let (same, told) = (event_loop.clone(), log.clone());
    event_loop.set_exception_handler(move |context| {
        let (next, later) = (told.clone(), told.clone());
        next.add(format!("first: {}", context.exception()));
        same.set_exception_handler(move |context| {
            next.add(format!("second: {}", context.exception()))
        });
        same.call_soon(move || later.add("called"))
            .expect("it is open");
    });
    event_loop.call_soon(|| Err(error("a"))).unwrap();
    event_loop.call_soon(|| Err(error("b"))).unwrap();
    event_loop.run_until_complete(sleep(ms(1))).unwrap();
    assert_eq!(
        log.take(),
        ["first: ValueError: a", "second: ValueError: b", "called"]
    );
    event_loop.close().unwrap();
}

/// The inner exception is dropped during a call of the handler, which is then called again.
#[test]
fn a_handler_whose_own_future_is_never_retrieved_is_called_once_for_each() {
    let event_loop = new_loop();
    let log = Log::default();
    let (same, told) = (event_loop.clone(), log.clone());
    event_loop.set_exception_handler(move |context| {
        told.add(context.exception().to_string());
        if context.exception().message() == "outer" {
            let future = same.create_future::<()>();
            future.set_exception(error("inner")).expect("it is new");
        }
    });
    event_loop.call_soon(|| Err(error("outer"))).unwrap();
    event_loop.run_until_complete(sleep(ms(1))).unwrap();
    assert_eq!(log.take(), ["ValueError: outer", "ValueError: inner"]);
    event_loop.close().unwrap();
}
