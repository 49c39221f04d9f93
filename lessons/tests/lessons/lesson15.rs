use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tminus::{EventLoop, Exception, Kind, clock::VirtualClock, event_loop::Deadlock, sleep, spawn};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson15_async_await::{
    Executor, LoopFuture, WakeCounter, chains, countdown, launch, launch_generator, poll_all,
    poll_once, programs, resume_all, yield_now,
};

use crate::programs::{demo, recorded};

/// The lines of a section of the demo.
fn section(title: &str) -> Vec<String> {
    let demo = demo("lesson15");
    let heading = format!("== {title} ==");
    let lines = demo.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("== "));
    lines.map(str::to_owned).collect()
}

/// The first program shows a coroutine. Its address was taken out when the program was recorded.
#[test]
fn the_programs_print_what_cpython_printed() {
    let theirs = [
        recorded("01_coroutine_start"),
        recorded("02_coroutine_return"),
        recorded("03_coroutine_chain"),
        recorded("04_generator_coroutine"),
        recorded("12_asyncio_run"),
        recorded("13_sequential_await"),
        recorded("21_iscoroutine"),
        recorded("61_runner_hello"),
    ]
    .concat();
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(section("Python's programs"), theirs);
}

#[test]
fn a_launch_of_zero_has_its_result_in_the_first_poll_and_one_of_one_has_not() {
    assert_eq!(poll_once(launch(0)), Poll::Ready("Blast off!"));
    assert_eq!(poll_once(launch(1)), Poll::Pending);
    let lines = ["called", "The tower is clear", "Ready(\"Blast off!\")"];
    assert_eq!(section("Predict"), lines);
}

#[test]
fn a_generator_an_async_fn_and_a_future_by_hand_print_and_do_the_same() {
    let ours = section("A generator, an async fn, and a future by hand");
    let steps = r#"[Yielded(()), Yielded(()), Yielded(()), Returned("Blast off!")]"#;
    let countdown = ["T-minus 3", "T-minus 2", "T-minus 1", steps];
    let launch = [&["The tower is clear"], &countdown[..]].concat();
    assert_eq!(ours[..5], launch);
    assert_eq!(ours[5..10], launch);
    assert_eq!(ours[10..14], countdown);
    assert_eq!(ours[14], "the waker was called 6 times");
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
fn awaits_that_need_not_wait_take_one_poll() {
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
fn cpython_says_this_about_coroutines() {
    let lines = [
        "coroutine [True, True, True, False]", // it has `send`, `throw` and `close`, and no `__next__`
        "asyncio.coroutine: False",
        "get_event_loop without a loop: DeprecationWarning: There is no current event loop",
        "to await twice: RuntimeError: cannot reuse already awaited coroutine",
        "create_task without a loop: RuntimeError: no running event loop",
        "the result of sleep: None",
    ];
    assert!(recorded("lesson15_coroutines").lines().eq(lines));
}

#[test]
fn polled_in_turn_the_crew_is_polled_five_times_and_by_the_executor_twice() {
    let polled = section("Polled in turn").pop();
    let in_turn = "polled: crew chief crew chief crew chief crew chief crew";
    assert_eq!(polled.as_deref(), Some(in_turn));
    assert_eq!(
        section("Polled when woken"),
        [
            "word.poll(): Pending",
            "chief: T-minus 3",
            "chief: T-minus 2",
            "chief: T-minus 1",
            "word.poll(): Ready(Ok(\"go!\"))",
            "crew: go!",
            "polled: crew chief chief chief chief crew",
        ]
    );
}

#[test]
fn a_cancellation_is_what_the_next_poll_of_the_awaited_future_returns() {
    assert_eq!(
        section("Cancelled"),
        [
            "word.poll(): Pending",
            "chief: hold!",
            "chief: that is all I do",
            "word.poll(): Ready(Err(Cancelled))",
            "crew: closing the valves",
            "crew: the valves are closed",
            "polled: crew chief crew crew",
        ]
    );
}

/// The first lanes with these names in what a demo prints. Columns that are empty in all of them are left out.
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
fn the_crew_has_no_turn_while_it_waits_on_the_crates_loop() {
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
    // The lanes of lesson 11 do not know that a task is ready and waits for its turn.
    let turns = |lanes: Vec<Vec<&str>>| format!("{lanes:?}").replace('.', "-");
    assert_eq!(turns(futures), turns(lanes(&generators, &names)));
}

fn new_loop() -> EventLoop {
    EventLoop::with_clock(VirtualClock::new())
}

/// `yield_now` without its `wake_by_ref`.
async fn yield_and_wake_nobody() {
    let mut yielded = false;
    poll_fn(|_| match std::mem::replace(&mut yielded, true) {
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
    executor.spawn("chief", async move {
        for _ in 0..3 {
            count.set(count.get() + 1);
            yield_and_wake_nobody().await;
        }
    });
    assert_eq!(executor.run(), ["chief"]);
    assert!(executor.run().is_empty());
    assert_eq!((executor.left(), said.get()), (vec!["chief"], 1));
}

/// What a `LoopFuture` would be if it kept no waker.
#[test]
fn a_future_that_keeps_no_waker_works_only_for_busy_waiting() {
    let word = Rc::new(Cell::new(None));
    let its_word = word.clone();
    let keeps_none = move || {
        let word = its_word.clone();
        poll_fn(move |_| word.get().map_or(Poll::Pending, Poll::Ready))
    };
    let mut executor = Executor::default();
    let crew = keeps_none();
    executor.spawn("crew", async move { assert_eq!(crew.await, "go!") });
    executor.run();
    word.set(Some("go!"));
    assert!(executor.run().is_empty());
    assert_eq!(executor.left(), ["crew"]);
    assert_eq!(poll_once(keeps_none()), Poll::Ready("go!"));
}

#[test]
#[should_panic(expected = "`async fn` resumed after completion")]
fn a_future_that_was_ready_must_not_be_polled_again() {
    let mut countdown = pin!(countdown(0));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(countdown.as_mut().poll(&mut cx).is_ready());
    let _ = countdown.as_mut().poll(&mut cx);
}

#[test]
fn the_crates_loop_names_a_task_whose_waker_nobody_keeps() {
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
fn the_crates_sleep_needs_the_crates_loop() {
    let mut executor = Executor::default();
    executor.spawn("crew", async {
        let error = sleep(ms(1)).await.unwrap_err();
        assert_eq!(error.kind(), Kind::RuntimeError);
        let message = error.message();
        assert!(message.starts_with("no running event loop on this thread"));
    });
    assert_eq!(executor.run(), ["crew"]);
    assert!(executor.left().is_empty());
}

#[test]
fn the_word_can_come_from_a_callback_of_the_crates_loop() -> Result<(), Exception> {
    let event_loop = new_loop();
    let word = LoopFuture::default();
    let its_word = word.clone();
    event_loop.call_later(ms(10), move || {
        its_word.set_result("go!");
    })?;
    let said = event_loop.run_until_complete(async { Ok(word.await) })?;
    assert_eq!((said, event_loop.time()), (Ok("go!"), ms(10)));
    Ok(())
}

/// On the page, this is what "is simpler here than in lesson 14".
#[test]
fn the_crate_cancels_the_awaited_future_as_well_as_the_task() -> Result<(), Exception> {
    let event_loop = new_loop();
    let word = event_loop.create_future::<u32>();
    event_loop.run_until_complete(async {
        let tasks = [spawn(word.clone())?, spawn(word.clone())?];
        yield_now().await;
        tasks[0].cancel();
        for task in tasks {
            assert_eq!(task.await.unwrap_err().kind(), Kind::Cancelled);
        }
        assert!(word.cancelled());
        Ok(())
    })
}

#[test]
fn the_crates_next_poll_of_an_awaited_future_returns_cancelled_too() -> Result<(), Exception> {
    let polls = Rc::new(RefCell::new(Vec::new()));
    let its_polls = polls.clone();
    new_loop().run_until_complete(async move {
        let task = spawn(async move {
            let mut nap = sleep(ms(1000));
            poll_fn(|cx| {
                let polled = Pin::new(&mut nap).poll(cx);
                let kind = polled.clone().map_err(|exception| exception.kind());
                its_polls.borrow_mut().push(kind);
                polled
            })
            .await
        })?;
        yield_now().await;
        task.cancel();
        assert!(task.await.is_err());
        Ok(())
    })?;
    let cancelled = Poll::Ready(Err(Kind::Cancelled));
    assert_eq!(*polls.borrow(), [Poll::Pending, cancelled]);
    Ok(())
}

#[test]
fn a_waker_counts_its_calls() {
    let wakes = Arc::new(WakeCounter::default());
    Waker::from(wakes.clone()).wake_by_ref();
    assert_eq!(wakes.count(), 1);
}
