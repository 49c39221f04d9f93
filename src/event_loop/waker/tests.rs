//! Wakers on their own, and in turns of a loop: when they are counted, and what their calls leave in the inbox.

use std::{
    cell::RefCell,
    future::poll_fn,
    rc::Rc,
    sync::mpsc,
    task::{Context, Poll},
    thread,
};

use super::*;
use crate::{EventLoop, Exception, clock::VirtualClock, event_loop::Deadlock, spawn, yield_now};

const KEY: Key = Key {
    index: 7,
    generation: 3,
};

fn lent() -> (Arc<Inbox>, LentWaker) {
    let inbox = Arc::new(Inbox::default());
    let lent = LentWaker::new(inbox.clone());
    lent.lend_to(KEY);
    (inbox, lent)
}

fn tasks(requests: Vec<Request>) -> Vec<Key> {
    let tasks = requests.into_iter().map(|request| match request {
        Request::Wake(waker) => waker.task(),
        Request::Call(_) | Request::Reply(_) | Request::NoReply(_) => {
            panic!("nobody has left anything else")
        }
    });
    tasks.collect()
}

#[test]
fn a_waker_that_is_only_lent_is_not_counted() {
    let (inbox, lent) = lent();
    assert!(!lent.is_cloned());
    let clone = lent.waker().clone();
    assert!(lent.is_cloned());
    drop(clone);
    assert!(!lent.is_cloned());
    assert!(inbox.nobody_can_wake());
}

#[test]
fn a_waker_that_was_kept_is_counted_once_however_many_clones_there_are() {
    let (inbox, mut lent) = lent();
    let mut clones = vec![lent.waker().clone(); 3];
    let kept = lent.keep();
    assert_eq!(kept.upgrade().expect("it is held").task(), KEY);
    assert!(!lent.is_cloned(), "another one is lent from then on");
    while let Some(clone) = clones.pop() {
        assert!(!inbox.nobody_can_wake());
        drop(clone);
    }
    assert!(inbox.nobody_can_wake());
    assert!(kept.upgrade().is_none());
}

#[test]
fn the_last_clone_can_be_dropped_on_another_thread() {
    let (inbox, mut lent) = lent();
    let clone = lent.waker().clone();
    lent.keep();
    thread::spawn(move || drop(clone)).join().unwrap();
    assert!(inbox.nobody_can_wake());
}

#[test]
fn two_tasks_that_keep_their_wakers_are_counted_as_two() {
    let (inbox, mut lent) = lent();
    let first = lent.waker().clone();
    lent.keep();
    let second = lent.waker().clone();
    lent.keep();
    drop(first);
    assert!(!inbox.nobody_can_wake());
    drop(second);
    assert!(inbox.nobody_can_wake());
}

#[test]
fn the_waker_of_a_task_that_has_ended_is_uncounted_once() {
    let (inbox, mut lent) = lent();
    let clone = lent.waker().clone();
    let kept = lent.keep().upgrade().expect("it is held");
    kept.is_uncounted();
    assert!(inbox.nobody_can_wake());
    kept.is_uncounted();
    inbox.is_held_once_more(); // another one, which has to stay counted
    drop((kept, clone));
    assert!(!inbox.nobody_can_wake());
}

#[test]
fn a_million_calls_leave_one_request() {
    let (inbox, lent) = lent();
    let waker = lent.waker().clone();
    for _ in 0..1_000_000 {
        waker.wake_by_ref();
    }
    assert!(inbox.has_mail());
    assert_eq!(tasks(inbox.take()), [KEY]);
    assert!(!inbox.has_mail());
}

#[test]
fn a_call_after_the_answer_leaves_another_request() {
    let (inbox, lent) = lent();
    let waker = lent.waker().clone();
    waker.wake_by_ref();
    let requests = inbox.take();
    // The request is out of the inbox, and its task is still to be woken: a call has nothing to add.
    waker.wake_by_ref();
    assert!(!inbox.has_mail());
    for request in requests {
        let Request::Wake(waker) = request else {
            panic!("nobody has left a call");
        };
        waker.is_answered();
    }
    waker.wake_by_ref();
    assert_eq!(tasks(inbox.take()), [KEY]);
}

#[test]
fn a_request_holds_the_waker_that_has_left_it() {
    let (inbox, mut lent) = lent();
    let clone = lent.waker().clone();
    lent.keep();
    clone.wake();
    assert!(!inbox.nobody_can_wake());
    assert_eq!(tasks(inbox.take()), [KEY]);
    assert!(inbox.nobody_can_wake());
}

#[test]
fn a_call_to_a_closed_loop_is_dropped_with_its_waker() {
    let (inbox, mut lent) = lent();
    let (first, second) = (lent.waker().clone(), lent.waker().clone());
    lent.keep();
    first.wake();
    inbox.close();
    assert!(!inbox.nobody_can_wake());
    second.wake();
    assert!(tasks(inbox.take()).is_empty());
    drop(lent);
}

/// Polls twice, with a turn in between, and leaves the waker of each poll in `kept`.
async fn keeps_its_waker(kept: Rc<RefCell<Vec<Waker>>>) -> Result<(), Exception> {
    for _ in 0..2 {
        let keeps = |cx: &mut Context<'_>| {
            kept.borrow_mut().push(cx.waker().clone());
            Poll::Ready(())
        };
        poll_fn(keeps).await;
        yield_now().await?;
    }
    Ok(())
}

#[test]
fn a_task_whose_waker_is_kept_has_the_same_one_in_its_next_turn() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let main = async {
        let (kept, other) = (Rc::default(), Rc::default());
        let tasks = [
            spawn(keeps_its_waker(Rc::clone(&kept)))?,
            spawn(keeps_its_waker(Rc::clone(&other)))?,
        ];
        for task in tasks {
            task.await?;
        }
        let (kept, other) = (kept.borrow(), other.borrow());
        // (`will_wake` compares functions, too, and the compiler may make copies of these.)
        assert_eq!(kept[0].data(), kept[1].data());
        assert_eq!(other[0].data(), other[1].data());
        Ok(kept[0].data() == other[0].data())
    };
    assert!(!event_loop.run_until_complete(main).unwrap());
}

#[test]
fn a_task_whose_waker_was_dropped_is_lent_one_again() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let main = async {
        let (to_thread, in_thread) = mpsc::channel::<Waker>();
        let (says, hears) = mpsc::channel();
        let thread = thread::spawn(move || {
            for waker in in_thread {
                drop(waker);
                says.send(()).expect("somebody listens");
            }
        });
        for _ in 0..3 {
            let mut sent = false;
            let gives = |cx: &mut Context<'_>| {
                if sent {
                    return Poll::Ready(());
                }
                sent = true;
                cx.waker().wake_by_ref();
                to_thread.send(cx.waker().clone()).expect("it listens");
                Poll::Pending
            };
            poll_fn(gives).await;
            hears.recv().expect("it drops the waker and says so");
            yield_now().await?;
        }
        drop(to_thread);
        thread.join().expect("it does not panic");
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    // Nobody holds a waker: what waits forever is stuck.
    let stuck = event_loop.run_until_complete(event_loop.create_future::<()>());
    let stuck = stuck.unwrap_err();
    assert!(stuck.downcast_ref::<Deadlock>().is_some(), "{stuck}");
}
