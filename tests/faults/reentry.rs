//! Code of the program that uses the loop from wherever the loop calls it. Nothing of the loop may be borrowed then.

use std::{
    cell::Cell,
    error::Error,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Wake, Waker},
};

use futures::future::pending;
use tminus::{
    EventLoop, Exception, Task,
    event_loop::{all_tasks, current_task},
    gather, sleep, spawn, yield_now,
};

use crate::{
    HOUR, handler_calls, ms, new_loop,
    support::{Log, records_while},
};

thread_local! {
    /// The number of times that the loop was used.
    static USES: Cell<u32> = const { Cell::new(0) };
}

/// Uses the running loop in every way that does not wait.
fn use_the_loop() {
    let Ok(event_loop) = EventLoop::running() else {
        return; // the loop is being closed
    };
    let used = (|| {
        let task = spawn(sleep(HOUR))?;
        task.set_name("short-lived");
        task.cancel();
        spawn(yield_now())?;
        event_loop.call_soon(|| ())?;
        event_loop.call_later(HOUR, || ())?.cancel();
        event_loop.call_later(ms(1), || ())?;
        event_loop.remote().call_soon_threadsafe(|| Ok(()))?;
        let future = event_loop.create_future();
        future.add_done_callback(|_| ());
        future.set_result(current_task().map(|task| task.name()).unwrap_or_default())?;
        let shown = format!("{event_loop:?} {:?} {future:?}", all_tasks()?);
        assert!(shown.contains("short-lived"));
        Ok::<(), Exception>(())
    })();
    used.unwrap();
    USES.set(USES.get() + 1);
}

/// Uses the loop whenever something is done with it.
#[derive(Debug)]
struct Uses;

impl Drop for Uses {
    fn drop(&mut self) {
        use_the_loop();
    }
}

impl Clone for Uses {
    fn clone(&self) -> Self {
        use_the_loop();
        Self
    }
}

impl fmt::Display for Uses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use_the_loop();
        f.write_str("an error")
    }
}

impl Error for Uses {}

impl Wake for Uses {
    fn wake(self: Arc<Self>) {
        use_the_loop();
    }
}

/// Runs `act` beside another task; returns the number of uses. No panic may be reported.
fn uses_in<T: 'static>(act: impl Future<Output = Result<T, Exception>> + 'static) -> u32 {
    USES.set(0);
    let event_loop = new_loop();
    let (handled, log) = (handler_calls(&event_loop), Log::default());
    let other = log.clone();
    let acts = event_loop.create_task(act).unwrap();
    let main = async move {
        sleep(ms(5)).await?;
        other.add("the other ended");
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    let failed = acts
        .exception()
        .unwrap_or_default()
        .map(|end| end.to_string());
    assert_eq!((failed, handled.get()), (None, 0));
    assert_eq!(log.take(), ["the other ended"]);
    USES.get()
}

#[test]
fn a_result_that_is_dropped_can_use_the_loop() {
    let act = async {
        spawn(async { Ok(Uses) })?;
        let task = spawn(async { Ok(Uses) })?;
        sleep(ms(1)).await?;
        drop(task);
        yield_now().await
    };
    assert_eq!(uses_in(act), 2);
}

/// One clone for each of the three that await it; each clone is dropped, and then the result.
#[test]
fn a_result_that_is_cloned_can_use_the_loop() {
    let act = async {
        let task: Task<Uses> = spawn(async { Ok(Uses) })?;
        drop(task.clone().await?);
        drop(gather([task.clone()]).await?);
        drop(task.result()?);
        Ok(())
    };
    assert!(uses_in(act) >= 6);
}

#[test]
fn a_body_that_is_dropped_can_use_the_loop() {
    let act = async {
        let waits = async |uses: Uses| {
            let _uses = uses;
            pending::<Result<(), Exception>>().await
        };
        let began = spawn(waits(Uses))?;
        yield_now().await?;
        let never_began = spawn(waits(Uses))?;
        began.cancel();
        never_began.cancel();
        assert!(began.await.is_err() && never_began.await.is_err());
        Ok(())
    };
    assert_eq!(uses_in(act), 2);
}

#[test]
fn a_callback_that_is_dropped_can_use_the_loop() {
    let act = async {
        let event_loop = EventLoop::running()?;
        let [soon, later, done, called] = [(); 4].map(|()| Uses);
        event_loop.call_soon(move || drop(soon))?.cancel();
        event_loop.call_later(HOUR, move || drop(later))?.cancel();
        let future = event_loop.create_future();
        let removed = future.add_done_callback(move |_| drop(done));
        assert!(future.remove_done_callback(removed));
        future.add_done_callback(move |_| drop(called));
        future.set_result(())?;
        yield_now().await
    };
    assert_eq!(uses_in(act), 4);
}

type Waits = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

#[test]
fn a_foreign_waker_can_use_the_loop() {
    let act = async {
        let event_loop = EventLoop::running()?;
        let future = event_loop.create_future();
        let mut waits: [Waits; 3] = [
            Box::pin(sleep(ms(1))),
            Box::pin(future.clone()),
            Box::pin(spawn(sleep(ms(1)))?),
        ];
        for wait in &mut waits {
            let waker = Waker::from(Arc::new(Uses));
            assert!(
                wait.as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
        }
        future.set_result(())?;
        sleep(ms(2)).await
    };
    assert_eq!(uses_in(act), 6); // each is woken, and dropped
}

#[test]
fn a_foreign_waker_that_is_replaced_can_use_the_loop() {
    let act = async {
        let mut future = EventLoop::running()?.create_future::<()>();
        for _ in 0..3 {
            let waker = Waker::from(Arc::new(Uses));
            let polled = Pin::new(&mut future).poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
        drop(future);
        Ok(())
    };
    assert_eq!(uses_in(act), 3);
}

#[test]
fn an_error_that_is_printed_for_tracing_can_use_the_loop() {
    let act = async {
        let fails = spawn(async { Err::<(), _>(Exception::from(Uses)) })?;
        drop(fails.await);
        Ok(())
    };
    let mut uses = 0;
    records_while(|| uses = uses_in(act));
    assert!(uses >= 2, "{uses}"); // the text, and the drop
}

#[test]
fn an_exception_handler_and_what_it_drops_can_use_the_loop() {
    USES.set(0);
    let event_loop = new_loop();
    event_loop.set_exception_handler(|_| use_the_loop());
    event_loop.call_soon(|| Err(Exception::from(Uses))).unwrap();
    event_loop.run_until_complete(sleep(ms(2))).unwrap();
    assert_eq!(USES.get(), 2);
    let (uses, same) = (Uses, event_loop.clone());
    event_loop.set_exception_handler(move |_| drop(uses.clone()));
    let replaces = move || same.set_exception_handler(|_| ());
    event_loop.call_soon(replaces).unwrap();
    event_loop.run_until_complete(sleep(ms(2))).unwrap();
    assert_eq!(USES.get(), 3); // the handler that was replaced is dropped
}
