//! Threads that wake, send, clone and drop at random while a loop runs on the real clock. What comes out is always the same:
//! no wake-up is lost, and no deadlock is reported as long as somebody can still wake the loop.

use std::{
    cell::Cell,
    future::poll_fn,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    task::{Poll, Waker},
    thread,
};

use tminus::{
    EventLoop, Exception,
    event_loop::{Deadlock, RemoteLoop},
};

const TASKS: usize = 4;
const THREADS: u64 = 4;
/// How often each thread signals.
const SIGNALS: u32 = 200;
const RUNS: u64 = 10;

/// Xorshift: what a thread does depends on its seed only, and when it does that on the machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits fit") % end
    }
}

/// What one task waits for: a number of signals.
#[derive(Default)]
struct Slot {
    signals: AtomicU32,
    waker: Mutex<Option<Waker>>,
}

impl Slot {
    /// Waits until there were that many signals. Whoever takes the waker out wakes it, so it need not be there twice.
    async fn signalled(self: Arc<Self>, times: u32) -> Result<u32, Exception> {
        poll_fn(|cx| {
            *self.waker.lock().unwrap() = Some(cx.waker().clone());
            match self.signals.load(Ordering::SeqCst) {
                signals if signals < times => Poll::Pending,
                signals => Poll::Ready(Ok(signals)),
            }
        })
        .await
    }

    /// Signals, in one of the ways in which a thread can wake a task.
    fn signal(&self, way: usize) {
        self.signals.fetch_add(1, Ordering::SeqCst);
        match way {
            // The waker leaves the slot, and is dropped with the call: nobody may hold one for a while.
            0 => {
                let waker = self.waker.lock().unwrap().take();
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
            1 => {
                let waker = self.waker.lock().unwrap().take();
                waker.iter().for_each(Waker::wake_by_ref);
                thread::yield_now();
                drop(waker);
            }
            2 => {
                let waker = self.waker.lock().unwrap().clone();
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
            _ => {
                let waker = self.waker.lock().unwrap();
                waker.iter().for_each(Waker::wake_by_ref);
            }
        }
    }
}

/// Signals each slot `SIGNALS` times, in a random order, and does other things in between.
fn signals_all(slots: &[Arc<Slot>], mut random: Random) {
    let mut left = [SIGNALS; TASKS];
    while left.iter().any(|left| *left > 0) {
        let n = random.below(TASKS);
        if left[n] > 0 {
            left[n] -= 1;
            slots[n].signal(random.below(4));
        }
        match random.below(8) {
            0 => thread::yield_now(),
            1 => drop(slots[n].waker.lock().unwrap().clone()),
            _ => {}
        }
    }
}

#[test]
fn no_wake_up_of_a_thread_is_lost() {
    for run in 0..RUNS {
        let event_loop = EventLoop::new();
        let slots: Vec<Arc<Slot>> = (0..TASKS).map(|_| Arc::default()).collect();
        let times = SIGNALS * u32::try_from(THREADS).unwrap();
        let tasks: Vec<_> = slots
            .iter()
            .map(|slot| {
                event_loop
                    .create_task(slot.clone().signalled(times))
                    .unwrap()
            })
            .collect();
        let threads: Vec<_> = (0..THREADS)
            .map(|n| {
                let slots = slots.clone();
                thread::spawn(move || signals_all(&slots, Random(run * THREADS + n + 1)))
            })
            .collect();
        for task in tasks {
            assert_eq!(event_loop.run_until_complete(task).unwrap(), times);
        }
        threads.into_iter().for_each(|end| end.join().unwrap());
    }
}

thread_local! {
    /// How many calls of each thread have arrived. (A callback of another thread cannot hold what is the loop's.)
    static ARRIVED: Cell<[u32; THREADS as usize]> = const { Cell::new([0; THREADS as usize]) };
}

/// Leaves `SIGNALS` calls in the loop. Each finds those before it done.
fn calls_in_order(mut remote: RemoteLoop, n: usize, mut random: Random) {
    for expected in 0..SIGNALS {
        let arrives = move || {
            let mut arrived = ARRIVED.get();
            assert_eq!(arrived[n], expected);
            arrived[n] += 1;
            ARRIVED.set(arrived);
            Ok(())
        };
        remote.call_soon_threadsafe(arrives).unwrap();
        match random.below(4) {
            0 => thread::yield_now(),
            1 => remote = remote.clone(), // one more, and then one fewer
            _ => {}
        }
    }
}

/// When the last thread has left, nobody can wake the loop any longer. It is no deadlock before all calls have arrived.
#[test]
fn no_call_of_a_thread_is_lost_and_those_of_one_arrive_in_order() {
    for run in 0..RUNS {
        let event_loop = EventLoop::new();
        let failed = Rc::new(Cell::new(0));
        let counts = failed.clone();
        event_loop.set_exception_handler(move |_| counts.set(counts.get() + 1));
        ARRIVED.set([0; THREADS as usize]);
        let threads: Vec<_> = (0..THREADS)
            .map(|n| {
                let (remote, random) = (event_loop.remote(), Random(run * THREADS + n + 1));
                let number = usize::try_from(n).unwrap();
                thread::spawn(move || calls_in_order(remote, number, random))
            })
            .collect();
        let never = event_loop.create_future::<()>();
        let end = event_loop.run_until_complete(never).unwrap_err();
        assert!(end.downcast_ref::<Deadlock>().is_some(), "{end}");
        assert_eq!(ARRIVED.get(), [SIGNALS; THREADS as usize]);
        assert_eq!(failed.get(), 0);
        threads.into_iter().for_each(|end| end.join().unwrap());
    }
}

/// The loop sleeps while they hold wakers, and the last to drop one wakes it to see that it is stuck.
#[test]
fn threads_that_only_drop_their_wakers_leave_a_deadlock() {
    for run in 0..RUNS {
        let event_loop = EventLoop::new();
        let wakers = Arc::new(Mutex::new(Vec::new()));
        let kept = wakers.clone();
        let waits = poll_fn(move |cx| -> Poll<Result<(), Exception>> {
            let clones = (0..THREADS).map(|_| cx.waker().clone());
            kept.lock().unwrap().extend(clones);
            Poll::Pending
        });
        let remote = event_loop.remote();
        let (task, taken) = (event_loop.create_task(waits).unwrap(), wakers);
        event_loop.stop();
        event_loop.run_forever().unwrap();
        let threads: Vec<_> = std::mem::take(&mut *taken.lock().unwrap())
            .into_iter()
            .zip(1..)
            .map(|(waker, n)| {
                let (mut random, remote) = (Random(run * THREADS + n), remote.clone());
                thread::spawn(move || {
                    let mut held = vec![waker];
                    for _ in 0..SIGNALS {
                        match random.below(3) {
                            0 => held.push(held[0].clone()),
                            1 if held.len() > 1 => drop(held.pop()),
                            _ => thread::yield_now(),
                        }
                    }
                    drop(remote);
                    drop(held);
                })
            })
            .collect();
        drop(remote);
        let end = event_loop.run_until_complete(task).unwrap_err();
        assert!(end.downcast_ref::<Deadlock>().is_some(), "{end}");
        threads.into_iter().for_each(|end| end.join().unwrap());
    }
}
