//! The cost of being able to record a run, and the cost of recording it.
//!
//! With the feature `silent` everything that tminus reports to `tracing` is compiled out. That is the limit.

use ::tminus::{EventLoop, Generator, TaskScheduler, timeline::Recorder};
use tminus_benches::{Comparison, Contender, Heap, Table, heap, report, take_digest};
use tracing::{Dispatch, Level, dispatcher::with_default};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    prelude::*,
    registry,
};

use crate::{contenders::Loop, work::take_turns};

/// The number of tasks that take turns.
const TASKS: u64 = 10;

/// The number of moments that a ring keeps.
const ROOM: usize = 1_000;

const NOBODY: &str = if cfg!(feature = "silent") {
    "compiled out"
} else {
    "nobody listens"
};
const NOBODY_AGAIN: &str = "nobody, after a recording";
const TO_INFO: &str = "to INFO and above";
const TO_OTHERS: &str = "to TRACE of others";
const TO_ALL: &str = "to all, keeping nothing";
const RECORDER: &str = "recorder";
const RING: &str = "recorder, ring";

/// Does some runs.
type Work = Box<dyn FnMut(u64)>;

type Prepare = fn() -> Work;

/// The kinds of tasks that take turns, by name.
const TAKE_TURNS: [(&str, Prepare); 2] = [("TaskScheduler", scheduler), ("EventLoop", event_loop)];

pub fn comparisons(runs: u64) -> Vec<Comparison> {
    let comparison = |(name, prepare): (&str, Prepare)| Comparison {
        name: format!("recording-{name}"),
        title: format!("A turn of a task of the {name}, one of {TASKS}, by listener"),
        unit: "turn",
        units_per_run: TASKS,
        runs,
        baseline: NOBODY,
        contenders: contenders(prepare),
    };
    TAKE_TURNS.map(comparison).into()
}

fn contenders(prepare: Prepare) -> Vec<Contender> {
    let nobody = Contender::new(NOBODY, move || {
        let mut work = prepare();
        move |runs| {
            work(runs);
            take_digest()
        }
    });
    if cfg!(feature = "silent") {
        return vec![nobody];
    }
    vec![
        nobody,
        Contender::new(NOBODY_AGAIN, move || {
            let (mut work, mut recorded) = (prepare(), prepare());
            move |runs| {
                Recorder::new().record(|| recorded(1));
                take_digest();
                work(runs);
                forget_dropped_listeners();
                take_digest()
            }
        }),
        listened_to(TO_INFO, prepare, || {
            registry().with(LevelFilter::INFO).into()
        }),
        listened_to(TO_OTHERS, prepare, || {
            let others = Targets::new().with_target("others", Level::TRACE);
            registry().with(others).into()
        }),
        listened_to(TO_ALL, prepare, || registry().into()),
        listened_to(RECORDER, prepare, || listener(&Recorder::new())),
        listened_to(RING, prepare, || listener(&Recorder::with_room(ROOM))),
    ]
}

fn listened_to(name: &str, prepare: Prepare, listen: fn() -> Dispatch) -> Contender {
    Contender::new(name, move || {
        let mut work = prepare();
        move |runs| {
            listen_to(listen(), || work(runs));
            take_digest()
        }
    })
}

fn listener(recorder: &Recorder) -> Dispatch {
    registry().with(recorder.layer()).into()
}

/// Listens only while `work` runs, because `tracing` asks every listener that exists, on whichever thread.
fn listen_to(listener: Dispatch, work: impl FnOnce()) {
    with_default(&listener, work);
    drop(listener);
    forget_dropped_listeners();
}

/// Registers a listener for nothing, because `tracing` forgets the listeners that were dropped when the next one is
/// registered.
fn forget_dropped_listeners() {
    drop(Dispatch::new(registry().with(LevelFilter::OFF)));
}

fn scheduler() -> Work {
    let mut scheduler = TaskScheduler::new();
    for _ in 0..TASKS {
        scheduler.spawn(Generator::new(async |co| {
            for turn in 1.. {
                report(turn);
                co.yield_(()).await?;
            }
            Ok(())
        }));
    }
    Box::new(move |runs| {
        for _ in 0..runs * TASKS {
            scheduler.step();
        }
    })
}

fn event_loop() -> Work {
    let event_loop = EventLoop::new();
    Box::new(move |runs| {
        let on = event_loop.clone();
        Loop::run(&event_loop, async move {
            take_turns(on, TASKS, runs).await;
            runs
        });
    })
}

/// Returns the memory of recordings. The tasks are created and have their lists before it is measured.
pub fn memory() -> Table {
    const LOOKS: [u64; 4] = [1, 2, 5, 10];
    let columns = LOOKS.map(|thousands| format!("{thousands}0,000"));
    let columns: Vec<&str> = [""]
        .into_iter()
        .chain(columns.iter().map(String::as_str))
        .collect();
    let title = "Heap bytes of a recording after a number of turns (target: flat for a ring)";
    let mut table = Table::new(title, &columns);
    for (name, prepare) in TAKE_TURNS {
        let looks = |make: fn() -> Recorder| LOOKS.map(|n| recording(prepare, make, n * 10_000));
        let row = |heap: Heap| format!("{:.0}", heap.bytes);
        let [unlimited, ring] = [Recorder::new, || Recorder::with_room(ROOM)].map(looks);
        table.row(&format!("{name}, {RECORDER}"), unlimited.map(row));
        table.row(&format!("{name}, {RING}"), ring.map(row));
    }
    table
}

fn recording(prepare: Prepare, make: fn() -> Recorder, turns: u64) -> Heap {
    let mut work = prepare();
    work(1);
    let (taken, _recorder) = heap(|| {
        let recorder = make();
        listen_to(listener(&recorder), || work(turns / TASKS));
        recorder
    });
    taken
}
