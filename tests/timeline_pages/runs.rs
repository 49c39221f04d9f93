//! The runs that are drawn.

use std::time::Duration;

use tminus::{
    EventLoop, Exception, Generator, Kind, TaskScheduler,
    clock::VirtualClock,
    gather_results, sleep, spawn_named,
    sync::{Lock, Queue},
    timeline::{Recorder, Timeline},
    yield_now,
};

/// All of them, with their names.
pub fn all() -> Vec<(&'static str, Timeline)> {
    vec![
        ("three_countdowns", three_countdowns()),
        ("two_sleepers", two_sleepers()),
        ("a_lock", a_lock()),
        ("a_queue", a_queue()),
        ("a_cancellation", a_cancellation()),
        ("a_failure", a_failure()),
        ("bad_names", bad_names()),
        ("a_ring", a_ring()),
        ("two_loops", two_loops()),
        ("for_ever", for_ever()),
    ]
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn countdown(from: u32) -> Generator<(), (), ()> {
    Generator::new(async move |co| {
        for _ in 0..from {
            co.yield_(()).await?;
        }
        Ok(())
    })
}

pub fn three_countdowns() -> Timeline {
    let run = || {
        let mut scheduler = TaskScheduler::new();
        for (name, from) in [("ten", 3), ("twenty", 2), ("five", 1)] {
            scheduler.spawn_named(name, countdown(from));
        }
        scheduler.run();
    };
    Timeline::of(run).1
}

/// The run of a task `main` on a virtual clock.
fn on_a_loop(main: impl AsyncFnOnce() -> Result<(), Exception> + 'static) -> Timeline {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let run = || {
        let main = event_loop.create_named_task("main", main()).unwrap();
        drop(event_loop.run_until_complete(main));
    };
    Timeline::of(run).1
}

pub fn two_sleepers() -> Timeline {
    on_a_loop(async || {
        let long = spawn_named("long", sleep(seconds(2)))?;
        let short = spawn_named("short", sleep(Duration::from_millis(1500)))?;
        long.await?;
        short.await
    })
}

pub fn a_lock() -> Timeline {
    on_a_loop(async || {
        let lock = Lock::new();
        let work = |name| {
            let lock = lock.clone();
            spawn_named(name, async move {
                let _guard = lock.acquire().await?;
                sleep(seconds(1)).await
            })
        };
        let (first, second, third) = (work("first")?, work("second")?, work("third")?);
        first.await?;
        second.await?;
        third.await
    })
}

pub fn a_queue() -> Timeline {
    on_a_loop(async || {
        let queue = Queue::with_maxsize(1);
        let source = queue.clone();
        let maker = spawn_named("maker", async move {
            for item in 0..4 {
                source.put(item).await?;
            }
            source.shutdown();
            Ok(())
        })?;
        let eater = spawn_named("eater", async move {
            while queue.get().await.is_ok() {
                sleep(Duration::from_millis(10)).await?;
            }
            Ok(())
        })?;
        maker.await?;
        eater.await
    })
}

pub fn a_cancellation() -> Timeline {
    on_a_loop(async || {
        let sleeper = spawn_named("sleeper", sleep(seconds(60)))?;
        let outer = spawn_named("outer", sleeper)?;
        let never = spawn_named("stubborn", async {
            drop(sleep(seconds(60)).await); // it catches the cancellation, and goes on
            sleep(seconds(1)).await
        })?;
        sleep(seconds(1)).await?;
        let late = spawn_named("late", sleep(seconds(60)))?;
        for task in [&outer, &never, &late] {
            task.cancel();
        }
        gather_results([outer, never, late]).await.map(drop)
    })
}

pub fn a_failure() -> Timeline {
    on_a_loop(async || {
        let failing = spawn_named("failing", async {
            yield_now().await?;
            Err::<(), _>(Exception::new(Kind::ValueError, "no <b>fuel</b>"))
        })?;
        failing.await
    })
}

/// Names that would do harm if they were put into the page as they are.
pub fn bad_names() -> Timeline {
    const NAMES: [&str; 10] = [
        "</script><script>document.title = 'harm'</script>",
        "<b>bold</b>",
        "<!-- <script>",
        "\"quoted\\\" &amp; 'more'",
        "two\nlines\u{2028}three",
        "twin",
        "twin",
        "@@run@@ 🚀 名前",
        "\u{202e}desrever",
        "zero\u{200b}width",
    ];
    on_a_loop(async || {
        let tasks = NAMES.map(|name| spawn_named(name, sleep(seconds(1))));
        let tasks: Vec<_> = tasks.into_iter().collect::<Result<_, _>>()?;
        gather_results(tasks).await.map(drop)
    })
}

/// The end of a run, of which the rest is forgotten.
pub fn a_ring() -> Timeline {
    part(20)
}

/// Ends of a run of every length.
pub fn parts() -> Vec<(String, Timeline)> {
    let parts = (0..90).map(|room| (format!("the last {room}"), part(room)));
    parts.collect()
}

fn part(room: usize) -> Timeline {
    let recorder = Recorder::with_room(room);
    recorder.record(|| {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let main = async {
            let giving_way = |name, times| {
                spawn_named(name, async move {
                    for _ in 0..times {
                        yield_now().await?;
                    }
                    Ok(())
                })
            };
            let sleeper = spawn_named("sleeper", sleep(seconds(3)))?;
            let tasks = [giving_way("b", 9)?, giving_way("a", 9)?, sleeper];
            gather_results(tasks).await.map(drop)
        };
        let main = event_loop.create_named_task("main", main).unwrap();
        event_loop.run_until_complete(main).unwrap();
    });
    recorder.timeline()
}

/// A scheduler with this number of tasks, after this number of turns.
pub fn long(tasks: usize, turns: u32) -> Timeline {
    let run = || {
        let mut scheduler = TaskScheduler::new();
        for _ in 0..tasks {
            scheduler.spawn(countdown(u32::MAX));
        }
        for _ in 0..turns {
            scheduler.step();
        }
        std::mem::forget(scheduler); // its tasks are not closed: they just go on
    };
    Timeline::of(run).1
}

/// Two loops, one after the other. Their tasks have the same names and numbers, and so do their ready queues.
pub fn two_loops() -> Timeline {
    let loops = [(); 2].map(|()| EventLoop::with_clock(VirtualClock::new()));
    let run = || {
        let tasks = loops.each_ref().map(|event_loop| {
            let main = async {
                let helper = spawn_named("helper", yield_now())?;
                sleep(seconds(3)).await?;
                helper.await
            };
            event_loop.create_named_task("main", main).unwrap()
        });
        for (event_loop, task) in loops.iter().zip(tasks) {
            event_loop.run_until_complete(task).unwrap();
        }
    };
    Timeline::of(run).1
}

/// A task that sleeps as long as a clock can count, and longer.
pub fn for_ever() -> Timeline {
    on_a_loop(async || {
        let longest = spawn_named("longest", sleep(Duration::MAX))?;
        sleep(seconds(1)).await?;
        longest.await?;
        yield_now().await
    })
}
