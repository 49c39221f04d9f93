//! Foreign wakers that are registered with the loop's own futures, and that panic.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use tminus::{
    EventLoop, Exception, Task, sleep, spawn,
    sync::{Condition, Event, Lock, Queue, Semaphore},
    yield_now,
};

use crate::{handler_calls, ms, new_loop, support::Log};

/// Panics when it is woken, and counts how often.
#[derive(Default)]
struct Panics {
    woken: AtomicU32,
    when_dropped: AtomicBool,
}

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        self.woken.fetch_add(1, Ordering::Relaxed);
        panic!("this waker panics");
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        if *self.when_dropped.get_mut() && !std::thread::panicking() {
            panic!("this waker panics when it is dropped");
        }
    }
}

/// Polls `future` once, with that waker.
fn poll<F: Future + ?Sized>(future: Pin<&mut F>, waker: &Arc<Panics>) -> Poll<F::Output> {
    let waker = Waker::from(waker.clone());
    future.poll(&mut Context::from_waker(&waker))
}

type Waits = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// Polls a wait with a waker that panics, has a task wait after it, and wakes both. Returns the number of handler calls.
fn woken_together(
    wait: impl Fn() -> Waits + 'static,
    wake: impl AsyncFnOnce() -> Result<(), Exception> + 'static,
) -> usize {
    let event_loop = new_loop();
    let handled = handler_calls(&event_loop);
    let waker = Arc::<Panics>::default();
    let main = {
        let waker = waker.clone();
        async move {
            let mut foreign = wait();
            assert!(poll(foreign.as_mut(), &waker).is_pending());
            let waiter = spawn(wait())?;
            yield_now().await?;
            wake().await?;
            waiter.await?;
            drop(foreign);
            yield_now().await
        }
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(waker.woken.load(Ordering::Relaxed), 1);
    handled.get()
}

#[test]
fn the_other_waiters_of_a_future_are_woken() {
    let event_loop = new_loop();
    let handled = handler_calls(&event_loop);
    let waker = Arc::<Panics>::default();
    let main = async move {
        let future = EventLoop::running()?.create_future();
        let first = spawn(future.clone())?;
        yield_now().await?;
        let mut foreign = future.clone();
        assert!(poll(Pin::new(&mut foreign), &waker).is_pending());
        let last = spawn(future.clone())?;
        yield_now().await?;
        future.set_result("set")?;
        Ok([first.await?, last.await?])
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), ["set"; 2]);
    assert_eq!(handled.get(), 1);
}

#[test]
fn the_other_waiters_of_an_event_are_woken() {
    let event = Event::new();
    let set = event.clone();
    let handled = woken_together(
        move || Box::pin(event.wait()),
        async move || {
            set.set();
            Ok(())
        },
    );
    assert_eq!(handled, 1);
}

#[test]
fn the_other_waiters_of_a_condition_are_notified() {
    let condition = Condition::new();
    let notifies = condition.clone();
    let wait = move || {
        let condition = condition.clone();
        Box::pin(async move {
            let _guard = condition.acquire().await?;
            condition.wait().await
        }) as Waits
    };
    let notify = async move || {
        let _guard = notifies.acquire().await?;
        notifies.notify(1)?; // the first waiter, in a call of its own
        notifies.notify_all()
    };
    // The foreign waiter is never polled again, so it does not reacquire the lock.
    assert_eq!(woken_together(wait, notify), 1);
}

#[test]
fn a_queue_that_wakes_it_has_the_item() {
    let queue = Queue::new();
    let puts = queue.clone();
    let wait = move || {
        let queue = queue.clone();
        Box::pin(queue.get()) as Waits
    };
    let put = async move || {
        puts.put_nowait(())?;
        puts.put_nowait(())
    };
    assert_eq!(woken_together(wait, put), 1);
}

#[test]
fn a_permit_that_wakes_it_is_not_lost() {
    let semaphore = Semaphore::new(0);
    let releases = semaphore.clone();
    let wait = move || {
        let semaphore = semaphore.clone();
        Box::pin(async move {
            semaphore.acquire().await?.forget();
            Ok(())
        }) as Waits
    };
    // The permit goes to the foreign waiter. When that is dropped without having run, the task gets it.
    let release = async move || releases.release();
    let event_loop = new_loop();
    let handled = handler_calls(&event_loop);
    let waker = Arc::<Panics>::default();
    let main = async move {
        let mut foreign = wait();
        assert!(poll(foreign.as_mut(), &waker).is_pending());
        let waiter = spawn(wait())?;
        yield_now().await?;
        release().await?;
        drop(foreign);
        waiter.await
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(handled.get(), 1);
}

#[test]
fn a_lock_that_wakes_it_is_not_lost() {
    let event_loop = new_loop();
    let handled = handler_calls(&event_loop);
    let waker = Arc::<Panics>::default();
    let main = async move {
        let lock = Lock::new();
        let guard = lock.acquire().await?;
        let mut foreign = Box::pin(lock.acquire());
        assert!(poll(foreign.as_mut(), &waker).is_pending());
        let waiter = lock.clone();
        let waiter = spawn(async move { waiter.acquire().await.map(drop) })?;
        yield_now().await?;
        drop(guard);
        drop(foreign);
        waiter.await
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(handled.get(), 1);
}

#[test]
fn a_panic_of_a_waker_that_a_timer_calls_does_not_leave_the_loop() {
    let event_loop = new_loop();
    let (handled, log) = (handler_calls(&event_loop), Log::default());
    let logged = log.clone();
    let waker = Arc::<Panics>::default();
    let main = async move {
        let mut foreign = Box::pin(sleep(ms(5)));
        assert!(poll(foreign.as_mut(), &waker).is_pending());
        let beside = spawn(async move {
            sleep(ms(5)).await?;
            logged.add("the sleeper beside it");
            Ok(())
        })?;
        sleep(ms(6)).await?;
        beside.await?;
        assert_eq!(waker.woken.load(Ordering::Relaxed), 1);
        assert!(poll(foreign.as_mut(), &waker).is_ready());
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(
        (handled.get(), log.take()),
        (1, vec!["the sleeper beside it".into()])
    );
}

#[test]
fn a_task_that_ends_wakes_its_other_waiters() {
    let event_loop = new_loop();
    let handled = handler_calls(&event_loop);
    let waker = Arc::<Panics>::default();
    let main = async move {
        let awaited = spawn(sleep(ms(5)))?;
        let mut foreign: Task<()> = awaited.clone();
        assert!(poll(Pin::new(&mut foreign), &waker).is_pending());
        spawn(awaited)?.await
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!((handled.get(), event_loop.time()), (1, ms(5)));
}

#[test]
fn a_cancellation_continues_after_a_waker_that_panics() {
    let event_loop = new_loop();
    let handled = handler_calls(&event_loop);
    let waker = Arc::<Panics>::default();
    let main = async move {
        let future = EventLoop::running()?.create_future::<()>();
        let mut foreign = future.clone();
        assert!(poll(Pin::new(&mut foreign), &waker).is_pending());
        let waiter = spawn(future.clone())?;
        yield_now().await?;
        assert!(future.cancel());
        Ok(waiter.await.unwrap_err().to_string())
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), "Cancelled");
    assert_eq!(handled.get(), 1);
}

/// The loop is the last that holds it, and drops it when the future is set.
#[test]
fn a_waker_may_panic_when_it_is_dropped() {
    struct Quiet(Panics);
    impl Wake for Quiet {
        fn wake(self: Arc<Self>) {
            self.0.woken.fetch_add(1, Ordering::Relaxed);
        }
    }
    let event_loop = new_loop();
    let handled = handler_calls(&event_loop);
    let main = async {
        let future = EventLoop::running()?.create_future::<()>();
        let panics = Panics::default();
        panics.when_dropped.store(true, Ordering::Relaxed);
        let waker = Waker::from(Arc::new(Quiet(panics)));
        let mut foreign = future.clone();
        assert!(
            Pin::new(&mut foreign)
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        drop(waker);
        let waiter = spawn(future.clone())?;
        yield_now().await?;
        future.set_result(())?;
        waiter.await
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(handled.get(), 1);
}
