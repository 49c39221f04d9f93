use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tminus::{
    EventLoop, Exception, Kind, clock::VirtualClock, event_loop::Deadlock, event_loop::cancellable,
    spawn,
};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson15_async_await::{
    Executor, GiveWay, WakeCounter, chains, countdown, launch, launch_generator, oneshot, poll_all,
    programs, resume_all, word,
};

use crate::programs::{demo, recorded};

/// Program 01 shows a coroutine; its address was taken out when it was recorded. The last line of program 55 is an error
/// that the compiler gives here: what is no async iterator does not compile.
#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson15");
    let start = ours.find("start coroutine").expect("the lanes come before");
    let ours: Vec<&str> = ours[start..].lines().collect();
    let async_for = recorded("55_async_for");
    let (numbers, error) = async_for.trim_end().rsplit_once('\n').unwrap();
    assert!(error.starts_with("TypeError: 'async for' received an object"));
    let theirs = [
        recorded("01_coroutine_start"),
        recorded("02_coroutine_return"),
        recorded("03_coroutine_chain"),
        recorded("04_generator_coroutine"),
        recorded("12_asyncio_run"),
        recorded("13_sequential_await"),
        recorded("21_iscoroutine"),
        recorded("61_runner_hello"),
        recorded("19_async_iterator"),
        format!("{numbers}\n"),
        recorded("20_async_context_manager"),
        recorded("56_async_with_by_hand"),
    ]
    .concat();
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(ours, theirs);
}

#[test]
fn a_generator_an_async_fn_and_a_future_by_hand_print_and_do_the_same() {
    let ours = demo("lesson15");
    let ours: Vec<&str> = ours.lines().take(15).collect();
    let steps = r#"[Yielded(()), Yielded(()), Yielded(()), Returned("Blast off!")]"#;
    let countdown = ["T-minus 3", "T-minus 2", "T-minus 1", steps];
    let launch = [&["The tower is clear"], &countdown[..]].concat();
    assert_eq!(ours[..5], launch);
    assert_eq!(ours[5..10], launch);
    assert_eq!(ours[10..14], countdown);
    assert_eq!(ours[14], "woken 6 times");
}

/// `Yielded(())` for `Pending`.
#[test]
fn the_steps_of_an_async_fn_are_those_of_a_generator() {
    let wakes = Arc::default();
    assert_eq!(
        poll_all(launch(5), &wakes),
        resume_all(launch_generator(5)).unwrap()
    );
}

#[test]
fn awaits_of_what_need_not_wait_take_one_poll() {
    let mut chain = pin!(chains::coroutine());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(chain.as_mut().poll(&mut cx).is_ready());
}

#[test]
fn two_awaits_are_one_after_the_other() {
    let event_loop = new_loop();
    let run = event_loop.run_until_complete(programs::one_after_the_other());
    assert!(run.is_ok());
    assert_eq!(event_loop.time(), ms(40));
}

#[test]
fn the_notes_are_wrong_about_these() {
    let lines = [
        "coroutine [True, True, True, False]", // it has `send`, `throw` and `close`, and no `__next__`
        "asyncio.coroutine: False",
        "get_event_loop without a loop: DeprecationWarning: There is no current event loop",
        "to await twice: RuntimeError: cannot reuse already awaited coroutine",
        "create_task without a loop: RuntimeError: no running event loop",
        "sleep gives: None",
    ];
    assert!(recorded("lesson15_notes").lines().eq(lines));
}

/// What it is, and how often it is polled.
fn counted(future: impl Future<Output = ()>) -> (impl Future<Output = ()>, Rc<Cell<u32>>) {
    let polls = Rc::new(Cell::new(0));
    let (count, mut future) = (polls.clone(), Box::pin(future));
    let counted = poll_fn(move |cx| {
        count.set(count.get() + 1);
        future.as_mut().poll(cx)
    });
    (counted, polls)
}

#[test]
fn polled_in_turn_who_waits_is_polled_five_times_and_by_the_executor_twice() {
    let (sender, receiver) = oneshot();
    let (crew, crews) = counted(word::crew(receiver));
    let (chief, chiefs) = counted(word::chief(sender));
    let mut tasks: Vec<Pin<Box<dyn Future<Output = ()>>>> = vec![Box::pin(crew), Box::pin(chief)];
    let mut cx = Context::from_waker(Waker::noop());
    while !tasks.is_empty() {
        tasks.retain_mut(|task| task.as_mut().poll(&mut cx).is_pending());
    }
    assert_eq!((crews.get(), chiefs.get()), (5, 4));

    let (sender, receiver) = oneshot();
    let (crew, crews) = counted(word::crew(receiver));
    let (chief, chiefs) = counted(word::chief(sender));
    let mut executor = Executor::default();
    executor.spawn(crew);
    executor.spawn(chief);
    assert_eq!(executor.run(), 6);
    assert_eq!((crews.get(), chiefs.get()), (2, 4));
}

#[test]
fn the_word_comes_under_both_and_who_waits_for_it_is_polled_twice() {
    let ours = demo("lesson15");
    let ours: Vec<&str> = ours.lines().skip(15).take(11).collect();
    let word = [
        "crew: waiting",
        "chief: T-minus 3",
        "chief: T-minus 2",
        "chief: T-minus 1",
        "crew: go!",
    ];
    assert_eq!(ours[..5], word);
    assert_eq!(ours[5], "6 polls"); // two of the crew, four of the chief
    assert_eq!(ours[6..], word);
}

/// The lanes of these, wherever they are in what a demo prints, with what stands under each other moved to the left.
fn lanes<'a>(demo: &'a str, names: &[&str]) -> Vec<Vec<&'a str>> {
    let of = |name: &&str| {
        let line = demo
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")));
        line.unwrap_or_default().split_whitespace().collect()
    };
    names.iter().map(of).collect()
}

#[test]
fn who_waits_for_the_word_has_no_turn_meanwhile() {
    assert_eq!(
        lanes(&demo("lesson15"), &["Task-1", "crew", "chief"]),
        [
            ["Task-1", "#------x"],
            ["crew", "#----x"],
            ["chief", ".###x"]
        ]
    );
}

#[test]
fn the_two_countdowns_have_the_turns_that_they_had_as_generators() {
    let (futures, generators) = (demo("lesson15"), demo("lesson11"));
    let names = ["five", "three"];
    let futures = lanes(&futures, &names);
    let five = ["five", "#-", "#", "-", "#", ".#", "#", "-", "x"];
    let three = ["three", ".#", "-", "#", "-", "#-", "-", "x"];
    assert_eq!(futures, [&five[..], &three[..]]);
    // Lesson 11 sees turns only: it does not know who is ready, and not yet due for his.
    let turns = |lanes: Vec<Vec<&str>>| format!("{lanes:?}").replace('.', "-");
    assert_eq!(turns(futures), turns(lanes(&generators, &names)));
}

fn new_loop() -> EventLoop {
    EventLoop::with_clock(VirtualClock::new())
}

/// `GiveWay` without its `wake_by_ref`.
async fn give_way_and_wake_nobody() {
    let mut gave_way = false;
    poll_fn(|_| match std::mem::replace(&mut gave_way, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

#[test]
fn a_countdown_that_wakes_nobody_says_one_number() {
    let said = Rc::new(Cell::new(0));
    let count = said.clone();
    let mut executor = Executor::default();
    executor.spawn(async move {
        for _ in 0..3 {
            count.set(count.get() + 1);
            give_way_and_wake_nobody().await;
        }
    });
    assert_eq!((executor.run(), executor.left()), (1, 1));
    assert_eq!((executor.run(), executor.left()), (0, 1));
    assert_eq!(said.get(), 1);
}

/// What `Receiver` would be if it kept the first waker.
#[test]
fn the_first_waker_is_of_no_use_when_somebody_else_polls() {
    let kept = RefCell::new(None::<Waker>);
    let mut keeps_the_first = poll_fn(|cx| {
        kept.borrow_mut().get_or_insert_with(|| cx.waker().clone());
        Poll::<()>::Pending
    });
    let (old, new): (Arc<WakeCounter>, Arc<WakeCounter>) = Default::default();
    for wakes in [&old, &new] {
        let waker = Waker::from(wakes.clone());
        let polled = Pin::new(&mut keeps_the_first).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    }
    kept.take().expect("it keeps one").wake();
    assert_eq!((old.count(), new.count()), (1, 0));
}

#[test]
#[should_panic(expected = "`async fn` resumed after completion")]
fn what_is_over_is_not_polled_again() {
    let mut countdown = pin!(countdown(0));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(countdown.as_mut().poll(&mut cx).is_ready());
    let _ = countdown.as_mut().poll(&mut cx);
}

#[test]
fn a_future_that_wakes_nobody_is_left_by_the_executor_and_named_by_the_loop() {
    let mut executor = Executor::default();
    executor.spawn(pending());
    assert_eq!((executor.run(), executor.left()), (1, 1));

    let stuck = new_loop().run_until_complete(async {
        pending::<()>().await;
        Ok(())
    });
    let error = stuck.unwrap_err();
    assert!(error.is::<Deadlock>());
    assert_eq!(
        error.to_string(),
        "deadlock: nothing can run, and nobody is left to change that; \
         task \"Task-1\" waits for something outside the loop"
    );
}

#[test]
fn what_the_crate_waits_for_knows_no_other_executor() {
    let mut executor = Executor::default();
    executor.spawn(async {
        let error = tminus::sleep(ms(1)).await.unwrap_err();
        assert_eq!(error.kind(), Kind::RuntimeError);
        assert!(
            error
                .message()
                .starts_with("no running event loop on this thread")
        );
    });
    assert_eq!((executor.run(), executor.left()), (1, 0));
}

#[test]
fn the_word_may_come_from_a_callback_of_the_loop() -> Result<(), Exception> {
    let event_loop = new_loop();
    let (sender, receiver) = oneshot();
    event_loop.call_later(ms(10), move || sender.send("go!"))?;
    let word = event_loop.run_until_complete(async { Ok(receiver.await) })?;
    assert_eq!((word, event_loop.time()), (Some("go!"), ms(10)));
    Ok(())
}

/// It waits for what is not the loop's: there is nowhere to raise `Cancelled`. See the crate's `cancellable`.
#[test]
fn a_task_that_is_cancelled_in_a_foreign_future_is_dropped_there() -> Result<(), Exception> {
    let (sender, receiver) = oneshot::<()>();
    let (alive, dropped) = oneshot::<()>();
    new_loop().run_until_complete(async {
        let task = spawn(async move {
            let _alive = alive;
            Ok(receiver.await)
        })?;
        tminus::sleep(ms(1)).await?;
        task.cancel();
        assert_eq!(task.await.unwrap_err().kind(), Kind::Cancelled);
        assert_eq!(dropped.await, None);
        drop(sender);
        Ok(())
    })
}

#[test]
fn with_cancellable_a_cancel_can_be_caught_there() -> Result<(), Exception> {
    new_loop().run_until_complete(async {
        let task = spawn(async { Ok(cancellable(pending::<()>()).await.is_err()) })?;
        tminus::sleep(ms(1)).await?;
        task.cancel();
        assert!(task.await?, "it caught it and went on");
        Ok(())
    })
}

#[test]
fn a_waker_works_from_another_thread() -> Result<(), Exception> {
    let word = new_loop().run_until_complete(async {
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

#[test]
fn who_only_gives_way_is_polled_again_by_the_crate() -> Result<(), Exception> {
    new_loop().run_until_complete(async {
        GiveWay::default().await;
        Ok(())
    })
}
