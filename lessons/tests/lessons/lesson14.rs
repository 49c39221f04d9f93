use std::{cell::RefCell, rc::Rc};

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson12_event_loop::{Callback, KeyboardInterrupt};
use tminus_lessons::lesson14_tasks_on_the_loop::{
    Awaitable, Cancelled, Clock, Coroutine, EventLoop, Exception, Future, Generator, LEGEND, Lanes,
    Task, Wait, YieldFrom, before, cancel_all_tasks, create_task, hold::hold, programs::two_tasks,
    run, run_until_complete, running_loop, sleep,
};

use crate::programs::{demo, recorded};

/// CPython prints tasks with a name and a place in a file. Both were taken out when the programs were recorded.
#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson14");
    let ours: Vec<&str> = ours
        .lines()
        .skip_while(|line| *line != "== a task runs")
        .collect();
    let ours: Vec<&str> = ours
        .into_iter()
        .filter(|line| !line.starts_with("== "))
        .collect();
    let theirs = [
        recorded("05_task_start"),
        recorded("07_ensure_future"),
        recorded("06_task_cancel"),
        recorded("08_ensure_future_claim"),
        recorded("14_two_tasks"),
        recorded("53_keyboard_interrupt"),
        recorded("63_nested_task"),
        recorded("67_cancel_me"),
    ]
    .concat();
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 36);
}

#[test]
fn the_listing_on_the_page_in_rust() {
    let log = Log::default();
    let its_log = log.clone();
    let main = Generator::new(async move |co| {
        let task = create_task(its_log.says("the valves are closed", sleep(ms(3_600_000))))?;
        co.yield_(Wait::Turn).await?;
        its_log.add(format!("{} {}", task.cancel(), task.cancelled()));
        Ok(task)
    });
    let clock = Clock::virtual_time();
    let task = run(&clock, main).unwrap();
    log.add(format!("{}", task.cancelled()));
    assert_eq!(log.take(), ["true false", "the valves are closed", "true"]);
    assert_eq!(clock.now(), ms(0));
}

#[test]
fn two_sleeps_of_20_ms_take_20_ms() {
    let clock = Clock::virtual_time();
    two_tasks(&clock).unwrap();
    assert_eq!(clock.now(), ms(20));
}

#[test]
fn a_task_runs_even_if_its_creator_ends_in_the_same_turn() {
    let log = Log::default();
    let its_log = log.clone();
    let wrapped: Coroutine = Generator::new(async move |_| {
        its_log.add("wrapped runs");
        Ok(())
    });
    let main = Generator::new(async |_| create_task(wrapped).map(drop));
    run(&Clock::virtual_time(), main).unwrap();
    assert_eq!(log.take(), ["wrapped runs"]); // as in CPython
}

#[test]
fn early_and_late_as_in_cpython() {
    let ours = demo("lesson14");
    let ours: Vec<&str> = ours.lines().skip(1).take(5).collect();
    let theirs = recorded("lesson14_early")
        .replace("True", "true")
        .replace("False", "false");
    assert_eq!(ours, theirs.lines().collect::<Vec<&str>>());
}

#[test]
fn the_countdown_goes_on_in_lesson_13_and_ends_as_a_task() {
    let drawn = "ms         0  100  200  300  400  500\ncountdown  #  #    #    #    #    x\n";
    assert_eq!(before::cancel_the_future().unwrap(), drawn);
    let drawn = "ms         0  100  200  250\ncountdown  #  #    #    !\n";
    assert_eq!(before::cancel_the_task().unwrap(), drawn);
}

/// Two tasks that sleep for an hour, an interrupt after 20 ms, and then this.
fn interrupted(then: fn(&EventLoop, &[Task<()>; 2]) -> Result<(), Exception>) -> (u128, String) {
    let (clock, log) = (Clock::virtual_time(), Log::default());
    let event_loop = EventLoop::new(&clock);
    let hang = |name| Task::new(&event_loop, log.says(name, sleep(ms(3_600_000))));
    let tasks = ["first", "second"].map(|name| hang(name).unwrap());
    let interrupt = || Err(KeyboardInterrupt.into());
    event_loop.call_later(ms(20), interrupt).unwrap();
    let end = run_until_complete(&event_loop, &tasks[0]).unwrap_err();
    assert!(end.is::<KeyboardInterrupt>());
    if let Err(error) = then(&event_loop, &tasks) {
        log.add(error.to_string());
    }
    (clock.now().as_millis(), log.take().join(", "))
}

#[test]
fn cancelling_one_task_after_the_other_does_not_end() {
    let one_by_one = |event_loop: &EventLoop, tasks: &[Task<()>; 2]| {
        for task in tasks {
            task.cancel();
            event_loop.run_forever()?; // nobody stops it
        }
        Ok(())
    };
    let stuck = "first, RuntimeError: nothing is ready, and no timer is set";
    assert_eq!(interrupted(one_by_one), (3_600_000, stuck.to_owned()));
    let all_at_once = |event_loop: &EventLoop, _: &[Task<()>; 2]| cancel_all_tasks(event_loop);
    assert_eq!(interrupted(all_at_once), (20, "first, second".to_owned()));
}

#[test]
fn the_lanes_of_the_launch_on_hold() {
    let drawn = demo("lesson14");
    let hold = drawn
        .lines()
        .skip_while(|line| *line != "== a launch on hold");
    let hold: Vec<&str> = hold.take(17).collect();
    assert_eq!(
        hold,
        [
            "== a launch on hold",
            "T-minus 5",
            "T-minus 4",
            "T-minus 9",
            "T-minus 3",
            "T-minus 8",
            "Hold! Closing the valves",
            "The valves are closed",
            "The first launch: Cancelled",
            "Hold! Closing the valves",
            "The valves are closed",
            "== its lanes",
            "ms      0   100  150  200  250  280  310",
            "chief   #-  -    #-   -    #--  -x",
            "first   .#  #    --   #    --#  !",
            "second           .#   -    -#-  --#  !",
            LEGEND,
        ]
    );
}

#[test]
fn the_run_of_the_launch_on_hold_is_over_at_310() {
    let clock = Clock::virtual_time();
    hold(&clock, &Lanes::new(&clock)).unwrap();
    assert_eq!(clock.now(), ms(310)); // the second countdown had 770 ms to go at 280
}

#[test]
fn a_task_that_is_done_is_waited_for_without_a_turn() {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let its_lanes = lanes.clone();
    let main = Generator::new(async move |co| {
        let quick = create_task(its_lanes.watch("quick", Generator::new(async |_| Ok(42))))?;
        co.yield_(Wait::Turn).await?;
        for _ in 0..3 {
            assert_eq!(co.yield_from(quick.wait()).await?, 42);
        }
        Ok(())
    });
    run(&clock, lanes.watch("main", main)).unwrap();
    assert_eq!(lanes.draw(), "ms     0\nmain   #.x\nquick  .x\n");
}

#[test]
fn a_task_that_swallows_its_cancellation_is_waited_for_at_the_end() {
    let clock = Clock::virtual_time();
    let stubborn: Coroutine = Generator::new(async |co| {
        for _ in 0..3 {
            let _ = co.yield_from(sleep(ms(10))).await; // whatever comes of it
        }
        Ok(())
    });
    let main = Generator::new(async |co| {
        create_task(stubborn)?;
        co.yield_(Wait::Turn).await
    });
    run(&clock, main).unwrap();
    assert_eq!(clock.now(), ms(20)); // the first sleep was cancelled, and two were not
}

#[test]
fn if_nothing_can_wake_the_tasks_the_run_raises_and_they_are_cancelled() {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let its_lanes = lanes.clone();
    let main: Coroutine = Generator::new(async move |co| {
        let never = Future::new(&running_loop()?);
        let stuck = create_task(its_lanes.watch("stuck", never.wait()))?;
        co.yield_from(stuck.wait()).await
    });
    let error = run(&clock, lanes.watch("main", main)).unwrap_err();
    let message = "RuntimeError: nothing is ready, and no timer is set";
    assert_eq!(error.to_string(), message);
    assert_eq!(lanes.draw(), "ms     0\nmain   #--!\nstuck  .#!\n");
}

#[test]
fn a_loop_that_is_closed_without_a_clean_up_leaves_its_tasks_pending() {
    let log = Log::default();
    let event_loop = EventLoop::new(&Clock::virtual_time());
    let sleeper = log.says("cleaned up", sleep(ms(10)));
    let task: Task<()> = Task::new(&event_loop, sleeper).unwrap();
    event_loop.stop();
    event_loop.run_forever().unwrap();
    event_loop.close().unwrap();
    assert!(!task.done());
    drop((task, event_loop));
    assert_eq!(log.take(), [] as [&str; 0]);
    assert_eq!(Rc::strong_count(&log.0), 2); // the body still has its own: nobody dropped it
}

/// Waits for the word, and logs what comes of it.
fn waits_for(word: &Future<&'static str>, name: &'static str, log: &Log) -> Coroutine {
    let (word, log) = (word.clone(), log.clone());
    Generator::new(async move |co| {
        let outcome = co.yield_from(word.wait()).await;
        let text = outcome
            .as_ref()
            .map_or_else(Exception::to_string, |word| word.to_string());
        log.add(format!("{name}: {text}"));
        outcome.map(drop)
    })
}

#[test]
fn a_cancellation_ends_a_future_for_all_who_wait_for_it() {
    let log = Log::default();
    let its_log = log.clone();
    let main = Generator::new(async move |co| {
        let word = Future::new(&running_loop()?);
        let launch = create_task(waits_for(&word, "launch", &its_log))?;
        let tower = create_task(waits_for(&word, "tower", &its_log))?;
        co.yield_(Wait::Turn).await?;
        launch.cancel();
        co.yield_(Wait::Turn).await?;
        let late = word.set_result("go!").expect_err("the word is done");
        its_log.add(format!("chief: {late}"));
        assert!(launch.cancelled() && tower.cancelled());
        Ok(())
    });
    run(&Clock::virtual_time(), main).unwrap();
    let all = [
        "launch: Cancelled",
        "tower: Cancelled",
        "chief: InvalidStateError: invalid state",
    ];
    assert_eq!(log.take(), all); // as in CPython
}

#[test]
fn a_task_with_a_turn_later_in_this_round_is_cancelled_in_this_round() {
    let log = Log::default();
    let its_log = log.clone();
    let main = Generator::new(async move |co| {
        let yields = Generator::new(async |co| co.yield_(Wait::Turn).await);
        let task = create_task(its_log.says("the task: Cancelled", yields))?;
        co.yield_(Wait::Turn).await?; // the task has its first turn after this one, and then stands behind `main`
        task.cancel();
        its_log.add("main cancels it");
        co.yield_(Wait::Turn).await?;
        its_log.add("main, a round later");
        Ok(())
    });
    run(&Clock::virtual_time(), main).unwrap();
    let all = [
        "main cancels it",
        "the task: Cancelled",
        "main, a round later",
    ];
    assert_eq!(log.take(), all); // as in CPython
}

/// Cancels itself, and then yields this. Returns what comes of that, and the time.
fn cancels_itself_and_yields(wait: impl FnOnce(&EventLoop) -> Wait + 'static) -> (String, u128) {
    let (clock, itself) = (
        Clock::virtual_time(),
        Rc::<RefCell<Option<Task<()>>>>::default(),
    );
    let (its_task, its_clock) = (itself.clone(), clock.clone());
    let main = Generator::new(async move |co| {
        let task = create_task(Generator::new(async move |co| {
            assert!(itself.take().is_some_and(|task| task.cancel()));
            co.yield_(wait(&running_loop()?)).await
        }))?;
        its_task.replace(Some(task.clone()));
        let outcome = co.yield_from(task.wait()).await;
        let text = outcome.map_or_else(|exception| exception.to_string(), |()| "Ok".to_owned());
        Ok((text, its_clock.now().as_millis()))
    });
    run(&clock, main).unwrap()
}

#[test]
fn a_task_that_cancels_itself_and_waits_for_what_refuses_is_thrown_into() {
    let cancelled = |time| ("Cancelled".to_owned(), time);
    assert_eq!(cancels_itself_and_yields(|_| Wait::Turn), cancelled(0));
    let done = |event_loop: &EventLoop| {
        let future = Future::new(event_loop);
        future.set_result(()).unwrap();
        Wait::For(Rc::new(future))
    };
    assert_eq!(cancels_itself_and_yields(done), cancelled(0));
    let deaf = |event_loop: &EventLoop| {
        let (future, says_that_it_hears) = (Future::new(event_loop), false);
        let its_future = future.clone();
        let set = move || its_future.set_result(());
        event_loop.call_later(ms(1000), set).unwrap();
        Wait::For(Rc::new(Deaf {
            future,
            says_that_it_hears,
        }))
    };
    assert_eq!(cancels_itself_and_yields(deaf), cancelled(1000));
}

#[test]
fn a_task_that_a_clean_up_creates_stays_pending() {
    let (clock, created) = (
        Clock::virtual_time(),
        Rc::<RefCell<Option<Task<()>>>>::default(),
    );
    let its_task = created.clone();
    let cleans_up: Coroutine = Generator::new(async move |co| {
        let outcome = co.yield_from(sleep(ms(1000))).await;
        its_task.replace(Some(create_task(sleep(ms(10)))?));
        outcome
    });
    let main = Generator::new(async |co| {
        create_task(cleans_up)?;
        co.yield_(Wait::Turn).await
    });
    run(&clock, main).unwrap();
    assert_eq!(clock.now(), ms(0));
    assert!(created.take().is_some_and(|task| !task.done())); // as in CPython
}

#[test]
fn if_the_clean_up_fails_the_run_raises_its_error() {
    let log = Log::default();
    let its_log = log.clone();
    let cleans_up: Coroutine = Generator::new(async move |co| {
        let outcome = co.yield_from(sleep(ms(1000))).await;
        let interrupt = || Err(KeyboardInterrupt.into());
        running_loop()?.call_later(ms(20), interrupt)?;
        co.yield_from(sleep(ms(50))).await?;
        its_log.add("clean");
        outcome
    });
    let main = Generator::new(async |co| {
        create_task(cleans_up)?;
        co.yield_(Wait::Turn).await?;
        Ok("the result of main")
    });
    let end = run(&Clock::virtual_time(), main).unwrap_err();
    assert!(end.is::<KeyboardInterrupt>(), "{end}");
    assert_eq!(log.take(), [] as [&str; 0]);
}

/// A sleep that no cancellation reaches. It can claim the opposite.
struct Deaf {
    future: Future<()>,
    says_that_it_hears: bool,
}

impl Awaitable for Deaf {
    fn call_when_done(&self, callback: Box<dyn Callback>) -> Result<(), Exception> {
        self.future.call_when_done(callback)
    }

    fn cancel(&self) -> bool {
        self.says_that_it_hears
    }
}

/// Cancels a task that sleeps for a second, at 10 ms. Returns its outcome, and the time of that.
fn cancel_a_deaf_sleep(says_that_it_hears: bool) -> (Result<(), String>, u128) {
    let clock = Clock::virtual_time();
    let main = Generator::new(async move |co| {
        let event_loop = running_loop()?;
        let future = Future::new(&event_loop);
        let its_future = future.clone();
        event_loop.call_later(ms(1000), move || its_future.set_result(()))?;
        let deaf = Deaf {
            future,
            says_that_it_hears,
        };
        let task = create_task(Generator::new(async move |co| {
            co.yield_(Wait::For(Rc::new(deaf))).await
        }))?;
        co.yield_from(sleep(ms(10))).await?;
        assert!(task.cancel());
        co.yield_from(task.wait()).await
    });
    let outcome = run(&clock, main).map_err(|error| error.to_string());
    (outcome, clock.now().as_millis())
}

#[test]
fn a_sleep_that_is_not_cancelled_takes_its_whole_time() {
    let late = (Err("Cancelled".to_owned()), 1000);
    assert_eq!(cancel_a_deaf_sleep(false), late);
}

#[test]
fn a_cancel_that_nobody_keeps_is_lost() {
    assert_eq!(cancel_a_deaf_sleep(true), (Ok(()), 1000));
}

/// What was said, in order.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, entry: impl Into<String>) {
        self.0.borrow_mut().push(entry.into());
    }

    fn take(&self) -> Vec<String> {
        self.0.take()
    }

    /// Runs a coroutine, and says this if it is cancelled or closed.
    fn says(&self, what: &'static str, coroutine: Coroutine) -> Coroutine {
        let log = self.clone();
        Generator::new(async move |co| {
            let outcome = co.yield_from(coroutine).await;
            if let Err(exception) = &outcome
                && (exception.is::<Cancelled>() || matches!(exception, Exception::GeneratorExit))
            {
                log.add(what);
            }
            outcome
        })
    }
}
