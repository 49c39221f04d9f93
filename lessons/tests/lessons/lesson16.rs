use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures::channel::oneshot as futures_oneshot;
use futures_core::Stream;
use tminus::{
    EventLoop, Exception, Kind, clock::VirtualClock, event_loop, sleep, spawn, yield_now,
};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson16_foreign_futures::{
    Cancelled, Executor, LoopFuture, cancellable, items, oneshot,
    yield_now as yield_now_of_lesson_15,
};

use crate::programs::{demo, recorded};

/// The lines of a section of the demo.
fn section(title: &str) -> Vec<String> {
    let demo = demo("lesson16");
    let heading = format!("== {title} ==");
    let lines = demo.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("== "));
    lines.map(str::to_owned).collect()
}

/// The last line of `55_async_for` is an error. Here the compiler finds it, because a type that is no stream does not
/// compile.
#[test]
fn the_programs_print_what_cpython_printed() {
    let async_for = recorded("55_async_for");
    let (numbers, error) = async_for.trim_end().rsplit_once('\n').unwrap();
    assert!(error.starts_with("TypeError: 'async for' received an object"));
    let theirs = [
        recorded("19_async_iterator"),
        format!("{numbers}\n"),
        recorded("20_async_context_manager"),
        recorded("56_async_with_by_hand"),
    ]
    .concat();
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(section("Python's programs"), theirs);
}

#[test]
fn nobody_hears_of_a_loop_future_that_nobody_can_set() {
    assert_eq!(
        section("Predict"),
        ["polled: crew chief", "left: [\"crew\"]"]
    );
}

#[test]
fn a_sender_that_is_dropped_wakes_the_crew_and_so_does_one_that_sends() {
    let polled = ["polled: crew chief chief crew", "left: []"];
    let [dropped, sent] = ["crew: None", "crew: Some(\"go!\")"];
    assert_eq!(
        section("A sender that is dropped"),
        [&[dropped], &polled[..]].concat()
    );
    assert_eq!(
        section("A sender that sends"),
        [&[sent], &polled[..]].concat()
    );
    assert_eq!(section("On the crate's loop"), [dropped, sent]);
}

#[test]
fn the_crew_can_await_a_channel_of_a_library() {
    let lines = ["crew: Ok(\"go!\")", "polled: crew chief crew"];
    assert_eq!(section("A channel of a library"), lines);
}

#[test]
fn a_cancellation_does_not_get_into_a_foreign_future() {
    assert_eq!(
        section("Cancelled"),
        [
            "chief: hold!",
            "polled: crew chief crew",
            "left: [\"crew\"]"
        ]
    );
    assert_eq!(
        section("Cancelled, with `cancellable`"),
        [
            "chief: hold!",
            "crew: closing the valves",
            "crew: the valves are closed",
            "polled: crew chief crew crew",
            "left: []",
        ]
    );
}

#[test]
fn the_flag_waits_for_the_next_loop_future() {
    let (sender, receiver) = oneshot();
    let log = Rc::new(RefCell::new(None));
    let its_log = log.clone();
    let mut executor = Executor::default();
    let task = executor.spawn("crew", async move {
        let word = receiver.await;
        let next = LoopFuture::<()>::default().await;
        its_log.replace(Some((word, next)));
    });
    executor.run();
    task.cancel();
    executor.run();
    sender.send("go!");
    executor.run();
    assert_eq!(log.take(), Some((Some("go!"), Err(Cancelled))));
}

#[test]
fn a_stream_yields_its_items_at_their_times() {
    let lines = section("A stream");
    let readings = ["200 litres", "100 litres", "0 litres", "the sensor is off"];
    assert_eq!(lines[..4], readings);
    let lanes: Vec<String> = lines
        .iter()
        .filter(|line| {
            ["Task-1", "crew", "sensor"].map(|name| line.starts_with(name)) != [false; 3]
        })
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let lanes: Vec<&str> = lanes.iter().map(String::as_str).collect();
    assert_eq!(
        lanes,
        [
            "Task-1 #-- -- -- --x",
            "crew #- -# -# -x",
            "sensor .# #- #- x",
        ]
    );
}

#[test]
fn two_pieces_of_news_in_one_turn_are_one_wake() {
    let wakes = std::sync::Arc::<tminus_lessons::lesson15_async_await::WakeCounter>::default();
    let waker = Waker::from(wakes.clone());
    let (sender, mut readings) = items();
    let mut poll = || Pin::new(&mut readings).poll_next(&mut Context::from_waker(&waker));
    assert_eq!(poll(), Poll::Pending);
    sender.send(0);
    drop(sender);
    assert_eq!(wakes.count(), 1);
    assert_eq!((poll(), poll()), (Poll::Ready(Some(0)), Poll::Ready(None)));
}

#[test]
fn a_channel_of_the_futures_crate_tells_the_crew_that_its_sender_is_gone() {
    let (sender, receiver) = futures_oneshot::channel::<()>();
    let mut executor = Executor::default();
    executor.spawn("crew", async move {
        assert_eq!(receiver.await, Err(futures_oneshot::Canceled));
    });
    executor.spawn("chief", async move { drop(sender) });
    assert_eq!(executor.run(), ["crew", "chief", "crew"]);
    assert!(executor.left().is_empty());
}

#[test]
fn a_channel_of_the_futures_crate_learns_of_a_cancellation_by_drop() {
    let (sender, receiver) = futures_oneshot::channel::<()>();
    let mut executor = Executor::default();
    let task = executor.spawn("crew", async move {
        assert_eq!(cancellable(receiver).await, Err(Cancelled));
        yield_now_of_lesson_15().await;
    });
    executor.run();
    assert!(!sender.is_canceled());
    task.cancel();
    assert_eq!(executor.run(), ["crew", "crew"]);
    assert!(sender.is_canceled());
    assert!(executor.left().is_empty());
}

fn new_loop() -> EventLoop {
    EventLoop::with_clock(VirtualClock::new())
}

#[test]
fn the_word_can_come_from_a_callback_of_the_loop() -> Result<(), Exception> {
    let event_loop = new_loop();
    let (sender, receiver) = oneshot();
    event_loop.call_later(ms(10), move || sender.send("go!"))?;
    let word = event_loop.run_until_complete(async { Ok(receiver.await) })?;
    assert_eq!((word, event_loop.time()), (Some("go!"), ms(10)));
    Ok(())
}

#[test]
fn the_crate_drops_a_task_that_is_cancelled_in_a_foreign_future() -> Result<(), Exception> {
    let (sender, receiver) = oneshot::<()>();
    let (alive, dropped) = oneshot::<()>();
    new_loop().run_until_complete(async {
        let task = spawn(async move {
            let _alive = alive;
            Ok(receiver.await)
        })?;
        sleep(ms(1)).await?;
        task.cancel();
        assert_eq!(task.await.unwrap_err().kind(), Kind::Cancelled);
        assert_eq!(dropped.await, None);
        drop(sender);
        Ok(())
    })
}

#[test]
fn with_the_crates_cancellable_a_cancellation_can_be_caught() -> Result<(), Exception> {
    new_loop().run_until_complete(async {
        let foreign = event_loop::cancellable(pending::<()>());
        let task = spawn(async { Ok(foreign.await.is_err()) })?;
        sleep(ms(1)).await?;
        task.cancel();
        assert!(task.await?, "it caught it and went on");
        Ok(())
    })
}

#[test]
fn a_result_that_is_there_in_the_turn_of_the_cancellation_is_dropped() {
    let (sender, receiver) = oneshot();
    let log = Rc::new(RefCell::new(None));
    let its_log = log.clone();
    let mut executor = Executor::default();
    let task = executor.spawn("crew", async move {
        its_log.replace(Some(cancellable(receiver).await));
    });
    executor.run();
    sender.send("go!");
    task.cancel();
    executor.run();
    assert_eq!(log.take(), Some(Err(Cancelled)));
}

#[test]
fn a_waker_of_the_crate_works_from_another_thread() -> Result<(), Exception> {
    let word = new_loop().run_until_complete(async {
        yield_now().await?;
        let mut said = false;
        let from_a_thread = poll_fn(|cx| match std::mem::replace(&mut said, true) {
            true => Poll::Ready("go!"),
            false => {
                let waker = cx.waker().clone();
                std::thread::spawn(move || waker.wake());
                Poll::Pending
            }
        });
        Ok(from_a_thread.await)
    })?;
    assert_eq!(word, "go!");
    Ok(())
}
