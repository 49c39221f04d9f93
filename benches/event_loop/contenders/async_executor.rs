//! async-executor's `LocalExecutor`, driven by async-io, which brings the clock.

use std::{rc::Rc, time::Duration};

use async_executor::LocalExecutor;
use async_io::{Timer, block_on};
use futures::{FutureExt, channel::oneshot};
use futures_lite::future::yield_now;

use super::{HELD, Loop, Passes, Sleeps};

#[derive(Clone)]
pub struct Executor(Rc<LocalExecutor<'static>>);

impl Loop for Executor {
    const NAME: &'static str = "async-executor";

    fn new() -> Self {
        Self(Rc::new(LocalExecutor::new()))
    }

    fn run(&self, main: impl Future<Output = u64> + 'static) -> u64 {
        block_on(self.0.run(main))
    }

    fn spawn(
        &self,
        body: impl Future<Output = u64> + 'static,
    ) -> impl Future<Output = u64> + 'static {
        self.0.spawn(body)
    }

    fn detach(&self, body: impl Future<Output = u64> + 'static) {
        self.0.spawn(body).detach();
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
        Self::new()
    }

    fn sleep(milliseconds: u64) -> impl Future {
        Timer::after(Duration::from_millis(milliseconds))
    }
}
