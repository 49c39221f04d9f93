//! A loop that is promised that no other thread can wake it reports what is stuck, although wakers are held.

use futures::{StreamExt, channel::oneshot, stream::FuturesUnordered};
use tminus::{
    EventLoop, Exception,
    event_loop::{Deadlock, spawn_named},
    sleep, yield_now,
};

use crate::{ms, new_loop};

fn single_threaded() -> EventLoop {
    let event_loop = new_loop();
    event_loop.set_single_threaded(true);
    event_loop
}

/// The names of the tasks that are stuck.
fn stuck_in(main: impl Future<Output = Result<(), Exception>> + 'static) -> Vec<String> {
    let event_loop = single_threaded();
    let main = event_loop.create_named_task("main", main).unwrap();
    let end = event_loop.run_until_complete(main).unwrap_err();
    let deadlock = end.downcast_ref::<Deadlock>().expect("it is stuck");
    deadlock.stuck.iter().map(|one| one.task.clone()).collect()
}

#[test]
fn two_tasks_that_wait_for_each_other_through_foreign_channels_are_named() {
    let stuck = stuck_in(async {
        let (to_left, left) = oneshot::channel::<()>();
        let (to_right, right) = oneshot::channel::<()>();
        let sides = [("left", left, to_right), ("right", right, to_left)];
        let sides = sides.map(|(name, receives, sends)| {
            spawn_named(name, async move {
                receives.await?;
                sends.send(()).expect("the other side waits");
                Ok(())
            })
        });
        for side in sides {
            side?.await?;
        }
        Ok(())
    });
    assert_eq!(stuck, ["main", "left", "right"]);
}

/// It holds the waker of the task that polls it, although nothing in it can ever be woken.
#[test]
fn a_task_that_waits_for_stuck_futures_in_futures_unordered_is_named() {
    let stuck = stuck_in(async {
        let mut stuck: FuturesUnordered<_> =
            [futures::future::pending::<()>()].into_iter().collect();
        stuck.next().await;
        Ok(())
    });
    assert_eq!(stuck, ["main"]);
}

#[test]
fn a_remote_loop_that_is_held_does_not_keep_it_waiting() {
    let event_loop = single_threaded();
    let _remote = event_loop.remote();
    let never = event_loop.create_future::<()>();
    let end = event_loop.run_until_complete(never).unwrap_err();
    assert!(end.is::<Deadlock>());
}

#[test]
fn wakers_and_remote_loops_of_its_own_thread_still_wake_it() {
    let event_loop = single_threaded();
    let remote = event_loop.remote();
    let main = async move {
        let (sends, receives) = oneshot::channel();
        let receiver = spawn_named("receiver", async { Ok(receives.await?) })?;
        yield_now().await?;
        remote.call_soon_threadsafe(move || {
            sends.send(7).expect("the receiver waits");
            Ok(())
        })?;
        receiver.await
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), 7);
}

#[test]
fn a_timer_is_waited_for_before_anything_is_stuck() {
    let event_loop = single_threaded();
    let main = async {
        let (sends, receives) = oneshot::channel();
        spawn_named("sender", async {
            sleep(ms(20)).await?;
            sends.send(()).expect("main waits");
            Ok(())
        })?;
        Ok(receives.await?)
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(event_loop.time(), ms(20));
}

#[test]
fn the_promise_can_be_withdrawn() {
    let event_loop = single_threaded();
    event_loop.set_single_threaded(false);
    let (sends, receives) = oneshot::channel();
    let sender = std::thread::spawn(move || sends.send(7).unwrap());
    let main = async move { Ok(receives.await?) };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), 7);
    sender.join().unwrap();
}
