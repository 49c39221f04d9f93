//! monoio on epoll, which is everywhere; a turn asks the system for nothing. Its queues are those of local-sync.

use std::{cell::RefCell, rc::Rc, time::Duration};

use futures::FutureExt;
use futures_lite::future::yield_now;
use local_sync::{mpsc::unbounded::channel, oneshot};
use monoio::{
    LegacyDriver, Runtime, RuntimeBuilder, spawn,
    time::{TimeDriver, sleep},
};

use super::{HELD, Loop, Passes, Sleeps};

#[derive(Clone)]
pub struct Monoio(Rc<RefCell<Runtime<TimeDriver<LegacyDriver>>>>);

impl Loop for Monoio {
    const NAME: &'static str = "monoio";

    fn new() -> Self {
        let builder = RuntimeBuilder::<LegacyDriver>::new();
        let runtime = builder.enable_timer().build();
        Self(Rc::new(RefCell::new(runtime.expect("the system lets it"))))
    }

    fn run(&self, main: impl Future<Output = u64> + 'static) -> u64 {
        self.0.borrow_mut().block_on(main)
    }

    fn spawn(
        &self,
        body: impl Future<Output = u64> + 'static,
    ) -> impl Future<Output = u64> + 'static {
        spawn(body)
    }

    fn detach(&self, body: impl Future<Output = u64> + 'static) {
        drop(spawn(body));
    }

    fn yield_now() -> impl Future {
        yield_now()
    }
}

impl Passes for Monoio {
    fn queue() -> (impl Fn(u64) + 'static, impl AsyncFnMut() -> u64 + 'static) {
        let (sender, mut receiver) = channel();
        let put = move |item| sender.send(item).expect(HELD);
        (put, async move || receiver.recv().await.expect(HELD))
    }

    fn future(&self) -> (impl Future<Output = u64>, impl FnOnce(u64)) {
        let (sender, receiver) = oneshot::channel();
        let set = move |value| sender.send(value).expect(HELD);
        (receiver.map(|result| result.expect(HELD)), set)
    }
}

impl Sleeps for Monoio {
    fn timed() -> Self {
        Self::new()
    }

    fn sleep(milliseconds: u64) -> impl Future {
        sleep(Duration::from_millis(milliseconds))
    }
}
