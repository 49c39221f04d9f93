//! The programs of `tests/stream_programs`, on a simulated network without latency.
//!
//! They spawn their tasks themselves, so the moments are taken from outside: a watched run tells at which times the loop had
//! rounds, and how many. In each further run a task is cancelled at one such time, a number of rounds later.

#[path = "../stream_programs/breaks.rs"]
mod breaks;
#[path = "../stream_programs/cancelled.rs"]
mod cancelled;
#[path = "../stream_programs/ends.rs"]
mod ends;
#[path = "../stream_programs/full.rs"]
mod full;
#[path = "../stream_programs/limits.rs"]
mod limits;
#[path = "../stream_programs/order.rs"]
mod order;
#[path = "../stream_programs/servers.rs"]
mod servers;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex},
    time::Duration,
};

use tminus::{EventLoop, Exception, Kind, event_loop::Deadlock, simulation::Simulation};
use tracing::{Event, Metadata, Subscriber, span};

use crate::{list, log::Log, support::panic_message, tally::every};

/// None of the programs has so many turns.
const MOST_TURNS: u64 = 20_000;

type Main = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

type Named = (&'static str, fn(Log) -> Main);

/// The times at which a run had turns, and how many rounds and tasks.
type Times = BTreeMap<Duration, Busy>;

#[derive(Clone, Copy)]
struct Busy {
    first_round: u64,
    last_round: u64,
    most_tasks: usize,
}

#[derive(Clone, Copy, Debug)]
struct Cancellation {
    at: Duration,
    rounds_later: u64,
    /// In the order of spawning, among those that are alive.
    task: usize,
}

macro_rules! programs {
    ($($module:ident: $($name:ident)*;)*) => {
        vec![$($((stringify!($name), |log| Box::pin($module::$name(log))),)*)*]
    };
}

#[test]
fn programs_with_streams() {
    tminus::report_to_stderr(false);
    let programs: Vec<Named> = list::with_programs!(programs);
    let programs: Vec<_> = programs.into_iter().step_by(every()).collect();
    let (mut runs, mut effects, mut failures) = (0, 0, Vec::new());
    note_panics();
    for (name, program) in &programs {
        for cancellation in cancellations(&times_of(*program)) {
            runs += 1;
            let ran = AssertUnwindSafe(|| run_with(*program, cancellation));
            match panic::catch_unwind(ran) {
                Ok(had_effect) => effects += usize::from(had_effect),
                Err(panic) => {
                    failures.push(format!(
                        "{name}, {cancellation:?}: {}",
                        panic_message(&*panic)
                    ));
                }
            }
        }
    }
    let programs = programs.len();
    println!("streams: {programs} programs, {runs} runs, {effects} of them with a task cancelled");
    let shown = failures[..failures.len().min(10)].join("\n");
    assert!(failures.is_empty(), "{} failures\n{shown}", failures.len());
    assert!(effects > runs / 2, "most cancellations take place");
}

fn simulation() -> Simulation {
    let plain = "".parse().expect("a schedule without a choice");
    Simulation::replay(plain)
        .latency(Duration::ZERO..Duration::ZERO)
        .max_turns(MOST_TURNS)
}

fn times_of(program: fn(Log) -> Main) -> Times {
    let watch = Watch::default();
    let times = watch.times.clone();
    // See `support::records_while`: with a single subscriber, `tracing` may ask another thread's.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let (ended, _) =
        tracing::subscriber::with_default(watch, || simulation().run(program(Log::default())));
    ended.unwrap();
    let times = times.lock().unwrap();
    times.clone()
}

fn cancellations(times: &Times) -> Vec<Cancellation> {
    let mut all = Vec::new();
    for (&at, busy) in times {
        for rounds_later in 0..=busy.last_round - busy.first_round + 1 {
            for task in 0..busy.most_tasks {
                all.push(Cancellation {
                    at,
                    rounds_later,
                    task,
                });
            }
        }
    }
    all
}

/// Runs a program in which one task is cancelled. Returns whether there was such a task then.
fn run_with(program: fn(Log) -> Main, cancellation: Cancellation) -> bool {
    let (log, had_effect) = (Log::default(), Rc::new(Cell::new(false)));
    let (program, effect) = (program(log.clone()), had_effect.clone());
    let (ended, _) = simulation().run(async move {
        let event_loop = EventLoop::running()?;
        let (rounds, task) = (cancellation.rounds_later, cancellation.task);
        event_loop.call_at(cancellation.at, move || {
            cancel_after(rounds, task, effect);
        })?;
        program.await
    });
    if let Err(error) = ended {
        check(&error);
    }
    let panics = PANICS.take();
    // The programs expect that nobody cancels their tasks, and panic.
    let of_others = panics
        .iter()
        .find(|place| !place.contains("stream_programs"));
    assert_eq!(of_others, None, "a panic");
    assert!(log.is_only_handle(), "a task is left");
    had_effect.get()
}

fn cancel_after(rounds: u64, task: usize, had_effect: Rc<Cell<bool>>) {
    let event_loop = EventLoop::running().expect("it calls this");
    if rounds > 0 {
        let later = move || cancel_after(rounds - 1, task, had_effect);
        event_loop.call_soon(later).expect("the loop is running");
    } else if let Some(task) = event_loop.all_tasks().get(task) {
        had_effect.set(task.cancel());
    }
}

/// A program whose task was cancelled may fail, or wait for what this task would have done. It does not run forever, and no
/// task waits for what comes by itself.
fn check(error: &Exception) {
    if let Some(deadlock) = error.downcast_ref::<Deadlock>() {
        crate::quiet::check(deadlock);
    }
    let endless = error.kind() == Kind::RuntimeError && error.message().contains("max_turns");
    assert!(!endless, "{error:?}");
    assert_ne!(error.name(), "Livelock", "{error:?}");
}

thread_local! {
    /// The files in which this thread has panicked.
    static PANICS: RefCell<Vec<String>> = RefCell::default();
    static ARE_NOTED: Cell<bool> = const { Cell::new(false) };
}

/// From now on, panics of this thread are noted, and not shown.
fn note_panics() {
    ARE_NOTED.set(true);
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| match ARE_NOTED.get() {
        true => {
            let file = info.location().map(|place| place.file().to_owned());
            PANICS.with_borrow_mut(|panics| panics.extend(file));
        }
        false => others(info),
    }));
}

/// Notes the times of the turns.
#[derive(Default)]
struct Watch {
    times: Arc<Mutex<Times>>,
}

impl Subscriber for Watch {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("tminus")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        let event_loop = EventLoop::running().expect("a task has a turn");
        let (round, tasks) = (event_loop.rounds(), event_loop.all_tasks().len());
        let mut times = self.times.lock().unwrap();
        let busy = times.entry(event_loop.time()).or_insert(Busy {
            first_round: round,
            last_round: round,
            most_tasks: tasks,
        });
        busy.last_round = round;
        busy.most_tasks = busy.most_tasks.max(tasks);
        span::Id::from_u64(1)
    }

    fn event(&self, _: &Event<'_>) {}

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
