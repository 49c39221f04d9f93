use std::future::pending;

use tminus::lessons::lesson11_timers::programs::ms;
use tminus::lessons::lesson15_async_await::{Executor, GiveWay, LEGEND, oneshot};
use tminus::{EventLoop, Exception, Kind, clock::VirtualClock, event_loop::Deadlock, spawn};

use crate::programs::{demo, recorded};

/// Program 01 shows a coroutine; its address was taken out when it was recorded. The last line of program 55 is an error
/// that the compiler gives here: what is no async iterator does not compile.
#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson15");
    let ours: Vec<&str> = ours
        .lines()
        .skip_while(|line| *line != LEGEND)
        .skip(1)
        .collect();
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

/// From `ms` to the legend.
fn drawing(demo: &str) -> Vec<&str> {
    let lines = demo.lines().skip_while(|line| !line.starts_with("ms "));
    lines.take_while(|line| *line != LEGEND).collect()
}

#[test]
fn the_two_countdowns_have_the_lanes_that_they_had_as_generators() {
    let (futures, generators) = (demo("lesson15"), demo("lesson11"));
    let lanes = [
        "ms     0   200  300  400  600  800  900  1000",
        "five   #-  #    -    #    -#   #    -    x",
        "three  .#  -    #    -    #-   -    x",
    ];
    assert_eq!(drawing(&futures), lanes);
    assert_eq!(drawing(&generators), lanes);
}

fn new_loop() -> EventLoop {
    EventLoop::with_clock(VirtualClock::new())
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
fn who_only_gives_way_is_polled_again_by_the_crate() -> Result<(), Exception> {
    new_loop().run_until_complete(async {
        GiveWay::default().await;
        Ok(())
    })
}
