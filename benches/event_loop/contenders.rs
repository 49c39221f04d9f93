//! The contenders: loops that drive futures on one thread, each with what it brings or is used with.

use std::{cell::Cell, future::poll_fn, pin::pin};

pub const TMINUS: &str = "tminus";
pub const TOKIO: &str = "tokio";
pub const ASYNC_EXECUTOR: &str = "async-executor";
pub const LOCAL_POOL: &str = "futures";

/// A loop. Clones are the same one.
pub trait Loop: Clone + 'static {
    const NAME: &'static str;

    fn new() -> Self;

    /// Drives this to its end, and the tasks meanwhile.
    fn run(&self, main: impl Future<Output = u64> + 'static) -> u64;

    /// Makes a task. What it gives waits for its end.
    fn spawn(
        &self,
        body: impl Future<Output = u64> + 'static,
    ) -> impl Future<Output = u64> + 'static;

    fn yield_now() -> impl Future<Output = ()>;

    /// The two ends of a queue without a limit.
    fn queue() -> (impl Fn(u64) + 'static, impl AsyncFnMut() -> u64 + 'static);

    /// A value to come, and what sets it.
    fn future(&self) -> (impl Future<Output = u64>, impl FnOnce(u64));
}

/// A loop whose time need not be waited for.
pub trait Sleeps: Loop {
    /// One with such a clock.
    fn timeless() -> Self;

    fn sleep(milliseconds: u64) -> impl Future<Output = ()>;
}

/// Awaits, and sets what is awaited as soon as that is pending.
pub async fn set_while_awaited<F: Future>(future: F, set: impl FnOnce()) -> F::Output {
    let mut future = pin!(future);
    let set = Cell::new(Some(set));
    poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        if polled.is_pending()
            && let Some(set) = set.take()
        {
            set();
        }
        polled
    })
    .await
}

/// What the peers' tasks and queues give where the other end is gone.
const HELD: &str = "both ends are held";

pub mod tminus {
    use std::time::Duration;

    use tminus::{EventLoop, clock::VirtualClock, sleep, sync::Queue, yield_now};

    use super::{Loop, Sleeps, TMINUS};

    const NOT_CANCELLED: &str = "nobody cancels";

    impl Loop for EventLoop {
        const NAME: &'static str = TMINUS;

        fn new() -> Self {
            EventLoop::new()
        }

        fn run(&self, main: impl Future<Output = u64> + 'static) -> u64 {
            let main = async { Ok(main.await) };
            self.run_until_complete(main).expect("the body ends")
        }

        fn spawn(
            &self,
            body: impl Future<Output = u64> + 'static,
        ) -> impl Future<Output = u64> + 'static {
            let task = self.create_task(async { Ok(body.await) });
            let task = task.expect("the loop is open");
            async { task.await.expect(NOT_CANCELLED) }
        }

        async fn yield_now() {
            yield_now().await.expect(NOT_CANCELLED);
        }

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
            (async { future.await.expect(NOT_CANCELLED) }, set)
        }
    }

    impl Sleeps for EventLoop {
        fn timeless() -> Self {
            EventLoop::with_clock(VirtualClock::new())
        }

        async fn sleep(milliseconds: u64) {
            let slept = sleep(Duration::from_millis(milliseconds)).await;
            slept.expect(NOT_CANCELLED);
        }
    }
}

pub mod tokio {
    use std::{rc::Rc, time::Duration};

    use tokio::{
        runtime::{Builder, Runtime},
        sync::{mpsc, oneshot},
        task::{LocalSet, yield_now},
        time::sleep,
    };

    use super::{HELD, Loop, Sleeps, TOKIO};

    #[derive(Clone)]
    pub struct Tokio(Rc<(LocalSet, Runtime)>);

    impl Tokio {
        fn of(builder: &mut Builder) -> Self {
            let runtime = builder.build().expect("the system lets it");
            Self(Rc::new((LocalSet::new(), runtime)))
        }
    }

    impl Loop for Tokio {
        const NAME: &'static str = TOKIO;

        fn new() -> Self {
            Self::of(&mut Builder::new_current_thread())
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
            async { task.await.expect("nobody aborts") }
        }

        async fn yield_now() {
            yield_now().await;
        }

        fn queue() -> (impl Fn(u64) + 'static, impl AsyncFnMut() -> u64 + 'static) {
            let (sender, mut receiver) = mpsc::unbounded_channel();
            let put = move |item| sender.send(item).expect(HELD);
            (put, async move || receiver.recv().await.expect(HELD))
        }

        fn future(&self) -> (impl Future<Output = u64>, impl FnOnce(u64)) {
            let (sender, receiver) = oneshot::channel();
            let set = move |value| sender.send(value).expect(HELD);
            (async { receiver.await.expect(HELD) }, set)
        }
    }

    impl Sleeps for Tokio {
        fn timeless() -> Self {
            let mut builder = Builder::new_current_thread();
            Self::of(builder.enable_time().start_paused(true))
        }

        async fn sleep(milliseconds: u64) {
            sleep(Duration::from_millis(milliseconds)).await;
        }
    }
}

pub mod async_executor {
    use std::rc::Rc;

    use async_executor::LocalExecutor;
    use futures::{channel::oneshot, executor::block_on};
    use futures_lite::future::yield_now;

    use super::{ASYNC_EXECUTOR, HELD, Loop};

    #[derive(Clone)]
    pub struct Executor(Rc<LocalExecutor<'static>>);

    impl Loop for Executor {
        const NAME: &'static str = ASYNC_EXECUTOR;

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

        fn yield_now() -> impl Future<Output = ()> {
            yield_now()
        }

        fn queue() -> (impl Fn(u64) + 'static, impl AsyncFnMut() -> u64 + 'static) {
            let (sender, receiver) = async_channel::unbounded();
            let put = move |item| sender.try_send(item).expect(HELD);
            (put, async move || receiver.recv().await.expect(HELD))
        }

        fn future(&self) -> (impl Future<Output = u64>, impl FnOnce(u64)) {
            let (sender, receiver) = oneshot::channel();
            let set = move |value| sender.send(value).expect(HELD);
            (async { receiver.await.expect(HELD) }, set)
        }
    }
}

pub mod local_pool {
    use std::{cell::RefCell, rc::Rc};

    use futures::{
        StreamExt,
        channel::{mpsc, oneshot},
        executor::{LocalPool, LocalSpawner},
        task::LocalSpawnExt,
    };
    use futures_lite::future::yield_now;

    use super::{HELD, LOCAL_POOL, Loop};

    #[derive(Clone)]
    pub struct Pool(Rc<RefCell<LocalPool>>, LocalSpawner);

    impl Loop for Pool {
        const NAME: &'static str = LOCAL_POOL;

        fn new() -> Self {
            let pool = LocalPool::new();
            let spawner = pool.spawner();
            Self(Rc::new(RefCell::new(pool)), spawner)
        }

        fn run(&self, main: impl Future<Output = u64> + 'static) -> u64 {
            self.0.borrow_mut().run_until(main)
        }

        fn spawn(
            &self,
            body: impl Future<Output = u64> + 'static,
        ) -> impl Future<Output = u64> + 'static {
            let task = self.1.spawn_local_with_handle(body);
            task.expect("the pool is there")
        }

        fn yield_now() -> impl Future<Output = ()> {
            yield_now()
        }

        fn queue() -> (impl Fn(u64) + 'static, impl AsyncFnMut() -> u64 + 'static) {
            let (sender, mut receiver) = mpsc::unbounded();
            let put = move |item| sender.unbounded_send(item).expect(HELD);
            (put, async move || receiver.next().await.expect(HELD))
        }

        fn future(&self) -> (impl Future<Output = u64>, impl FnOnce(u64)) {
            let (sender, receiver) = oneshot::channel();
            let set = move |value| sender.send(value).expect(HELD);
            (async { receiver.await.expect(HELD) }, set)
        }
    }
}
