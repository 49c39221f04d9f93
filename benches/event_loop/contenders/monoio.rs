//! monoio on epoll, which valgrind supports. io_uring was no faster: it, too, is called each time the queue runs empty.
//! The queues are those of local-sync.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    pin::pin,
    rc::Rc,
    task::{Poll, Waker},
    time::Duration,
};

use futures::FutureExt;
use local_sync::{mpsc::unbounded::channel, oneshot};
use monoio::{
    LegacyDriver, Runtime, RuntimeBuilder, spawn,
    time::{TimeDriver, sleep},
};

use super::{HELD, Loop, Passes, Sleeps};

thread_local! {
    /// The wakers of the tasks that have yielded. A task that wakes itself would run again before all others, so `main`
    /// wakes them when all have had their turn.
    static YIELDED: RefCell<Vec<Waker>> = const { RefCell::new(Vec::new()) };
    /// The waker of `main`.
    static MAIN: Cell<Option<Waker>> = const { Cell::new(None) };
}

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
        let mut main = pin!(main);
        let main = poll_fn(|cx| {
            MAIN.set(Some(cx.waker().clone()));
            YIELDED.with_borrow_mut(|wakers| wakers.drain(..).for_each(Waker::wake));
            main.as_mut().poll(cx)
        });
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
        let mut gave_way = false;
        poll_fn(move |cx| {
            if gave_way {
                return Poll::Ready(());
            }
            gave_way = true;
            YIELDED.with_borrow_mut(|wakers| {
                if wakers.is_empty()
                    && let Some(main) = MAIN.take()
                {
                    main.wake();
                }
                wakers.push(cx.waker().clone());
            });
            Poll::Pending
        })
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
