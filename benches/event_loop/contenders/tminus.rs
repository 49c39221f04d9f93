//! An `EventLoop`.

use std::time::Duration;

use futures::FutureExt;
use tminus::{EventLoop, clock::VirtualClock, sleep, sync::Queue, yield_now};

use super::{Jumps, Loop, Passes, Sleeps};

const NOT_CANCELLED: &str = "nobody cancels";
const OPEN: &str = "the loop is open";

impl Loop for EventLoop {
    const NAME: &'static str = "tminus";

    fn new() -> Self {
        EventLoop::new()
    }

    fn run(&self, main: impl Future<Output = u64> + 'static) -> u64 {
        self.run_until_complete(main.map(Ok))
            .expect("the body ends")
    }

    fn spawn(
        &self,
        body: impl Future<Output = u64> + 'static,
    ) -> impl Future<Output = u64> + 'static {
        let task = self.create_task(body.map(Ok)).expect(OPEN);
        task.map(|result| result.expect(NOT_CANCELLED))
    }

    fn detach(&self, body: impl Future<Output = u64> + 'static) {
        drop(self.create_task(body.map(Ok)).expect(OPEN));
    }

    fn yield_now() -> impl Future {
        yield_now()
    }
}

impl Passes for EventLoop {
    fn queue() -> (impl Fn(u64) + 'static, impl AsyncFnMut() -> u64 + 'static) {
        let queue = Queue::new();
        let items = queue.clone();
        let put = move |item| queue.put_nowait(item).expect("there is room");
        (put, async move || items.get().await.expect(NOT_CANCELLED))
    }

    fn future(&self) -> (impl Future<Output = u64>, impl FnOnce(u64)) {
        let future = self.create_future();
        let setter = future.clone();
        let set = move |value| setter.set_result(value).expect("it is set once");
        (future.map(|result| result.expect(NOT_CANCELLED)), set)
    }
}

impl Sleeps for EventLoop {
    fn timed() -> Self {
        EventLoop::new()
    }

    fn sleep(milliseconds: u64) -> impl Future {
        sleep(Duration::from_millis(milliseconds))
    }
}

impl Jumps for EventLoop {
    fn timeless() -> Self {
        EventLoop::with_clock(VirtualClock::new())
    }
}
