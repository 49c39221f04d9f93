use std::{cell::RefCell, rc::Rc};

use tminus_lessons::lesson10_tasks::ValueError;
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson14_tasks_on_the_loop::{
    CancelledError, Clock, Coroutine, Exception, Generator, Step, Task, Wait, YieldFrom,
    create_task, run, sleep,
};

use crate::lesson14::{cancel_and_wait, with_clean_up};

/// What happened, and at which millisecond.
#[derive(Clone)]
struct Log {
    clock: Clock,
    entries: Rc<RefCell<Vec<String>>>,
}

impl Log {
    fn new() -> Self {
        let (clock, entries) = (Clock::virtual_time(), Rc::default());
        Self { clock, entries }
    }

    fn add(&self, what: &str) {
        let entry = format!("{} {what}", self.clock.now().as_millis());
        self.entries.borrow_mut().push(entry);
    }

    /// Sleeps, ends like this, and says so.
    fn sleeper(
        &self,
        name: &'static str,
        time: u64,
        end: Result<u32, &'static str>,
    ) -> Coroutine<u32> {
        let log = self.clone();
        Generator::new(async move |co| {
            co.yield_from(sleep(ms(time))).await?;
            log.add(name);
            end.map_err(|text| ValueError(text).into())
        })
    }

    /// A clean-up of 50 ms.
    fn clean_up(&self, end: Result<u32, &'static str>) -> Coroutine {
        let sleeper = self.sleeper("clean", 50, end);
        Generator::new(async move |co| co.yield_from(sleeper).await.map(drop))
    }

    /// Sleeps for a second. If it is cancelled, it does something else, and ends as that does.
    fn hard_to_stop(&self, then: Coroutine<u32>) -> Coroutine<u32> {
        Generator::new(async move |co| {
            if co.yield_from(sleep(ms(1000))).await.is_ok() {
                return Ok(0);
            }
            co.yield_from(then).await
        })
    }

    /// Runs a coroutine, and logs what came of it.
    fn run<T: Clone + std::fmt::Debug + 'static>(&self, main: Coroutine<T>) {
        self.end(run(&self.clock, main));
    }

    fn end<T: std::fmt::Debug>(&self, outcome: Result<T, Exception>) {
        self.add(&match outcome {
            Ok(result) => format!("Ok({result:?})"),
            Err(exception) => exception.to_string(),
        });
    }

    fn check<const N: usize>(&self, wanted: [&str; N]) {
        assert_eq!(self.entries.take(), wanted);
    }
}

/// Starts a task, cancels it at 10, and gives its outcome.
fn cancelled_at_10(coroutine: Coroutine<u32>) -> Coroutine<u32> {
    Generator::new(async move |co| {
        let task = create_task(coroutine)?;
        co.yield_from(sleep(ms(10))).await?;
        task.cancel();
        co.yield_from(task.wait()).await
    })
}

/// Does what a coroutine does, and panics if that takes many turns: who waits takes none.
fn in_a_few_turns(mut coroutine: Coroutine) -> Coroutine {
    Generator::new(async move |co| {
        let mut message = Ok(());
        for _ in 0..5 {
            let step = match message {
                Ok(()) => coroutine.resume(),
                Err(exception) => coroutine.throw(exception),
            };
            match step? {
                Step::Yielded(wait) => message = co.yield_(wait).await,
                Step::Returned(()) => return Ok(()),
            }
        }
        panic!("it takes more than five turns");
    })
}

#[test]
fn it_cleans_up_after_a_result_and_gives_that() {
    let log = Log::new();
    let work = log.sleeper("work", 20, Ok(42));
    log.run(with_clean_up(work, log.clean_up(Ok(0))));
    log.check(["20 work", "70 clean", "70 Ok(42)"]);
}

#[test]
fn it_cleans_up_after_an_exception_and_raises_that() {
    let log = Log::new();
    let work = log.sleeper("work", 20, Err("broken"));
    log.run(with_clean_up(work, log.clean_up(Ok(0))));
    log.check(["20 work", "70 clean", "70 broken"]);
}

#[test]
fn it_cleans_up_when_it_is_cancelled_and_is_cancelled_after_that() {
    let log = Log::new();
    let work = log.sleeper("work", 20, Ok(42));
    log.run(cancelled_at_10(with_clean_up(work, log.clean_up(Ok(0)))));
    log.check(["60 clean", "60 CancelledError"]);
}

#[test]
fn what_the_clean_up_raises_is_raised() {
    let log = Log::new();
    let work = log.sleeper("work", 20, Ok(42));
    log.run(with_clean_up(work, log.clean_up(Err("stuck"))));
    log.check(["20 work", "70 clean", "70 stuck"]);
}

/// As in Python, where the `await` in the `finally` raises the `CancelledError`.
#[test]
fn a_cancel_during_the_clean_up_cuts_that_short() {
    let log = Log::new();
    let its_log = log.clone();
    let clean_up = Generator::new(async move |co| {
        co.yield_(Wait::Turn).await?;
        its_log.add("clean");
        Ok(())
    });
    let mut coroutine = with_clean_up(Generator::new(async |_| Ok(42)), clean_up);
    let step = coroutine.resume();
    assert!(matches!(step, Ok(Step::Yielded(_))), "it did not clean up");
    let outcome = coroutine.throw(CancelledError);
    let cancelled = outcome.is_err_and(|exception| exception.is::<CancelledError>());
    assert!(cancelled, "the cancel was lost in the clean-up");
    log.check([]);
}

#[test]
fn it_finishes_without_a_clean_up_only_when_it_is_closed() {
    let log = Log::new();
    let new = || {
        let forever = Generator::new(async |co| co.yield_(Wait::Turn).await);
        let its_log = log.clone();
        let clean_up = Generator::new(async move |co| {
            its_log.add("clean");
            co.yield_(Wait::Turn).await
        });
        with_clean_up(forever, clean_up)
    };
    let mut thrown_into = new();
    assert!(thrown_into.resume().is_ok());
    let step = thrown_into.throw(CancelledError);
    assert!(matches!(step, Ok(Step::Yielded(_))), "it did not clean up");
    log.check(["0 clean"]);
    let mut closed = new();
    assert!(closed.resume().is_ok());
    let outcome = closed.close();
    assert!(matches!(outcome, Ok(None)), "the close gave {outcome:?}");
    log.check([]);
}

#[test]
fn it_returns_when_the_task_has_cleaned_up() {
    let log = Log::new();
    let its_log = log.clone();
    log.run(Generator::new(async move |co| {
        let log = its_log;
        let clean_up = log.sleeper("clean", 50, Err("stuck"));
        let task = create_task(log.hard_to_stop(clean_up))?;
        co.yield_from(sleep(ms(10))).await?;
        co.yield_from(in_a_few_turns(cancel_and_wait(&task)))
            .await?;
        log.end(task.result());
        Ok(())
    }));
    log.check(["60 clean", "60 stuck", "60 Ok(())"]);
}

#[test]
fn it_does_not_matter_how_the_task_ends() {
    let log = Log::new();
    let its_log = log.clone();
    log.run(Generator::new(async move |co| {
        let log = its_log;
        let goes_on = log.hard_to_stop(log.sleeper("went on", 50, Ok(42)));
        let ends = log.sleeper("never", 1000, Ok(0));
        for coroutine in [goes_on, ends] {
            let task = create_task(coroutine)?;
            co.yield_(Wait::Turn).await?;
            co.yield_from(in_a_few_turns(cancel_and_wait(&task)))
                .await?;
            log.end(task.result());
            co.yield_from(in_a_few_turns(cancel_and_wait(&task)))
                .await?; // it is over
        }
        Ok(())
    }));
    log.check(["50 went on", "50 Ok(42)", "50 CancelledError", "50 Ok(())"]);
}

#[test]
fn it_does_not_matter_who_else_cancels_the_task() {
    let log = Log::new();
    let its_log = log.clone();
    log.run(Generator::new(async move |co| {
        let log = its_log;
        let clean_up = log.sleeper("clean", 50, Ok(0));
        let task = create_task(log.hard_to_stop(clean_up))?;
        co.yield_from(sleep(ms(10))).await?;
        let waiter = create_task(in_a_few_turns(cancel_and_wait(&task)))?;
        co.yield_from(sleep(ms(20))).await?;
        task.cancel();
        co.yield_from(waiter.wait()).await?;
        log.end(task.result());
        Ok(())
    }));
    log.check(["30 CancelledError", "30 Ok(())"]);
}

#[test]
fn who_is_cancelled_meanwhile_leaves_at_once_and_the_task_goes_on() {
    let log = Log::new();
    let its_log = log.clone();
    log.run(Generator::new(async move |co| {
        let log = its_log;
        let clean_up = log.sleeper("clean", 50, Ok(42));
        let task: Task<u32> = create_task(log.hard_to_stop(clean_up))?;
        co.yield_from(sleep(ms(10))).await?;
        let waiter = create_task(in_a_few_turns(cancel_and_wait(&task)))?;
        co.yield_from(sleep(ms(20))).await?;
        waiter.cancel();
        log.end(co.yield_from(waiter.wait()).await);
        assert_eq!(task.cancelling(), 1, "how often the task was asked");
        co.yield_from(task.wait()).await
    }));
    log.check(["30 CancelledError", "60 clean", "60 Ok(42)"]);
}
