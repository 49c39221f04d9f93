use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    time::Duration,
};

use tminus::clock::{Clock, VirtualClock};
use tminus::event_loop::{current_task, next};
use tminus::{
    EventLoop, Exception, Kind, Task, TaskGroup, as_completed, gather_results, sleep, spawn, wait,
    yield_now,
};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson17_many::downloads::three_at_a_time;
use tminus_lessons::lesson17_many::{
    Job, all_or_none, as_they_come, gather, in_a_row, run_virtual, spawn_all, wait_for,
};

use crate::programs::{demo, lines_of_demo, recorded};

/// What CPython printed, without a line that is an error there and does not compile here.
fn without(error: &str, program: &str) -> String {
    let all = recorded(program);
    assert!(all.contains(error), "{program} has that line");
    all.replace(error, "")
}

/// Two errors of Python's are the compiler's here. Ours shows no order that is arbitrary in Python: `wait` returns its tasks
/// in the order of its arguments.
#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson17");
    let (_, ours) = ours.split_once("== as in CPython\n").expect("the heading");
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
    assert_eq!(ours, theirs);
}

#[test]
fn the_listing_on_the_page_in_rust() -> Result<(), Exception> {
    let log = Rc::new(RefCell::new(Vec::new()));
    let check = |name: &'static str, delay| {
        let log = log.clone();
        async move {
            sleep(ms(delay)).await?;
            let now = EventLoop::running()?.time();
            let tenths = now.as_millis() / 100;
            log.borrow_mut().push(format!("{name} at 0.{tenths}"));
            Ok(name)
        }
    };
    let pair = || vec![check("engine", 200), check("fuel", 100)];
    let (in_a_row, gathered) = (in_a_row(pair()), pair());
    let its_log = log.clone();
    run_virtual(async move {
        let names = in_a_row.await?.join(" ");
        its_log.borrow_mut().push(names);
        let names = gather(gathered).await?;
        its_log
            .borrow_mut()
            .push(format!("{names:?}").replace('"', "'"));
        Ok(())
    })?;
    let theirs = recorded("lesson17");
    assert_eq!(*log.borrow(), theirs.lines().collect::<Vec<_>>());
    Ok(())
}

#[test]
fn three_of_ten_downloads_run_at_a_time() {
    let pool = lines_of_demo("lesson17", "[2, 1, 0, 3, 4, 5, 8, 7, 9, 6]", 13);
    assert_eq!(
        pool,
        [
            "[2, 1, 0, 3, 4, 5, 8, 7, 9, 6]",
            "ms      0            80   90   100  150      170  180  190",
            "Task-1  #----------  --#  --#  --#  ----..#  --#  --#  -x",
            "page 0   #---------  ---  ---  x",
            "page 1   .#--------  ---  x",
            "page 2   ..#-------  x",
            "page 3   ...#------  -#-  ---  ---  x",
            "page 4   ....#-----  ---  -#-  ---  .x",
            "page 5   .....#----  ---  ---  -#-  ..x",
            "page 6   ......#---  ---  ---  ---  -..#---  ---  ---  x",
            "page 7   .......#--  ---  ---  ---  --..#--  ---  x",
            "page 8   ........#-  ---  ---  ---  ---..#-  x",
            "page 9   .........#  ---  ---  ---  -------  -#-  .x",
        ]
    );
    let order = three_at_a_time().unwrap();
    assert_eq!(format!("{order:?}"), pool[0]);
}

#[test]
fn main_learns_of_a_failure_when_it_awaits_the_task() {
    assert_eq!(
        lines_of_demo("lesson17", "== two checks", 5),
        [
            "== two checks",
            "20 ms: engine",
            "40 ms: weather",
            "40 ms: main has the weather",
            "40 ms: ValueError: the engine leaks",
        ]
    );
}

#[test]
fn the_first_gather_leaves_its_tasks_running_if_its_caller_is_cancelled() {
    assert_eq!(
        lines_of_demo(
            "lesson17",
            "== the caller of gather_first_try is cancelled",
            7
        ),
        [
            "== the caller of gather_first_try is cancelled",
            "5 ms: main: Cancelled",
            "10 ms: fuel",
            "20 ms: engine",
            "40 ms: weather",
            "== the caller of gather is cancelled",
            "5 ms: main: Cancelled",
        ]
    );
}

#[test]
fn gather_fails_and_lets_the_others_run_wait_raises_nothing_and_a_group_cancels_them() {
    assert_eq!(
        lines_of_demo("lesson17", "== gather, and one fails", 31),
        [
            "== gather, and one fails",
            "10 ms: fuel",
            "20 ms: engine",
            "20 ms: main: ValueError: the engine leaks",
            "40 ms: weather",
            "ms       0      10  20   40  50",
            "Task-1   #----  -   --#  -   x",
            "main      #---  -   -!",
            "fuel       #--  x",
            "engine     .#-  -   !",
            "weather    ..#  -   ---  x",
            "== wait_all, and one fails",
            "10 ms: fuel",
            "20 ms: engine",
            "40 ms: weather",
            "40 ms: 3 done, 1 failed",
            "ms       0      10  20  40   50",
            "Task-1   #----  -   -   --#  x",
            "main      #---  -   -   -x",
            "fuel       #--  x",
            "engine     .#-  -   !",
            "weather    ..#  -   -   x",
            "== all_or_none, and one fails",
            "10 ms: fuel",
            "20 ms: engine",
            "20 ms: main: ValueError: the engine leaks",
            "ms       0      10  20     50",
            "Task-1   #----  -   ----#  x",
            "main      #---  -   -#-!",
            "fuel       #--  x",
            "engine     .#-  -   !",
        ]
    );
}

/// Takes `n` milliseconds and returns `n`.
async fn job(n: u64) -> Result<u64, Exception> {
    sleep(ms(n)).await?;
    Ok(n)
}

#[test]
fn a_task_runs_whether_or_not_it_is_awaited() -> Result<(), Exception> {
    run_virtual(async {
        let task = spawn(job(10))?;
        sleep(ms(20)).await?;
        assert!(task.done());
        Ok(())
    })
}

/// While one task computes, no other one runs.
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
    let both = vec![computes(10), computes(20)];
    EventLoop::with_clock(clock.clone()).run(gather(both))?;
    assert_eq!(clock.now(), ms(30));
    Ok(())
}

/// Only the task that awaits `wait` stops, and not the thread.
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

/// Python's `for` gets coroutines. `async for` gets the tasks themselves, and so do we.
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
    })?;
    let theirs = recorded("lesson17_as_completed");
    assert_eq!(theirs, "coroutine False index\nTask True index\n");
    Ok(())
}

/// Runs a job on a new loop. Returns the outcome, and the time at which it was known.
fn timed<T: Clone + 'static>(main: impl Job<T>) -> (Result<T, Exception>, Duration) {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let outcome = event_loop.run_until_complete(main);
    (outcome, event_loop.time())
}

fn ten_pages() -> Vec<impl Job<u64>> {
    (1..=10).map(|n| job(n * 10)).collect()
}

#[test]
fn gather_is_silent_until_the_last_one_and_the_first_page_is_there_at_10() -> Result<(), Exception>
{
    assert_eq!(timed(gather(ten_pages())).1, ms(100));
    let told = Rc::new(RefCell::new(Vec::new()));
    let its_told = told.clone();
    let tell = move |n| {
        let now = EventLoop::running().map(|event_loop| event_loop.time());
        its_told.borrow_mut().push((n, now.unwrap()));
    };
    run_virtual(as_they_come(ten_pages(), tell))?;
    let at_their_times: Vec<_> = (1..=10).map(|n| (n * 10, ms(n * 10))).collect();
    assert_eq!(*told.borrow(), at_their_times);
    Ok(())
}

#[test]
fn a_slow_reader_of_as_completed_is_late() {
    let main = async {
        let mut completed = as_completed(ten_pages());
        while let Some(done) = next(&mut completed).await {
            done?.result()?;
            sleep(ms(20)).await?;
        }
        Ok(())
    };
    assert_eq!(timed(main).1, ms(210));
}

async fn gather_lazily<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<Vec<T>, Exception> {
    let mut results = Vec::new();
    for task in jobs.into_iter().map(spawn) {
        results.push(task?.await?);
    }
    Ok(results)
}

#[test]
fn tasks_that_are_made_lazily_take_the_sum() {
    let (results, time) = timed(gather_lazily(vec![job(30), job(10), job(20)]));
    assert_eq!((results.unwrap(), time), (vec![30, 10, 20], ms(60)));
}

#[test]
fn a_job_that_is_slow_to_stop_is_waited_for() {
    let slow = || async {
        let slept = job(50).await;
        sleep(ms(1000)).await?;
        slept
    };
    let (outcome, time) = timed(wait_for(slow(), ms(10)));
    assert_eq!(
        (outcome.unwrap_err().kind(), time),
        (Kind::Timeout, ms(1010))
    );
    let (outcome, time) = timed(tminus::wait_for(slow(), ms(10)));
    assert_eq!(
        (outcome.unwrap_err().kind(), time),
        (Kind::Timeout, ms(1010))
    );
    let (outcome, time) = timed(all_or_none(with_a_failure(slow())));
    assert_eq!((outcome.is_err(), time), (true, ms(1010)));
}

type AnyJob = Pin<Box<dyn Future<Output = Result<u64, Exception>>>>;

/// A job, and one that fails after 10 ms.
fn with_a_failure(job: impl Job<u64>) -> Vec<AnyJob> {
    vec![Box::pin(job), Box::pin(failing(10))]
}

async fn failing(n: u64) -> Result<u64, Exception> {
    sleep(ms(n)).await?;
    Err(Exception::new(Kind::ValueError, n.to_string()))
}

#[test]
fn all_or_none_raises_one_exception_and_the_group_of_the_crate_all() {
    let fails_in_its_clean_up = || {
        with_a_failure(async {
            match job(50).await {
                Err(cancelled) if cancelled.kind() == Kind::Cancelled => failing(5).await,
                outcome => outcome,
            }
        })
    };
    let (error, time) = timed(all_or_none(fails_in_its_clean_up()));
    assert_eq!(error.unwrap_err().to_string(), "ValueError: 10");
    assert_eq!(time, ms(15));
    let (group, time) = timed(async move {
        let group = TaskGroup::new();
        let block = async {
            for job in fails_in_its_clean_up() {
                drop(group.create_task(job)?);
            }
            Ok(())
        };
        group.run(block).await
    });
    assert_eq!(
        group.unwrap_err().to_string(),
        "unhandled errors in a TaskGroup (2 sub-exceptions: ValueError: 10; ValueError: 5)"
    );
    assert_eq!(time, ms(15));
}

#[test]
fn cancelling_the_caller_of_a_group_cancels_all_of_it() -> Result<(), Exception> {
    run_virtual(async {
        let ends = Rc::new(RefCell::new(Vec::new()));
        let watched = |n| {
            let ends = ends.clone();
            async move {
                let outcome = job(n).await;
                ends.borrow_mut()
                    .extend(outcome.as_ref().err().map(Exception::kind));
                outcome
            }
        };
        let waits = spawn(all_or_none(vec![watched(10), watched(20)]))?;
        sleep(ms(5)).await?;
        waits.cancel();
        assert_eq!(waits.await.unwrap_err().kind(), Kind::Cancelled);
        assert_eq!(*ends.borrow(), [Kind::Cancelled; 2]);
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

/// Waits for all, and returns the kind of exception that each raised, if it did.
async fn kinds(tasks: Vec<Task<u64>>) -> Result<Vec<Option<Kind>>, Exception> {
    let outcomes = gather_results(tasks).await?;
    let kind = |outcome: Result<u64, Exception>| outcome.err().map(|exception| exception.kind());
    Ok(outcomes.into_iter().map(kind).collect())
}

#[test]
fn cancelling_the_caller_cancels_all_of_a_gather_and_none_of_a_wait() -> Result<(), Exception> {
    run_virtual(async {
        let gathered = spawn_all(vec![job(10), job(20)])?;
        let waited = spawn_all(vec![job(10), job(20)])?;
        let (g, w) = (gathered.clone(), waited.clone());
        let gathers = spawn(async { gather(g).await })?;
        let waits = spawn(async move { wait(&w).await.map(drop) })?;
        sleep(ms(5)).await?;
        assert!(gathers.cancel() && waits.cancel());
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
fn a_cancel_of_the_caller_is_passed_on_by_both_kinds_of_wait_for() -> Result<(), Exception> {
    run_virtual(async {
        let tasks = spawn_all(vec![job(20), job(20)])?;
        let (ours, the_crates) = (tasks[0].clone(), tasks[1].clone());
        let callers = [
            spawn(wait_for(ours, ms(50)))?,
            spawn(tminus::wait_for(the_crates, ms(50)))?,
        ];
        sleep(ms(10)).await?;
        for caller in callers {
            caller.cancel();
            assert_eq!(caller.await.unwrap_err().kind(), Kind::Cancelled);
        }
        assert_eq!(kinds(tasks).await?, [Some(Kind::Cancelled); 2]);
        Ok(())
    })
}

#[test]
fn nothing_to_wait_for_is_an_error_and_nothing_to_gather_is_a_result() -> Result<(), Exception> {
    run_virtual(async {
        let none: [Task<()>; 0] = [];
        assert_eq!(wait(&none).await.unwrap_err().kind(), Kind::ValueError);
        assert_eq!(tminus::gather(none).await?, []);
        Ok(())
    })
}

#[test]
fn without_a_loop_there_is_no_current_task() {
    let error = current_task().unwrap_err();
    assert_eq!(error.kind(), Kind::RuntimeError);
}
