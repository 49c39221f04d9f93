//! tokio's `current_thread` scheduler, as a `LocalRuntime` and as a `LocalSet` on a runtime, so tasks need not be `Send`.

use std::{rc::Rc, time::Duration};

use futures::FutureExt;
use tokio::{
    runtime::{Builder, LocalOptions, LocalRuntime, Runtime},
    sync::{mpsc, oneshot},
    task::{LocalSet, yield_now},
    time::sleep,
};

use super::{HELD, Jumps, Loop, Passes, Sleeps};

const BUILDS: &str = "the system lets it";
const NOT_ABORTED: &str = "nobody aborts";

#[derive(Clone)]
pub struct Tokio(Rc<LocalRuntime>);

impl Tokio {
    fn of(builder: &mut Builder) -> Self {
        let runtime = builder.build_local(LocalOptions::default());
        Self(Rc::new(runtime.expect(BUILDS)))
    }
}

impl Loop for Tokio {
    const NAME: &'static str = "tokio";

    fn new() -> Self {
        Self::of(&mut Builder::new_current_thread())
    }

    fn run(&self, main: impl Future<Output = u64> + 'static) -> u64 {
        self.0.block_on(main)
    }

    fn spawn(
        &self,
        body: impl Future<Output = u64> + 'static,
    ) -> impl Future<Output = u64> + 'static {
        let task = self.0.spawn_local(body);
        task.map(|result| result.expect(NOT_ABORTED))
    }

    fn detach(&self, body: impl Future<Output = u64> + 'static) {
        drop(self.0.spawn_local(body));
    }

    fn yield_now() -> impl Future {
        yield_now()
    }
}

impl Passes for Tokio {
    fn queue() -> (impl Fn(u64) + 'static, impl AsyncFnMut() -> u64 + 'static) {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let put = move |item| sender.send(item).expect(HELD);
        (put, async move || receiver.recv().await.expect(HELD))
    }

    fn future(&self) -> (impl Future<Output = u64>, impl FnOnce(u64)) {
        let (sender, receiver) = oneshot::channel();
        let set = move |value| sender.send(value).expect(HELD);
        (receiver.map(|result| result.expect(HELD)), set)
    }
}

impl Sleeps for Tokio {
    fn timed() -> Self {
        Self::of(Builder::new_current_thread().enable_time())
    }

    fn sleep(milliseconds: u64) -> impl Future {
        sleep(Duration::from_millis(milliseconds))
    }
}

impl Jumps for Tokio {
    fn timeless() -> Self {
        let mut builder = Builder::new_current_thread();
        Self::of(builder.enable_time().start_paused(true))
    }
}

/// A `LocalSet`, whose turns are cheaper with many tasks, and dearer with few.
#[derive(Clone)]
pub struct TokioSet(Rc<(LocalSet, Runtime)>);

impl Loop for TokioSet {
    const NAME: &'static str = "tokio, LocalSet";

    fn new() -> Self {
        let runtime = Builder::new_current_thread().build().expect(BUILDS);
        Self(Rc::new((LocalSet::new(), runtime)))
    }

    fn run(&self, main: impl Future<Output = u64> + 'static) -> u64 {
        let (tasks, runtime) = &*self.0;
        tasks.block_on(runtime, main)
    }

    fn spawn(
        &self,
        body: impl Future<Output = u64> + 'static,
    ) -> impl Future<Output = u64> + 'static {
        let task = self.0.0.spawn_local(body);
        task.map(|result| result.expect(NOT_ABORTED))
    }

    fn detach(&self, body: impl Future<Output = u64> + 'static) {
        drop(self.0.0.spawn_local(body));
    }

    fn yield_now() -> impl Future {
        yield_now()
    }
}
