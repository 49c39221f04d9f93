use tminus::lessons::lesson11_timers::programs::ms;
use tminus::lessons::lesson14_tasks_on_the_loop::{
    Clock, Coroutine, EventLoop, Generator, LEGEND, Lanes, Task, Wait, YieldFrom, create_task, run,
    running_loop, sleep,
};

use crate::programs::{demo, recorded};

/// Programs 05 to 07 show tasks. CPython's lines have a name and a place in a file; both were taken out when they were
/// recorded.
#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson14");
    let ours: Vec<&str> = ours.lines().skip(15).collect(); // the launch on hold and its drawing
    let theirs = [
        recorded("05_task_start"),
        recorded("06_task_cancel"),
        recorded("07_ensure_future"),
        recorded("08_ensure_future_claim"),
        recorded("14_two_tasks"),
        recorded("53_keyboard_interrupt"),
        recorded("63_nested_task"),
        recorded("67_cancel_me"),
    ]
    .concat();
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(ours, theirs);
}

#[test]
fn the_lanes_of_the_launch_on_hold() {
    let drawn = demo("lesson14");
    let hold: Vec<&str> = drawn.lines().take(15).collect();
    assert_eq!(
        hold,
        [
            "T-minus 5",
            "T-minus 4",
            "T-minus 9",
            "T-minus 3",
            "T-minus 8",
            "Hold! Closing the valves",
            "The valves are closed",
            "The first launch: CancelledError",
            "Hold! Closing the valves",
            "The valves are closed",
            "ms      0   100  150  200  250  300  350",
            "chief   #-  -    #-   -    #--  -x",
            "first   .#  #    --   #    --#  !",
            "second           .#   -    -#-  --#  !",
            LEGEND,
        ]
    );
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
fn who_swallows_a_cancel_and_goes_on_is_waited_for_at_the_end() {
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
fn where_nothing_can_wake_the_tasks_the_run_says_so_and_they_are_cancelled() {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let its_lanes = lanes.clone();
    let main: Coroutine = Generator::new(async move |co| {
        let never = running_loop()?.create_future();
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
    let event_loop = EventLoop::new(&Clock::virtual_time());
    let task: Task<()> = event_loop.create_task(sleep(ms(10))).unwrap();
    event_loop.stop();
    event_loop.run_forever().unwrap();
    event_loop.close().unwrap();
    assert!(!task.done());
}
