//! The run that each picture shows: that of the lanes on the lesson's page, on the crate's scheduler and event loop.
//!
//! Only they tell what their tasks do. So the tasks of lessons 9 to 12 are driven from here, turn by turn. Those of
//! lessons 13 and 14 wait for futures of the lessons' own, and are written out.

use tminus::{
    EventLoop, Exception, Generator, Kind, LoopFuture, TaskScheduler, clock::VirtualClock, sleep,
    spawn_named, timeline::Timeline, yield_now,
};
#[cfg(unix)]
use tminus_lessons::lesson22_processes;
use tminus_lessons::{
    lesson07_averager as lesson07,
    lesson09_round_robin::{countdown as counting_down, countup},
    lesson10_tasks::primes,
    lesson11_timers::{self as lesson11, Coroutine, Wait, programs::ms},
    lesson15_async_await::word,
    lesson16_foreign_futures::readings,
    lesson17_many::checks,
    lesson18_sync::launch,
    lesson19_threads::fuel,
    lesson20_selector,
    lesson21_streams::pieces,
    lesson23_microscope::picture,
    lesson24_graduating,
};

/// Program 39.
pub fn lesson09() -> String {
    drawn(|| {
        let mut scheduler = TaskScheduler::new();
        scheduler.spawn_named("countdown(10)", of_lesson(counting_down(10)));
        scheduler.spawn_named("countdown(5)", of_lesson(counting_down(5)));
        scheduler.spawn_named("countup(15)", of_lesson(countup(15)));
        scheduler.run();
        Ok(())
    })
}

/// Program 49, in which a turn is a tick of the clock.
pub fn lesson10() -> String {
    drawn(|| {
        let clock = primes::Clock::default();
        let mut scheduler = TaskScheduler::new();
        for (name, routine) in primes::three_routines(&clock) {
            scheduler.spawn_named(name, of_lesson(routine));
        }
        clock.set(1);
        while scheduler.step().is_some() {
            clock.set(clock.get() + 1);
        }
        Ok(())
    })
}

/// The two countdowns.
pub fn lesson11() -> String {
    drawn(|| {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let [five, three] = [("five", 5, 200), ("three", 3, 300)].map(|(name, n, pause)| {
            let countdown = lesson11::programs::countdown(name, n, ms(pause));
            event_loop.create_named_task(name, on_the_loop(countdown))
        });
        three?;
        event_loop.run_until_complete(five?)
    })
}

/// Program 24: the first to finish stops the loop, and it runs once more.
pub fn lesson12() -> String {
    drawn(|| {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        for (name, takes) in [("work 1", 10), ("work 3", 30)] {
            let this = event_loop.clone();
            let work = lesson11::programs::timer(takes, move || this.stop());
            event_loop.create_named_task(name, on_the_loop(work))?;
        }
        event_loop.run_forever()?;
        event_loop.run_forever()
    })
}

/// Two wait for the word of a third.
pub fn lesson13() -> String {
    drawn(|| {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let word: LoopFuture<&str> = event_loop.create_future();
        for name in ["crew", "tower"] {
            event_loop.create_named_task(name, word.clone())?;
        }
        let chief = async move {
            sleep(ms(300)).await?;
            word.set_result("go!")?;
            word.await?;
            sleep(ms(100)).await
        };
        event_loop.run_until_complete(event_loop.create_named_task("chief", chief)?)
    })
}

/// The launch that is put on hold, and one that is left over.
pub fn lesson14() -> String {
    async fn countdown(n: u32) -> Result<(), Exception> {
        for _ in 0..n {
            sleep(ms(100)).await?;
        }
        Ok(())
    }
    async fn launch(n: u32) -> Result<(), Exception> {
        let outcome = countdown(n).await;
        if let Err(exception) = &outcome
            && exception.kind() == Kind::Cancelled
        {
            sleep(ms(30)).await?; // the valves
        }
        outcome
    }
    let chief = async {
        let first = spawn_named("first", launch(5))?;
        sleep(ms(150)).await?;
        spawn_named("second", launch(9))?;
        sleep(ms(100)).await?;
        first.cancel();
        first.await.expect_err("it was cancelled");
        Ok(())
    };
    drawn(|| {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let chief = event_loop.create_named_task("chief", chief)?;
        event_loop.run(chief)
    })
}

/// A crew that waits for a word, and a chief.
pub fn lesson15() -> String {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    word::under_the_event_loop(&event_loop).unwrap().svg()
}

/// A stream: a sensor sends, and the crew receives.
pub fn lesson16() -> String {
    readings::on_the_loop().unwrap().svg()
}

/// The checks in a task group.
pub fn lesson17() -> String {
    checks::tell(checks::grouped()).unwrap().svg()
}

/// The queue with room for two.
pub fn lesson18() -> String {
    launch::belt().unwrap().svg()
}

/// A crew that waits for a thread, and the chief whose turn lets that go on.
pub fn lesson19() -> String {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    fuel::under_the_event_loop(&event_loop).unwrap().svg()
}

/// The echo server and two clients.
pub fn lesson20() -> String {
    lesson20_selector::on_the_loop().unwrap().svg()
}

/// A fast wire and a slow crew.
pub fn lesson21() -> String {
    pieces::wire_and_crew().unwrap().svg()
}

/// A parent that writes all first, and a cat.
#[cfg(unix)]
pub fn lesson22() -> String {
    lesson22_processes::on_the_loop().svg()
}

/// Without Unix there is no lesson 22, and its picture is taken as it is.
#[cfg(not(unix))]
pub fn lesson22() -> String {
    include_str!("../../lesson22_processes/run.svg").replace("\r\n", "\n")
}

/// Two runs of four tankers: the plain order, and one in which a tanker waits forever.
pub fn lesson23() -> String {
    picture::two_orders(&"1:2".parse().unwrap())
}

/// A server and its clients in a simulation.
pub fn lesson24() -> String {
    lesson24_graduating::lanes().unwrap().svg()
}

/// The picture of a run, which has to go well.
fn drawn(run: impl FnOnce() -> Result<(), Exception>) -> String {
    let (result, timeline) = Timeline::of(run);
    result.expect("the run goes well");
    timeline.svg()
}

/// A generator of the lessons as one of the crate's.
fn of_lesson<R: 'static>(mut task: lesson07::Generator<(), (), R>) -> Generator<(), (), R> {
    Generator::new(async move |co| {
        loop {
            match task.resume().map_err(of_the_crate)? {
                lesson07::Step::Yielded(()) => co.yield_(()).await?,
                lesson07::Step::Returned(result) => return Ok(result),
            }
        }
    })
}

/// Runs a coroutine of lesson 11, which yields what it waits for, on the crate's event loop.
async fn on_the_loop<R: 'static>(mut task: Coroutine<R>) -> Result<R, Exception> {
    loop {
        match task.resume().map_err(of_the_crate)? {
            lesson07::Step::Yielded(Wait::Turn) => yield_now().await?,
            lesson07::Step::Yielded(Wait::For(delay)) => sleep(delay).await?,
            lesson07::Step::Returned(result) => return Ok(result),
        }
    }
}

fn of_the_crate(exception: lesson07::Exception) -> Exception {
    Exception::new(Kind::Error, exception.to_string())
}
