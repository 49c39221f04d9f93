use std::{cell::Cell, cell::RefCell, env, process::Command, rc::Rc};

use tminus_lessons::lesson10_tasks::ValueError;
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson13_futures::{
    Awaitable, Clock, Coroutine, EventLoop, Exception, Generator, Step, Wait, YieldFrom,
};

use super::output;
use crate::lesson13::{Future, ensure_future, shared, sleep};

/// A loop that is run round by round, and what happened in which of them.
#[derive(Clone)]
struct Run {
    clock: Clock,
    event_loop: EventLoop,
    round: Rc<Cell<u32>>,
    trace: Rc<RefCell<Vec<String>>>,
}

impl Run {
    fn new() -> Self {
        let clock = Clock::virtual_time();
        Self {
            event_loop: EventLoop::new(&clock),
            clock,
            round: Rc::default(),
            trace: Rc::default(),
        }
    }

    fn future<T: Clone + 'static>(&self) -> Future<T> {
        Future::new(&self.event_loop)
    }

    fn spawn<T: Clone + 'static>(&self, coroutine: Coroutine<T>) -> Future<T> {
        ensure_future(&self.event_loop, coroutine).unwrap()
    }

    fn note(&self, what: &str) {
        let time = self.clock.now().as_millis();
        let entry = format!("round {}, {time} ms: {what}", self.round.get());
        self.trace.borrow_mut().push(entry);
    }

    fn round(&self) {
        self.round.set(self.round.get() + 1);
        self.event_loop.stop();
        self.event_loop.run_forever().unwrap();
    }

    /// Runs 12 rounds. The clock advances by 10 ms in every third round, even if some callback is always ready.
    fn rounds(&self) {
        for round in 1..=12 {
            self.round();
            if round % 3 == 0 {
                self.clock.wait_until(self.clock.now() + ms(10));
            }
        }
    }

    fn check(&self, want: &[&str]) {
        let (got, want) = (self.trace.take().join("\n"), want.join("\n"));
        assert!(got == want, "\nexpected:\n{want}\n\ngot:\n{got}\n");
    }
}

/// What came of a future, as text.
fn outcome<T: Clone + std::fmt::Debug + 'static>(future: &Future<T>) -> String {
    match future.result() {
        Ok(result) => format!("Ok({result:?})"),
        Err(exception) => format!("Err({exception})"),
    }
}

/// What a coroutine does when it is resumed, as text.
fn resumed<T: std::fmt::Debug>(coroutine: &mut Coroutine<T>) -> String {
    match coroutine.resume() {
        Ok(Step::Yielded(Wait::Turn)) => "yields Wait::Turn".to_owned(),
        Ok(Step::Yielded(Wait::For(_))) => "yields Wait::For(…)".to_owned(),
        Ok(Step::Returned(result)) => format!("returns {result:?}"),
        Err(exception) => format!("raises {exception}"),
    }
}

#[test]
fn a1_a_future_keeps_its_first_outcome_and_refuses_another() {
    let future = Run::new().future();
    assert!(
        !future.done(),
        "the future is done before it has an outcome"
    );
    future.finish(Ok(1)).unwrap();
    assert!(future.done(), "the future is pending after `finish`");
    assert_eq!(outcome(&future), "Ok(1)", "after finish(Ok(1))");
    let again = future.finish(Ok(2)).map_err(|error| error.to_string());
    let refused = Err("InvalidStateError: invalid state".to_owned());
    assert_eq!(again, refused, "what a second `finish` returns");
    assert_eq!(outcome(&future), "Ok(1)", "after the second `finish`");
}

fn notes(
    run: &Run,
    name: &'static str,
) -> impl FnOnce(&Future<u32>) -> Result<(), Exception> + use<> {
    let run = run.clone();
    move |future| {
        run.note(&format!("{name}: {}", outcome(future)));
        Ok(())
    }
}

#[test]
fn a1_finish_schedules_the_callbacks_and_calls_none() {
    let run = Run::new();
    let future = run.future();
    for name in ["first", "second"] {
        future.add_done_callback(notes(&run, name)).unwrap();
    }
    run.round();
    future.finish(Ok(7)).unwrap();
    run.note("finish has returned");
    run.round();
    run.round();
    run.check(&[
        "round 1, 0 ms: finish has returned",
        "round 2, 0 ms: first: Ok(7)",
        "round 2, 0 ms: second: Ok(7)",
    ]);
}

#[test]
fn a2_a_callback_that_comes_late_is_scheduled_and_not_called() {
    let run = Run::new();
    let future = run.future();
    future.add_done_callback(notes(&run, "early")).unwrap();
    future.finish(Ok(7)).unwrap();
    future.add_done_callback(notes(&run, "late")).unwrap();
    run.note("both are added");
    run.round();
    future.add_done_callback(notes(&run, "later")).unwrap();
    run.round();
    run.check(&[
        "round 0, 0 ms: both are added",
        "round 1, 0 ms: early: Ok(7)",
        "round 1, 0 ms: late: Ok(7)",
        "round 2, 0 ms: later: Ok(7)",
    ]);
}

#[test]
fn a3_wait_yields_the_future_until_it_is_done() {
    let future = Run::new().future();
    let mut wait = future.wait();
    assert_eq!(resumed(&mut wait), "yields Wait::For(…)", "while pending");
    future.finish(Ok(3)).unwrap();
    assert_eq!(resumed(&mut wait), "returns 3", "when done");
}

#[test]
fn a3_waiting_for_a_future_that_is_done_takes_no_turn() {
    let (done, failed) = (Run::new().future(), Run::new().future::<u32>());
    done.finish(Ok(3)).unwrap();
    failed.finish(Err(ValueError("empty").into())).unwrap();
    assert_eq!(resumed(&mut done.wait()), "returns 3", "wait() at once");
    assert_eq!(
        resumed(&mut failed.wait()),
        "raises empty",
        "wait() at once"
    );
}

/// Takes this many turns.
fn turns(
    run: &Run,
    name: &'static str,
    count: u32,
    end: Result<u32, ValueError>,
) -> Coroutine<u32> {
    let run = run.clone();
    Generator::new(async move |co| {
        for turn in 1..=count {
            run.note(&format!("{name}, turn {turn}"));
            if turn < count {
                co.yield_(Wait::Turn).await?;
            }
        }
        Ok(end?)
    })
}

#[test]
fn a4_a_coroutine_has_a_turn_a_round_and_its_future_gets_what_it_returns() {
    let run = Run::new();
    let returns = run.spawn(turns(&run, "crew", 2, Ok(5)));
    let raises = run.spawn(turns(&run, "tower", 3, Err(ValueError("fog"))));
    run.note("nobody has had a turn");
    run.rounds();
    run.check(&[
        "round 0, 0 ms: nobody has had a turn",
        "round 1, 0 ms: crew, turn 1",
        "round 1, 0 ms: tower, turn 1",
        "round 2, 0 ms: crew, turn 2",
        "round 2, 0 ms: tower, turn 2",
        "round 3, 0 ms: tower, turn 3",
    ]);
    assert_eq!(outcome(&returns), "Ok(5)", "the future of crew");
    assert_eq!(outcome(&raises), "Err(fog)", "the future of tower");
}

#[test]
fn a4_all_who_wait_have_their_turn_in_the_round_after_the_result() {
    let run = Run::new();
    let word = run.future();
    for name in ["crew", "tower"] {
        let (its_run, word) = (run.clone(), word.clone());
        run.spawn(Generator::new(async move |co| {
            its_run.note(&format!("{name} waits"));
            let word = co.yield_from(word.wait()).await?;
            its_run.note(&format!("{name} has {word}"));
            Ok(())
        }));
    }
    let its_run = run.clone();
    run.spawn(Generator::new(async move |co| {
        for _ in 0..3 {
            co.yield_(Wait::Turn).await?;
        }
        word.finish(Ok(42))?;
        its_run.note("chief has set it");
        let word = co.yield_from(word.wait()).await?;
        its_run.note(&format!("chief has {word}"));
        Ok(())
    }));
    run.rounds();
    run.check(&[
        "round 1, 0 ms: crew waits",
        "round 1, 0 ms: tower waits",
        "round 4, 10 ms: chief has set it",
        "round 4, 10 ms: chief has 42",
        "round 5, 10 ms: crew has 42",
        "round 5, 10 ms: tower has 42",
    ]);
}

#[test]
fn a5_a_sleeper_wakes_at_its_deadline_and_not_before() {
    let run = Run::new();
    for (name, delay) in [("long", 20), ("short", 10), ("as short", 10)] {
        let its_run = run.clone();
        run.spawn(Generator::new(async move |co| {
            co.yield_from(sleep(ms(delay))).await?;
            its_run.note(name);
            Ok(())
        }));
    }
    run.spawn(turns(&run, "awake", 4, Ok(0))); // so that the clock moves only between its turns
    run.rounds();
    run.check(&[
        "round 1, 0 ms: awake, turn 1",
        "round 2, 0 ms: awake, turn 2",
        "round 3, 0 ms: awake, turn 3",
        "round 4, 10 ms: awake, turn 4",
        "round 5, 10 ms: short",
        "round 5, 10 ms: as short",
        "round 8, 20 ms: long",
    ]);
}

/// Sleeps for this long. A timer, which is set first, cancels the future that the sleep waits for, at 10 ms.
fn cancelled_at_10_ms(delay: u64) -> Run {
    let (run, waits_for) = (
        Run::new(),
        Rc::<RefCell<Option<Rc<dyn Awaitable>>>>::default(),
    );
    let (its_run, its_future) = (run.clone(), waits_for.clone());
    let cancel = move || {
        let future = its_future.take().expect("no sleep has yielded a future");
        its_run.note(&format!("cancel: {}", future.cancel()));
        Ok(())
    };
    run.event_loop.call_later(ms(10), cancel).unwrap();
    let its_run = run.clone();
    run.spawn(Generator::new(async move |co| {
        let mut sleep = sleep(ms(delay));
        let Step::Yielded(Wait::For(future)) = sleep.resume()? else {
            panic!("the sleep does not yield Wait::For(…)");
        };
        waits_for.replace(Some(future.clone()));
        co.yield_(Wait::For(future)).await?;
        its_run.note(&format!("the sleep {}", resumed(&mut sleep)));
        Ok(())
    }));
    let end = run.event_loop.run_forever();
    assert!(end.is_err(), "the loop ends when nothing is left to do");
    run
}

#[test]
fn a5_a_sleep_that_is_cancelled_leaves_no_timer() {
    let run = cancelled_at_10_ms(1000);
    run.note("nothing is left to do");
    run.check(&[
        "round 0, 10 ms: cancel: true",
        "round 0, 10 ms: the sleep raises Cancelled",
        "round 0, 10 ms: nothing is left to do",
    ]);
}

/// The loop prints what a callback raises. Here it should have nothing to print.
#[test]
fn a5_a_sleep_that_is_cancelled_in_the_round_of_its_timer_complains_of_nothing() {
    let run = cancelled_at_10_ms(10);
    run.check(&[
        "round 0, 10 ms: cancel: true",
        "round 0, 10 ms: the sleep raises Cancelled",
    ]);
    if env::var_os("IN_A_PROCESS_OF_ITS_OWN").is_some() {
        return;
    }
    let (_, module) = module_path!().split_once("::").unwrap();
    let this_check = "a5_a_sleep_that_is_cancelled_in_the_round_of_its_timer_complains_of_nothing";
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", &format!("{module}::{this_check}"), "--nocapture"])
        .env("IN_A_PROCESS_OF_ITS_OWN", "yes");
    let output = output(&mut command);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        complaints.is_empty(),
        "\nexpected: silence on stderr\n\ngot:\n{complaints}"
    );
}

/// Takes 10 ms. Counts the fetches.
fn fetch(
    run: &Run,
    fetches: &Rc<Cell<u32>>,
    end: Result<u32, &'static str>,
) -> impl Fn() -> Coroutine<u32> + 'static {
    let (run, fetches) = (run.clone(), fetches.clone());
    move || {
        fetches.set(fetches.get() + 1);
        let until = run.clock.now() + ms(10);
        let run = run.clone();
        Generator::new(async move |co| {
            while run.clock.now() < until {
                co.yield_(Wait::Turn).await?;
            }
            end.map_err(|text| ValueError(text).into())
        })
    }
}

#[test]
fn b_one_fetch_for_all_who_ask_and_not_before_the_first_turn() {
    let (run, fetches) = (Run::new(), Rc::default());
    let ask = shared(fetch(&run, &fetches, Ok(7)));
    let [first, second] = [ask(), ask()].map(|one| run.spawn(one));
    assert_eq!(fetches.get(), 0, "fetches before anybody has had a turn");
    run.rounds();
    assert_eq!(outcome(&first), "Ok(7)", "the first to ask");
    assert_eq!(outcome(&second), "Ok(7)", "the second to ask");
    assert_eq!(fetches.get(), 1, "fetches for two who ask");
}

#[test]
fn b_an_exception_is_that_of_all_who_ask() {
    let (run, fetches) = (Run::new(), Rc::default());
    let ask = shared(fetch(&run, &fetches, Err("no such page")));
    let [first, second] = [ask(), ask()].map(|one| run.spawn(one));
    run.rounds();
    let late = run.spawn(ask()); // the fetch has failed by now
    run.rounds();
    for (who, future) in [("first", first), ("second", second), ("late", late)] {
        assert_eq!(
            outcome(&future),
            "Err(no such page)",
            "the {who} one to ask"
        );
    }
    assert_eq!(fetches.get(), 1, "fetches for three who ask");
}

#[test]
fn b_when_the_fetch_is_done_an_answer_takes_no_turn() {
    let (run, fetches) = (Run::new(), Rc::default());
    let ask = shared(fetch(&run, &fetches, Ok(7)));
    run.spawn(ask());
    run.rounds();
    assert_eq!(resumed(&mut ask()), "returns 7", "one who asks afterwards");
    assert_eq!(fetches.get(), 1, "fetches for two who ask");
}

#[test]
fn b_the_fetch_goes_on_when_the_first_to_ask_is_closed() {
    let (run, fetches) = (Run::new(), Rc::default());
    let ask = shared(fetch(&run, &fetches, Ok(7)));
    let (mut quits, its_run) = (ask(), run.clone());
    run.spawn(Generator::new(async move |_| {
        its_run.note(&resumed(&mut quits));
        quits.close()?;
        Ok(())
    }));
    let second = run.spawn(ask());
    run.rounds();
    run.check(&["round 1, 0 ms: yields Wait::For(…)"]);
    assert_eq!(outcome(&second), "Ok(7)", "the second to ask");
    assert_eq!(fetches.get(), 1, "fetches for two who ask");
}
