use std::{cell::Cell, rc::Rc};

use tminus::clock::{Clock, VirtualClock};
use tminus::event_loop::{current_task, next};
use tminus::lessons::lesson11_timers::programs::ms;
use tminus::lessons::lesson16_many::downloads::three_at_a_time;
use tminus::lessons::lesson16_many::{LEGEND, Lanes, run_virtual, spawn_all};
use tminus::{
    EventLoop, Exception, Kind, Task, as_completed, gather, gather_results, sleep, spawn, wait,
    wait_for, yield_now,
};

use crate::programs::{demo, recorded};

/// What CPython printed, without a line that is an error there and does not compile here.
fn without(error: &str, program: &str) -> String {
    let all = recorded(program);
    assert!(all.contains(error), "{program} has that line");
    all.replace(error, "")
}

/// The errors of programs 23 and 27 are the compiler's here. Ours shows no order that is arbitrary in Python: `wait` gives
/// its tasks in the order in which it was given them.
#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson16");
    let first: Vec<&str> = ours.lines().take(19).collect();
    let drawn = ours.rfind(LEGEND).unwrap();
    let last: Vec<&str> = ours[drawn..].lines().skip(1).collect();
    let theirs = [
        recorded("58_spinner"),
        recorded("59_as_completed_progress"),
        without(
            "TypeError: unhashable type: 'list'\n",
            "23_gather_coroutines",
        ),
        recorded("51_gather_order"),
        recorded("52_gather_return_exceptions"),
        recorded("62_say_after"),
        recorded("64_display_date"),
        recorded("65_factorial"),
        recorded("15_wait_timeout"),
        without(
            "TypeError: Passing coroutines is forbidden, use tasks explicitly.\n",
            "27_gather_vs_wait",
        ),
        recorded("50_slow_operations"),
        recorded("66_some_apis"),
    ]
    .concat();
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!([first, last].concat(), theirs);
}

#[test]
fn three_of_ten_downloads_run_at_a_time() {
    let ours = demo("lesson16");
    let pool: Vec<&str> = ours.lines().skip(19).take(13).collect();
    assert_eq!(
        pool,
        [
            "[2, 1, 0, 3, 4, 5, 8, 7, 9, 6]",
            "ms      0           80  90  100  150     170  180  190",
            "page 0  #---------  --  --  x",
            "page 1  .#--------  --  x",
            "page 2  ..#-------  x",
            "page 3  ...#------  -#  --  --   x",
            "page 4  ....#-----  --  -#  --   -x",
            "page 5  .....#----  --  --  -#   --x",
            "page 6  ......#---  --  --  --   ---#--  --   --   x",
            "page 7  .......#--  --  --  --   ----#-  --   x",
            "page 8  ........#-  --  --  --   -----#  x",
            "page 9  .........#  --  --  --   ------  -#   -x",
            LEGEND,
        ]
    );
    let order = three_at_a_time(&Lanes::default()).unwrap();
    assert_eq!(format!("{order:?}"), pool[0]);
}

#[test]
fn gather_raises_and_lets_the_others_run_wait_raises_nothing_and_a_group_cancels_them() {
    let ours = demo("lesson16");
    let three_ways: Vec<&str> = ours.lines().skip(32).take(21).collect();
    assert_eq!(
        three_ways,
        [
            "gather, after 20ms: ValueError: the engine leaks",
            "ms       0     10  20  40",
            "main     #---  -   -x",
            "fuel     .#--  x",
            "engine   ..#-  -   !",
            "weather  ...#  -   --  x",
            LEGEND,
            "wait, after 40ms: 3 done, 1 of them failed, 0 pending",
            "ms       0     10  20  40",
            "main     #---  -   -   -x",
            "fuel     .#--  x",
            "engine   ..#-  -   !",
            "weather  ...#  -   -   x",
            LEGEND,
            "task group, after 20ms: unhandled errors in a TaskGroup \
             (1 sub-exception: ValueError: the engine leaks)",
            "ms       0     10  20",
            "main     #---  -   --#x",
            "fuel     .#--  x",
            "engine   ..#-  -   !",
            "weather  ...#  -   -!",
            LEGEND,
        ]
    );
}

/// Takes `n` milliseconds and gives `n`.
async fn job(n: u64) -> Result<u64, Exception> {
    sleep(ms(n)).await?;
    Ok(n)
}

/// "A task runs only when it is awaited" is wrong.
#[test]
fn a_task_runs_whether_or_not_it_is_awaited() -> Result<(), Exception> {
    run_virtual(async {
        let task = spawn(job(10))?;
        sleep(ms(20)).await?;
        assert!(task.done());
        Ok(())
    })
}

/// "In parallel" is wrong: while one task computes, no other one runs.
#[test]
fn what_is_gathered_runs_concurrently_and_not_in_parallel() -> Result<(), Exception> {
    let clock = VirtualClock::new();
    let computes = |n| {
        let clock = clock.clone();
        async move {
            clock.wait(Some(clock.now() + ms(n))); // Python's `time.sleep`
            Ok(())
        }
    };
    let both = [computes(10), computes(20)];
    EventLoop::with_clock(clock.clone()).run(async { gather(both).await })?;
    assert_eq!(clock.now(), ms(30));
    Ok(())
}

/// "`wait` blocks the thread" is wrong: only the task that awaits it stops.
#[test]
fn while_one_task_waits_for_all_the_thread_is_free_for_others() -> Result<(), Exception> {
    run_virtual(async {
        let ticks = Rc::new(Cell::new(0));
        let its_ticks = ticks.clone();
        spawn(async move {
            for n in 1..=100 {
                its_ticks.set(n);
                sleep(ms(10)).await?;
            }
            Ok(())
        })?;
        wait([spawn(job(45))?]).await?;
        assert_eq!(ticks.get(), 5);
        Ok(())
    })
}

/// "`as_completed` gives futures" is not right in Python, where they are coroutines. Here they are: the same ones, done.
#[test]
fn what_as_completed_gives_is_done_and_can_be_told_apart() -> Result<(), Exception> {
    run_virtual(async {
        let tasks = spawn_all(vec![job(30), job(10)])?;
        let mut completed = as_completed(tasks.clone());
        let first = next(&mut completed).await.unwrap()?;
        assert!(first.done());
        assert!(first == tasks[1].as_future());
        assert!(!tasks[0].done());
        Ok(())
    })
}

#[test]
fn a_cancel_is_seen_in_the_next_turn_and_can_be_caught() -> Result<(), Exception> {
    run_virtual(async {
        let plain = spawn(job(50))?;
        let stubborn = spawn(async { Ok(job(50).await.is_err()) })?;
        yield_now().await?;
        assert!(plain.cancel() && stubborn.cancel());
        assert!(!plain.cancelled() && !plain.done());
        yield_now().await?; // their sleeps are cancelled, and wake them
        assert!(plain.cancelled());
        assert!(stubborn.await?);
        Ok(())
    })
}

/// Waits for all, and gives the kind of exception that each raised, if it did.
async fn kinds(tasks: Vec<Task<u64>>) -> Result<Vec<Option<Kind>>, Exception> {
    let outcomes = gather_results(tasks).await?;
    let kind = |outcome: Result<u64, Exception>| outcome.err().map(|exception| exception.kind());
    Ok(outcomes.into_iter().map(kind).collect())
}

#[test]
fn to_cancel_a_gather_cancels_all_of_it_and_to_cancel_a_wait_none() -> Result<(), Exception> {
    run_virtual(async {
        let gathered = spawn_all(vec![job(10), job(20)])?;
        let waited = spawn_all(vec![job(10), job(20)])?;
        let (g, w) = (gathered.clone(), waited.clone());
        let who_gathers = spawn(async { gather(g).await })?;
        let who_waits = spawn(async move { wait(&w).await.map(drop) })?;
        sleep(ms(5)).await?;
        assert!(who_gathers.cancel() && who_waits.cancel());
        assert_eq!(kinds(gathered).await?, [Some(Kind::Cancelled); 2]);
        assert_eq!(kinds(waited).await?, [None; 2]);
        Ok(())
    })
}

#[test]
fn wait_for_cancels_what_is_too_late_and_waits_until_it_is_over() -> Result<(), Exception> {
    run_virtual(async {
        let task = spawn(async {
            let slept = job(50).await;
            sleep(ms(5)).await?; // to clean up
            slept
        })?;
        let late = wait_for(task.clone(), ms(10)).await.unwrap_err();
        assert_eq!(late.kind(), Kind::Timeout);
        assert!(task.cancelled());
        assert_eq!(EventLoop::running()?.time(), ms(15));
        Ok(())
    })
}

#[test]
fn nothing_to_wait_for_is_an_error_and_nothing_to_gather_is_a_result() -> Result<(), Exception> {
    run_virtual(async {
        let none: [Task<()>; 0] = [];
        assert_eq!(wait(&none).await.unwrap_err().kind(), Kind::ValueError);
        assert_eq!(gather(none).await?, []);
        Ok(())
    })
}

#[test]
fn without_a_loop_there_is_no_current_task() {
    let error = current_task().unwrap_err();
    assert_eq!(error.kind(), Kind::RuntimeError);
}
