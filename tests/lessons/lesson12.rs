use tminus::lessons::lesson11_timers::programs::{countdown, ms};
use tminus::lessons::lesson12_event_loop::{
    Clock, EventLoop, Exception, Generator, LEGEND, Lanes, Wait, spawn,
};

use crate::programs::{demo, recorded};

#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson12");
    let after_launch = ours.lines().skip_while(|line| *line != "Waiting 1");
    let ours: Vec<&str> = after_launch.filter(|line| !is_drawn(line)).collect();
    let theirs = [
        recorded("24_run_forever_stop_inside"),
        recorded("26_close_loop"),
        recorded("28_timer"),
    ]
    .concat();
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(ours, theirs);
}

/// A lane, the times above it, or the legend.
fn is_drawn(line: &str) -> bool {
    line.starts_with("ms ") || line.starts_with("work ") || line == LEGEND
}

#[test]
fn the_lanes_of_the_launch() {
    let drawn = demo("lesson12");
    let launch: Vec<&str> = drawn.lines().skip(4).take(11).collect();
    assert_eq!(
        launch,
        [
            "crew: we are in",
            "fuel: the tanks are full",
            "tower: they are in",
            "lift-off",
            "ms        0    300",
            "lift-off  ---  x",
            "abort     ---  -",
            "crew      x",
            "fuel      .x",
            "tower     ..x",
            LEGEND,
        ]
    );
}

#[test]
fn tasks_take_the_turns_they_took_in_lesson_11() {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let event_loop = EventLoop::new(&clock);
    for (name, n, pause) in [("five", 5, 200), ("three", 3, 300)] {
        let task = lanes.watch(name, countdown(name, n, ms(pause)));
        spawn(&event_loop, task).unwrap();
    }
    event_loop.run_forever().unwrap_err(); // nobody stops it: it ends when nothing is left
    assert_eq!(
        lanes.draw(),
        "ms     0   200  300  400  600  800  900  1000\n\
         five   #-  #    -    #    -#   #    -    x\n\
         three  .#  -    #    -    #-   -    x\n"
    );
}

#[test]
fn a_task_that_fails_is_reported_and_its_exception_is_lost() {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let event_loop = EventLoop::new(&clock);
    let failing = Generator::new(async |co| {
        co.yield_(Wait::Turn).await?;
        Err(std::fmt::Error.into())
    });
    spawn(&event_loop, lanes.watch("fails", failing)).unwrap();
    spawn(
        &event_loop,
        lanes.watch("counts", countdown("counts", 1, ms(1))),
    )
    .unwrap();
    event_loop.run_forever().unwrap_err();
    assert_eq!(
        lanes.draw(),
        "ms      0    1\nfails   #.!\ncounts  .#-  x\n"
    );
}

#[test]
fn a_callback_that_always_schedules_itself_does_not_starve_a_timer() {
    fn again(event_loop: EventLoop) -> Result<(), Exception> {
        let this = event_loop.clone();
        event_loop.call_soon(move || again(this))?;
        Ok(())
    }
    let event_loop = EventLoop::new(&Clock::real_time());
    again(event_loop.clone()).unwrap();
    let this = event_loop.clone();
    let stop = move || {
        this.stop();
        Ok(())
    };
    event_loop.call_later(ms(1), stop).unwrap();
    event_loop.run_forever().unwrap();
    assert!(event_loop.time() >= ms(1));
    event_loop.close().unwrap();
}
