//! The `LocalPool` of `futures`.

use std::{cell::RefCell, rc::Rc};

use futures::{
    FutureExt, StreamExt,
    channel::{mpsc, oneshot},
    executor::{LocalPool, LocalSpawner},
    task::LocalSpawnExt,
};
use futures_lite::future::yield_now;

use super::{HELD, Loop, Passes};

const THERE: &str = "the pool is there";

#[derive(Clone)]
pub struct Pool(Rc<RefCell<LocalPool>>, LocalSpawner);

impl Loop for Pool {
    const NAME: &'static str = "futures";

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
        self.1.spawn_local_with_handle(body).expect(THERE)
    }

    fn detach(&self, body: impl Future<Output = u64> + 'static) {
        self.1.spawn_local(body.map(drop)).expect(THERE);
    }

    fn yield_now() -> impl Future {
        yield_now()
    }
}

impl Passes for Pool {
    fn queue() -> (impl Fn(u64) + 'static, impl AsyncFnMut() -> u64 + 'static) {
        let (sender, mut receiver) = mpsc::unbounded();
        let put = move |item| sender.unbounded_send(item).expect(HELD);
        (put, async move || receiver.next().await.expect(HELD))
    }

    fn future(&self) -> (impl Future<Output = u64>, impl FnOnce(u64)) {
        let (sender, receiver) = oneshot::channel();
        let set = move |value| sender.send(value).expect(HELD);
        (receiver.map(|result| result.expect(HELD)), set)
    }
}
