//! Recordings of several loops and schedulers: their tasks have the same numbers.

use std::{sync::mpsc, thread, time::Duration};

use tminus::{
    EventLoop, Exception, Generator, TaskScheduler,
    clock::VirtualClock,
    sleep, spawn_named,
    timeline::{Recorder, Runner, Timeline, What},
    yield_now,
};
use tracing_subscriber::prelude::*;

/// A loop with a task `main` that sleeps, and a task `helper`.
fn run_a_loop(pause: u64) {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let main = async move {
        let helper = spawn_named("helper", yield_now())?;
        sleep(Duration::from_secs(pause)).await?;
        helper.await
    };
    let main = event_loop.create_named_task("main", main).unwrap();
    event_loop.run_until_complete(main).unwrap();
}

fn two_loops() -> Timeline {
    let ((), timeline) = Timeline::of(|| {
        run_a_loop(3);
        run_a_loop(5);
    });
    timeline
}

/// The moments, as `loop 1: main runs`.
fn told(timeline: &Timeline) -> Vec<String> {
    let line = |moment: &tminus::timeline::Moment| {
        let name = |task| timeline.label(timeline.task(task).unwrap());
        let what = match &moment.what {
            What::Spawned { by } => format!("spawned by {:?}", by.map(name)),
            What::Runs { turn } => format!("turn {turn}"),
            What::Yielded => "yielded".to_owned(),
            What::Waits(wait) => format!("waits on {:?}", wait.on.map(name)),
            What::Woken { by } => format!("woken by {:?}", by.map(name)),
            What::CancelAsked { .. } => "cancel".to_owned(),
            What::Ended(_) => "ended".to_owned(),
            other => panic!("{other:?} is new"),
        };
        format!("{}: {what}", name(moment.task))
    };
    timeline.moments().map(line).collect()
}

#[test]
fn two_loops_at_a_time_keep_their_tasks() {
    // Both loops exist before either runs, and their tasks 0 take turns.
    let loops = [(); 2].map(|()| EventLoop::with_clock(VirtualClock::new()));
    let ((), timeline) = Timeline::of(|| {
        let tasks = [0, 1].map(|number: usize| {
            let name = format!("of loop {number}");
            loops[number].create_named_task(&name, async {
                yield_now().await?;
                yield_now().await
            })
        });
        for _ in 0..2 {
            for event_loop in &loops {
                event_loop.stop(); // after one round
                event_loop.run_forever().unwrap();
            }
        }
        drop(tasks);
    });
    assert_eq!(
        told(&timeline),
        [
            "loop 1: of loop 0: spawned by None",
            "loop 2: of loop 1: spawned by None",
            "loop 1: of loop 0: turn 1",
            "loop 1: of loop 0: yielded",
            "loop 2: of loop 1: turn 1",
            "loop 2: of loop 1: yielded",
            "loop 1: of loop 0: turn 2",
            "loop 1: of loop 0: yielded",
            "loop 2: of loop 1: turn 2",
            "loop 2: of loop 1: yielded",
        ]
    );
}

#[test]
fn loops_are_numbered_in_the_order_in_which_they_appear() {
    let late = EventLoop::with_clock(VirtualClock::new()); // the first of the three to exist
    let ((), timeline) = Timeline::of(|| {
        run_a_loop(1);
        late.run_until_complete(yield_now()).unwrap();
    });
    let runners: Vec<Runner> = timeline.tasks().map(|task| task.runner()).collect();
    let (first, second) = (Runner::EventLoop(1), Runner::EventLoop(2));
    assert_eq!(runners, [first, first, second]);
    let numbers: Vec<u64> = timeline.tasks().map(|task| task.number()).collect();
    assert_eq!(numbers, [0, 1, 0]);
    assert_eq!(two_loops().svg(), two_loops().svg(), "whatever ran before");
}

#[test]
fn text_shows_the_loop_of_each_lane() {
    assert_eq!(
        two_loops().text(80),
        "\
4 tasks, 8 turns

s               0    3  0    5
loop 1: main    #--  x
loop 1: helper   #x
loop 2: main            #--  x
loop 2: helper           #x

# a turn   x its last   - waiting
"
    );
    let narrow = two_loops().text(20);
    assert!(narrow.contains("\nloop 2: helper  "), "{narrow}");
}

#[test]
fn an_svg_shows_the_loop_of_each_lane() {
    let svg = two_loops().svg();
    for shown in [
        ">loop 1: main</text>",
        ">loop 2: helper</text>",
        "loop 2: main spawns loop 2: helper at 0 s",
        "From the clock of loop 1, at 3 s, to that of loop 2, at 0 s",
        "The clock jumps from 0 s to 5 s",
    ] {
        assert!(svg.contains(shown), "{shown}");
    }
}

#[test]
fn one_loop_is_not_named() {
    let ((), timeline) = Timeline::of(|| run_a_loop(3));
    let drawn = [
        timeline.text(80),
        timeline.svg(),
        timeline.html(),
        timeline.perfetto(),
    ];
    for drawn in drawn {
        assert!(!drawn.contains("loop 1"), "{drawn}");
    }
}

#[test]
fn two_schedulers_keep_their_tasks() {
    let countdown = || Generator::<()>::new(async |co| co.yield_(()).await);
    let ((), timeline) = Timeline::of(|| {
        let mut schedulers = [TaskScheduler::new(), TaskScheduler::new()];
        for scheduler in &mut schedulers {
            scheduler.spawn_named("countdown", countdown());
        }
        while schedulers
            .iter_mut()
            .filter_map(TaskScheduler::step)
            .count()
            > 0
        {}
    });
    assert_eq!(
        timeline.text(80),
        "\
2 tasks, 4 turns

turn                    1
scheduler 1: countdown  #.x
scheduler 2: countdown  .#.x

# a turn   x its last   . ready
"
    );
}

/// The scheduler has no clock of its own.
#[test]
fn a_scheduler_in_a_task_shares_the_clock_of_the_loop() {
    let schedule = || {
        let mut scheduler = TaskScheduler::new();
        scheduler.spawn_named(
            "countdown",
            Generator::<()>::new(async |co| co.yield_(()).await),
        );
        scheduler.run();
    };
    let ((), timeline) = Timeline::of(|| {
        schedule(); // before there is a clock
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let main = async move {
            sleep(Duration::from_secs(3)).await?;
            schedule();
            Ok(())
        };
        let main = event_loop.create_named_task("main", main).unwrap();
        event_loop.run_until_complete(main).unwrap();
    });
    assert_eq!(
        timeline.text(80),
        "\
3 tasks, 6 turns

s                       0    3
scheduler 1: countdown  #x
main                      #  x
scheduler 2: countdown        #x

# a turn   x its last
"
    );
}

/// Turns of two loops overlap, if they are on two threads. What happens in a turn stays in its column.
#[test]
fn loops_on_two_threads_keep_their_turns() {
    let recorder = Recorder::new();
    let subscriber = tracing_subscriber::registry().with(recorder.layer());
    let dispatch = tracing::Dispatch::new(subscriber);
    let (begun, begins) = mpsc::channel();
    let (done, ends) = mpsc::channel::<()>();
    let inner = dispatch.clone();
    let other = thread::spawn(move || {
        tracing::dispatcher::with_default(&inner, || {
            begins.recv().unwrap();
            run_a_loop(1);
            drop(done);
        });
    });
    tracing::dispatcher::with_default(&dispatch, || {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let long = async move {
            begun.send(()).unwrap();
            let _ended = ends.recv(); // blocks: it is one turn
            spawn_named("child", async { Ok::<_, Exception>(()) })?.await
        };
        let long = event_loop.create_named_task("long", long).unwrap();
        event_loop.run_until_complete(long).unwrap();
    });
    other.join().unwrap();
    assert_eq!(
        recorder.timeline().text(80),
        "\
4 tasks, 7 turns

s               0     1  0
loop 1: long    #---  -  -x
loop 2: main     #--  x
loop 2: helper    #x
loop 1: child    ...  .  x

# a turn   x its last   . ready   - waiting
"
    );
}
