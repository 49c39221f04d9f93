//! async-executor's `LocalExecutor`. For timers it is driven by async-io, which has the clock, and a thread of its own.

use std::{rc::Rc, time::Duration};

use async_executor::LocalExecutor;
use async_io::Timer;
use futures::{FutureExt, channel::oneshot, executor::block_on};
use futures_lite::future::yield_now;

use super::{HELD, Loop, Passes, Sleeps};

#[derive(Clone)]
pub struct Executor {
    tasks: Rc<LocalExecutor<'static>>,
    has_clock: bool,
}

impl Executor {
    fn make(has_clock: bool) -> Self {
        let tasks = Rc::new(LocalExecutor::new());
        Self { tasks, has_clock }
    }
}

impl Loop for Executor {
    const NAME: &'static str = "async-executor";

    fn new() -> Self {
        Self::make(false)
    }

    fn run(&self, main: impl Future<Output = u64> + 'static) -> u64 {
        let main = self.tasks.run(main);
        match self.has_clock {
            true => async_io::block_on(main),
            false => block_on(main),
        }
    }

    fn spawn(
        &self,
        body: impl Future<Output = u64> + 'static,
    ) -> impl Future<Output = u64> + 'static {
        self.tasks.spawn(body)
    }

    fn detach(&self, body: impl Future<Output = u64> + 'static) {
        self.tasks.spawn(body).detach();
    }

    fn yield_now() -> impl Future {
        yield_now()
    }
}

impl Passes for Executor {
    fn queue() -> (impl Fn(u64) + 'static, impl AsyncFnMut() -> u64 + 'static) {
        let (sender, receiver) = async_channel::unbounded();
        let put = move |item| sender.try_send(item).expect(HELD);
        (put, async move || receiver.recv().await.expect(HELD))
    }

    fn future(&self) -> (impl Future<Output = u64>, impl FnOnce(u64)) {
        let (sender, receiver) = oneshot::channel();
        let set = move |value| sender.send(value).expect(HELD);
        (receiver.map(|result| result.expect(HELD)), set)
    }
}

impl Sleeps for Executor {
    fn timed() -> Self {
        Self::make(true)
    }

    fn sleep(milliseconds: u64) -> impl Future {
        Timer::after(Duration::from_millis(milliseconds))
    }
}
