//! A loop that has nothing to do: it does not hang, costs nothing, and reports a deadlock only if there is one.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    rc::Rc,
    sync::mpsc,
    task::{Poll, Waker},
    thread,
    time::Duration,
};

use futures::channel::oneshot;
use tminus::{
    EventLoop, Exception, LoopFuture,
    clock::Clock,
    event_loop::{Deadlock, RemoteLoop},
    gather, shield, sleep, spawn, yield_now,
};

use crate::{ms, new_loop};

/// A clock that stands still. A wait without a deadline calls the waker in the slot, as another thread would.
#[derive(Clone, Default)]
struct WakingClock {
    waker: Rc<RefCell<Option<Waker>>>,
    waits: Rc<Cell<u32>>,
}

impl Clock for WakingClock {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn wait(&self, _: Option<Duration>) {
        self.waits.set(self.waits.get() + 1);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// A loop that looked at each parked task before each wait would do this a billion times here.
#[test]
fn an_idle_round_does_not_look_at_every_parked_task() {
    const PARKED: u32 = 50_000;
    const ROUNDS: u32 = 20_000;
    let clock = WakingClock::default();
    let event_loop = EventLoop::with_clock(clock.clone());
    let never = event_loop.create_future::<()>();
    for _ in 0..PARKED {
        event_loop.create_task(never.clone()).unwrap();
    }
    let (slot, mut left) = (clock.waker.clone(), ROUNDS);
    let main = poll_fn(move |cx| {
        if left == 0 {
            return Poll::Ready(Ok(()));
        }
        left -= 1;
        slot.replace(Some(cx.waker().clone()));
        Poll::Pending
    });
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(clock.waits.get(), ROUNDS);
}

/// The number of turns of a task that passes its waker to `wake` in its first turn and then waits forever.
fn turns_of_a_task_woken_by(wake: impl FnOnce(Waker) + 'static) -> u32 {
    let (event_loop, turns) = (new_loop(), Rc::new(Cell::new(0)));
    let (count, mut wake) = (turns.clone(), Some(wake));
    let task = event_loop.create_task(poll_fn(move |cx| {
        count.set(count.get() + 1);
        if let Some(wake) = wake.take() {
            wake(cx.waker().clone());
        }
        Poll::<Result<(), Exception>>::Pending
    }));
    event_loop.run_until_complete(sleep(ms(5))).unwrap();
    assert!(!task.unwrap().done());
    turns.get()
}

const MILLION: u32 = 1_000_000;

#[test]
fn a_million_wakes_in_one_turn_are_one_more_turn() {
    let wake = |waker: Waker| (0..MILLION).for_each(|_| waker.wake_by_ref());
    assert_eq!(turns_of_a_task_woken_by(wake), 2);
}

#[test]
fn a_million_wakes_by_another_thread_in_one_turn_are_one_more_turn() {
    let wake = |waker: Waker| {
        let wakes = move || (0..MILLION).for_each(|_| waker.wake_by_ref());
        thread::spawn(wakes).join().unwrap();
    };
    assert_eq!(turns_of_a_task_woken_by(wake), 2);
}

#[test]
fn a_million_clones_of_a_waker_wake_their_task_once() {
    let wake = |waker: Waker| {
        let clones = (0..MILLION).map(|_| waker.clone());
        clones.for_each(Waker::wake);
    };
    assert_eq!(turns_of_a_task_woken_by(wake), 2);
}

/// A wake that is merged with an earlier one must not be merged with one that the task has already answered.
#[test]
fn a_wake_in_each_turn_is_a_turn_each() {
    let (event_loop, turns) = (new_loop(), Rc::new(Cell::new(0)));
    let count = turns.clone();
    let main = poll_fn(move |cx| {
        count.set(count.get() + 1);
        let waker = cx.waker().clone();
        thread::spawn(move || (0..3).for_each(|_| waker.wake_by_ref()))
            .join()
            .unwrap();
        match count.get() {
            20 => Poll::Ready(Ok(())),
            _ => Poll::Pending,
        }
    });
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(turns.get(), 20);
}

fn doubled<T: Clone + 'static>(part: LoopFuture<T>) -> LoopFuture<Vec<T>> {
    gather([part.clone(), part])
}

/// Ten layers of gathers. Both parts of each are the one below, so there are 1,024 ways down.
macro_rules! ten_layers {
    ($future:ident) => {
        let $future = doubled(doubled(doubled(doubled(doubled($future)))));
        let $future = doubled(doubled(doubled(doubled(doubled($future)))));
    };
}

/// There are 2^60 ways through the gathers, and 61 futures.
#[test]
fn the_report_of_a_deadlock_looks_at_a_shared_gather_once() {
    let event_loop = new_loop();
    let bottom = event_loop.create_future::<()>();
    let top = bottom.clone();
    ten_layers!(top);
    ten_layers!(top);
    ten_layers!(top);
    ten_layers!(top);
    ten_layers!(top);
    ten_layers!(top);
    let main = async move { top.await.map(drop) };
    let main = event_loop.create_named_task("main", main).unwrap();
    let stuck = event_loop.run_until_complete(main).unwrap_err();
    let stuck = stuck.downcast_ref::<Deadlock>().expect("it is stuck");
    assert_eq!((stuck.stuck.len(), &*stuck.stuck[0].task), (1, "main"));
    assert_eq!(stuck.cycle, [""; 0]);
}

/// The two find each other through 2^40 ways.
#[test]
fn a_cycle_through_shared_gathers_is_found() {
    let event_loop = new_loop();
    let slot = event_loop.create_future::<tminus::Task<()>>();
    let other = slot.clone();
    let first = event_loop.create_named_task("first", async move { other.await?.await });
    let bottom = first.unwrap().as_future();
    let top = bottom.clone();
    ten_layers!(top);
    ten_layers!(top);
    ten_layers!(top);
    ten_layers!(top);
    let second = event_loop.create_named_task("second", async move { top.await.map(drop) });
    slot.set_result(second.unwrap()).unwrap();
    let stuck = event_loop.run_forever().unwrap_err();
    let stuck = stuck.downcast_ref::<Deadlock>().expect("it is stuck");
    assert_eq!(stuck.cycle, ["first", "second"]);
}

/// A cancellation has 2^40 ways down to the one future that it ends.
#[test]
fn a_cancellation_goes_through_a_shared_gather_once() {
    let event_loop = new_loop();
    let bottom = event_loop.create_future::<()>();
    let top = bottom.clone();
    ten_layers!(top);
    ten_layers!(top);
    ten_layers!(top);
    ten_layers!(top);
    assert!(top.cancel_with("enough"));
    let end = event_loop.run_until_complete(top).unwrap_err();
    assert_eq!(end.to_string(), "Cancelled: enough");
    assert!(bottom.cancelled());
}

/// As in CPython, but no gather is passed through more often than 64 times. The last one asks the task twice each time.
#[test]
fn requests_to_cancel_are_counted_for_up_to_64_ways_through_gathers() {
    let event_loop = new_loop();
    let tasks = [(); 2].map(|()| event_loop.create_task(sleep(ms(1))).unwrap());
    event_loop.run_until_complete(yield_now()).unwrap();
    let [seven, eight] = tasks.each_ref().map(|task| {
        let three_layers = doubled(doubled(doubled(task.as_future())));
        doubled(doubled(doubled(doubled(three_layers))))
    });
    assert!(seven.cancel() && doubled(eight).cancel());
    assert_eq!(tasks.map(|task| task.cancelling()), [128, 128]);
}

#[test]
fn a_deadlock_has_words_for_what_was_dropped() {
    let event_loop = new_loop();
    let main = async {
        let event_loop = EventLoop::running()?;
        let [dropped, gone] = [(); 2].map(|()| event_loop.create_future::<()>());
        spawn(gather([dropped]))?; // a gather does not keep its parts
        spawn(shield(gone))?;
        futures::future::pending::<Result<(), Exception>>().await
    };
    let stuck = event_loop.run_until_complete(main).unwrap_err();
    let stuck = stuck.downcast_ref::<Deadlock>().expect("it is stuck");
    assert_eq!(stuck.stuck.len(), 3);
    for one in &stuck.stuck {
        assert!(!one.waits_for.contains("()"), "{one:?}");
    }
}

const TRIES: u32 = 5_000;

thread_local! {
    /// What a call of the other thread sets, on the loop's thread.
    static ARRIVES: RefCell<Option<LoopFuture<()>>> = const { RefCell::new(None) };
}

/// The loop looks first whether something has arrived, and then whether anything still can. A thread that calls and
/// leaves between the two must not be missed.
#[test]
fn a_call_of_a_thread_that_has_left_is_no_deadlock() {
    let event_loop = new_loop();
    let (remotes, work) = mpsc::channel::<(u32, RemoteLoop)>();
    let other = thread::spawn(move || {
        for (spins, remote) in work {
            (0..spins % 200).for_each(|_| std::hint::spin_loop());
            let set = || ARRIVES.take().expect("it is awaited").set_result(());
            remote.call_soon_threadsafe(set).unwrap(); // and drops its end of the loop
        }
    });
    for spins in 0..TRIES {
        let (remotes, remote) = (remotes.clone(), event_loop.remote());
        let main = async move {
            let arrives = EventLoop::running()?.create_future();
            ARRIVES.set(Some(arrives.clone()));
            remotes.send((spins, remote)).expect("the thread runs");
            arrives.await
        };
        let end = event_loop.run_until_complete(main);
        assert_eq!(end.ok(), Some(()), "try {spins}");
    }
    drop(remotes);
    other.join().unwrap();
}

/// The parked tasks come first, so a loop that looks at one after the other takes a while to see the last one.
#[test]
fn a_wake_of_a_thread_that_has_left_is_no_deadlock() {
    const PARKED: u32 = 1_000;
    let event_loop = new_loop();
    let never = event_loop.create_future::<()>();
    for _ in 0..PARKED {
        event_loop.create_task(never.clone()).unwrap();
    }
    let (senders, work) = mpsc::channel::<(u32, oneshot::Sender<u32>)>();
    let other = thread::spawn(move || {
        for (spins, sender) in work {
            (0..spins % 2_000).for_each(|_| std::hint::spin_loop());
            sender.send(spins).unwrap(); // wakes, and drops the waker
        }
    });
    for spins in 0..TRIES {
        let (sender, receiver) = oneshot::channel();
        let senders = senders.clone();
        let main = async move {
            senders.send((spins, sender)).expect("the thread runs");
            Ok(receiver.await?)
        };
        let end = event_loop.run_until_complete(main);
        assert_eq!(end.ok(), Some(spins)); // the text of a deadlock would be long
    }
    drop(senders);
    other.join().unwrap();
}
