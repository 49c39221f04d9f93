//! Closing and dropping a loop that holds what panics.

use std::{cell::Cell, rc::Rc};

use tminus::{EventLoop, sleep};

use crate::{Bomb, HOUR, new_loop};

/// Counts how many are left.
struct Counted(Rc<Cell<u32>>);

impl Counted {
    fn new(count: &Rc<Cell<u32>>) -> Self {
        count.set(count.get() + 1);
        Self(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Captures what panics when a done callback, a timer and a waiting call are dropped without being called.
pub fn scatter_bombs(event_loop: &EventLoop) {
    for _ in 0..2 {
        let [soon, later, done, remote] = [(); 4].map(|()| Bomb);
        event_loop.call_soon(move || drop(soon)).unwrap();
        event_loop.call_later(HOUR, move || drop(later)).unwrap();
        let remote = move || {
            drop(remote);
            Ok(())
        };
        event_loop.remote().call_soon_threadsafe(remote).unwrap();
        let future = event_loop.create_future::<()>();
        future.add_done_callback(move |_| drop(done));
        let body = async move {
            let _bomb = Bomb;
            future.await
        };
        event_loop.create_task(body).unwrap();
    }
}

/// With two that panic in one list, the second one would abort while the first one unwinds.
#[test]
fn closing_a_loop_drops_everything_although_some_of_it_panics() {
    let event_loop = new_loop();
    let count = Rc::new(Cell::new(0));
    for _ in 0..2 {
        let [soon, later, body] = [(); 3].map(|()| Counted::new(&count));
        scatter_bombs(&event_loop);
        event_loop.call_soon(move || drop(soon)).unwrap();
        event_loop.call_later(HOUR, move || drop(later)).unwrap();
        let body = async move {
            let _body = body;
            sleep(HOUR).await
        };
        event_loop.create_task(body).unwrap();
    }
    event_loop.close().unwrap();
    assert!(event_loop.is_closed());
    assert_eq!(count.get(), 0);
}

#[test]
fn dropping_a_loop_does_not_panic_although_some_of_it_does() {
    let event_loop = new_loop();
    let count = Rc::new(Cell::new(0));
    let counted = Counted::new(&count);
    scatter_bombs(&event_loop);
    event_loop.call_soon(move || drop(counted)).unwrap();
    drop(event_loop);
    assert_eq!(count.get(), 0);
}
