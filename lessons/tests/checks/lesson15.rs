use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::{cell::RefCell, rc::Rc};

use futures_core::Stream;
use tminus::event_loop::next;
use tminus_lessons::lesson15_async_await::{Executor, GiveWay, WakeCounter, oneshot};

use crate::lesson15::{Items, TwoTanks, items};

fn poll<F: Future + Unpin>(future: &mut F, wakes: &Arc<WakeCounter>) -> Poll<F::Output> {
    let waker = Waker::from(wakes.clone());
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

fn poll_next<T>(items: &mut Items<T>, wakes: &Arc<WakeCounter>) -> Poll<Option<T>> {
    let waker = Waker::from(wakes.clone());
    Pin::new(items).poll_next(&mut Context::from_waker(&waker))
}

#[test]
fn two_tanks_waits_for_the_one_and_then_for_the_other() {
    let wakes = Arc::default();
    let ((report, first), (report_2, second)) = (oneshot(), oneshot());
    let mut tanks = TwoTanks::new(first, second);
    assert_eq!(poll(&mut tanks, &wakes), Poll::Pending);
    report.send(200);
    assert_eq!(wakes.count(), 1, "wakes after the first report");
    assert_eq!(poll(&mut tanks, &wakes), Poll::Pending);
    assert_eq!(poll(&mut tanks, &wakes), Poll::Pending);
    report_2.send(300);
    assert_eq!(wakes.count(), 2, "wakes after the second report");
    assert_eq!(poll(&mut tanks, &wakes), Poll::Ready(Some(500)));
}

#[test]
fn two_tanks_takes_one_poll_if_both_have_reported() {
    let ((report, first), (report_2, second)) = (oneshot(), oneshot());
    report.send(200);
    report_2.send(300);
    let mut tanks = TwoTanks::new(first, second);
    assert_eq!(
        poll(&mut tanks, &Arc::default()),
        Poll::Ready(Some(500)),
        "the first poll"
    );
}

#[test]
fn two_tanks_does_not_look_at_the_second_before_the_first_has_reported() {
    let wakes = Arc::default();
    let ((report, first), (report_2, second)) = (oneshot(), oneshot());
    let mut tanks = TwoTanks::new(first, second);
    assert_eq!(poll(&mut tanks, &wakes), Poll::Pending);
    drop(report_2); // it will never report
    assert_eq!(
        wakes.count(),
        0,
        "wakes by the second, which must not be polled yet"
    );
    assert_eq!(poll(&mut tanks, &wakes), Poll::Pending);
    report.send(200);
    assert_eq!(poll(&mut tanks, &wakes), Poll::Ready(None));
}

#[test]
fn two_tanks_is_over_when_the_first_does_not_report() {
    let wakes = Arc::default();
    let ((report, first), (_report_2, second)) = (oneshot(), oneshot());
    let mut tanks = TwoTanks::new(first, second);
    assert_eq!(poll(&mut tanks, &wakes), Poll::Pending);
    drop(report);
    assert_eq!(wakes.count(), 1, "wakes after the first is gone");
    assert_eq!(
        poll(&mut tanks, &wakes),
        Poll::Ready(None),
        "the second has not reported, and need not"
    );
}

#[test]
#[should_panic(expected = "`async fn` resumed after completion")]
fn two_tanks_refuses_a_poll_after_its_end() {
    let ((report, first), (report_2, second)) = (oneshot(), oneshot());
    report.send(200);
    report_2.send(300);
    let mut tanks = TwoTanks::new(first, second);
    assert_eq!(poll(&mut tanks, &Arc::default()), Poll::Ready(Some(500)));
    let _ = poll(&mut tanks, &Arc::default());
}

#[test]
#[should_panic(expected = "`async fn` resumed after completion")]
fn two_tanks_refuses_a_poll_after_an_early_end() {
    let ((report, first), (_report_2, second)) = (oneshot(), oneshot());
    drop(report);
    let mut tanks = TwoTanks::new(first, second);
    assert_eq!(poll(&mut tanks, &Arc::default()), Poll::Ready(None));
    let _ = poll(&mut tanks, &Arc::default());
}

#[test]
#[should_panic(expected = "`async fn` resumed after completion")]
fn two_tanks_refuses_a_poll_after_the_second_did_not_report() {
    let ((report, first), (report_2, second)) = (oneshot(), oneshot());
    report.send(200);
    drop(report_2);
    let mut tanks = TwoTanks::new(first, second);
    assert_eq!(poll(&mut tanks, &Arc::default()), Poll::Ready(None));
    let _ = poll(&mut tanks, &Arc::default());
}

#[test]
fn items_come_in_order_and_wait_for_more() {
    let wakes = Arc::default();
    let (sender, mut items) = items();
    sender.send(3);
    sender.send(2);
    assert_eq!(poll_next(&mut items, &wakes), Poll::Ready(Some(3)));
    assert_eq!(poll_next(&mut items, &wakes), Poll::Ready(Some(2)));
    assert_eq!(poll_next(&mut items, &wakes), Poll::Pending);
    assert_eq!(wakes.count(), 0, "wakes, where nobody had to wait");
}

#[test]
fn items_wakes_who_waits_each_time() {
    let wakes = Arc::default();
    let (sender, mut items) = items();
    for (n, item) in [(1, "fuel"), (2, "crew")] {
        assert_eq!(poll_next(&mut items, &wakes), Poll::Pending);
        assert_eq!(wakes.count(), n - 1, "wakes before item {n}");
        sender.send(item);
        assert_eq!(wakes.count(), n, "wakes after {n} items");
        assert_eq!(poll_next(&mut items, &wakes), Poll::Ready(Some(item)));
    }
}

#[test]
fn items_wakes_who_waits_when_the_sender_is_gone() {
    let wakes = Arc::default();
    let (sender, mut items) = items::<u32>();
    assert_eq!(poll_next(&mut items, &wakes), Poll::Pending);
    drop(sender);
    assert_eq!(wakes.count(), 1, "wakes after the sender is gone");
    assert_eq!(poll_next(&mut items, &wakes), Poll::Ready(None));
}

#[test]
fn items_gives_what_was_sent_before_the_end() {
    let wakes = Arc::default();
    let (sender, mut items) = items();
    assert_eq!(poll_next(&mut items, &wakes), Poll::Pending);
    sender.send(1);
    sender.send(0);
    drop(sender);
    assert_eq!(poll_next(&mut items, &wakes), Poll::Ready(Some(1)));
    assert_eq!(poll_next(&mut items, &wakes), Poll::Ready(Some(0)));
    assert_eq!(poll_next(&mut items, &wakes), Poll::Ready(None));
}

#[test]
fn items_wakes_the_one_who_polled_last() {
    let (before, now) = (Arc::default(), Arc::default());
    let (sender, mut items) = items();
    assert_eq!(poll_next(&mut items, &before), Poll::Pending);
    assert_eq!(poll_next(&mut items, &now), Poll::Pending);
    sender.send(1);
    let counts = (before.count(), now.count());
    assert_eq!(counts, (0, 1), "wakes of the first and of the last to poll");
}

/// Under the mini-executor. The crate's loop would wait for ever where the waker is kept and never called.
#[test]
fn items_can_be_iterated_over_in_a_task() {
    let (sender, mut items) = items();
    let heard: Rc<RefCell<Vec<u32>>> = Rc::default();
    let its_heard = heard.clone();
    let mut executor = Executor::default();
    executor.spawn(async move {
        while let Some(item) = next(&mut items).await {
            its_heard.borrow_mut().push(item);
        }
    });
    executor.spawn(async move {
        for i in (1..=3).rev() {
            sender.send(i);
            GiveWay::default().await;
        }
    });
    executor.run();
    assert_eq!(*heard.borrow(), [3, 2, 1]);
    assert_eq!(executor.left(), 0, "tasks that still wait to be woken");
}
