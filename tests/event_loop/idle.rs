//! When nothing is ready: the loop looks once more before it waits.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    thread,
    time::Duration,
};

use tminus::{EventLoop, Exception, clock::Clock, event_loop::RemoteLoop, sleep};

use crate::ms;

/// A clock that each look moves by `step`. If `calls` is set, another thread calls into the loop during the next look.
#[derive(Clone, Default)]
struct BusyClock {
    now: Rc<Cell<Duration>>,
    step: Duration,
    waits: Rc<Cell<u32>>,
    calls: Rc<RefCell<Option<RemoteLoop>>>,
}

impl Clock for BusyClock {
    fn now(&self) -> Duration {
        if let Some(remote) = self.calls.take() {
            let stops = || EventLoop::running().map(|event_loop| event_loop.stop());
            let calls = move || remote.call_soon_threadsafe(stops).expect("it is open");
            thread::spawn(calls).join().expect("it only calls");
        }
        self.now.set(self.now.get() + self.step);
        self.now.get()
    }

    fn wait(&self, _: Option<Duration>) {
        self.waits.set(self.waits.get() + 1);
        self.now.set(self.now.get() + ms(1));
    }
}

#[test]
fn what_is_due_when_the_loop_is_about_to_wait_is_not_waited_for() -> Result<(), Exception> {
    let clock = BusyClock {
        step: ms(20),
        ..BusyClock::default()
    };
    let event_loop = EventLoop::with_clock(clock.clone());
    event_loop.run_until_complete(async {
        for _ in 0..3 {
            sleep(ms(10)).await?;
        }
        Ok(())
    })?;
    assert_eq!(clock.waits.get(), 0);
    Ok(())
}

#[test]
fn a_call_that_arrives_when_the_loop_is_about_to_wait_is_not_waited_for() {
    let clock = BusyClock::default();
    let event_loop = EventLoop::with_clock(clock.clone());
    let (remote, calls) = (event_loop.remote(), clock.calls.clone());
    let never = event_loop.create_future::<()>();
    let main = async move {
        calls.replace(Some(remote.clone()));
        never.await
    };
    let stopped = event_loop.run_until_complete(main).unwrap_err();
    assert_eq!(
        stopped.message(),
        "Event loop stopped before Future completed."
    );
    assert_eq!(clock.waits.get(), 0);
}
