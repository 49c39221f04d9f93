use std::{cell::Cell, cell::RefCell, collections::VecDeque, rc::Rc, time::Duration};

use tminus_lessons::lesson11_timers::{self, programs::countdown, programs::ms};
use tminus_lessons::lesson12_event_loop::{
    Clock, EventLoop, Exception, Generator, LEGEND, Lanes, Wait, programs, sleep, spawn,
};

use crate::programs::{demo, recorded};

#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson12");
    let ours = ours.lines().skip_while(|line| *line != "== two workers");
    let ours: Vec<&str> = ours.filter(|line| !is_drawn(line)).collect();
    let theirs = [
        recorded("24_run_forever_stop_inside"),
        recorded("26_close_loop"),
        recorded("28_timer"),
    ]
    .concat();
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(ours, theirs);
}

/// A lane, the times above it, the legend, or a heading.
fn is_drawn(line: &str) -> bool {
    ["ms ", "work ", "== "]
        .iter()
        .any(|start| line.starts_with(start))
        || line == LEGEND
}

/// The section of the demo with this heading starts with what CPython printed for `program`.
fn starts_as_recorded(heading: &str, program: &str) {
    let (ours, theirs) = (demo("lesson12"), recorded(program));
    let theirs: Vec<&str> = theirs.lines().collect();
    let ours = ours.lines().skip_while(|line| *line != heading).skip(1);
    let ours: Vec<&str> = ours.take(theirs.len()).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn a_stop_ends_the_run_where_cpython_ends_it() {
    starts_as_recorded("== a stop in the middle", "lesson12_stop");
}

#[test]
fn the_launch_prints_what_cpython_printed() {
    starts_as_recorded("== a launch", "lesson12");
}

#[test]
fn the_lanes_of_the_launch() {
    let drawn = demo("lesson12");
    let launch = drawn.lines().skip_while(|line| !line.starts_with("ms "));
    let launch: Vec<&str> = launch.take(7).collect();
    assert_eq!(
        launch,
        [
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

#[test]
fn a_timer_takes_two_turns_of_a_generator_and_one_call() {
    let clock = Clock::virtual_time();
    let mut scheduler = lesson11_timers::Scheduler::new(&clock);
    scheduler.add(lesson11_timers::programs::timer(30, || ()));
    assert_eq!(std::iter::from_fn(|| scheduler.turn()).count(), 2);

    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let event_loop = EventLoop::new(&clock);
    let callback = lanes.callback("timer", Wait::For(ms(30)), || Ok(()));
    event_loop.call_later(ms(30), callback).unwrap();
    event_loop.run_forever().unwrap_err();
    assert_eq!(lanes.draw(), "ms     30\ntimer  x\n");
}

/// A loop's ready queue, without the loop.
type Queue = Rc<RefCell<VecDeque<Box<dyn FnOnce()>>>>;

/// Calls until the queue is empty. Returns the number of calls that were made before the loop could look for a stop.
fn calls_in_a_while(times: u32) -> u32 {
    fn again(queue: &Queue, made: &Rc<Cell<u32>>, times: u32) {
        made.set(made.get() + 1);
        if made.get() < times {
            let (this, made) = (queue.clone(), made.clone());
            let next = move || again(&this, &made, times);
            queue.borrow_mut().push_back(Box::new(next));
        }
    }
    let (queue, made) = (Queue::default(), Rc::default());
    again(&queue, &made, times);
    loop {
        let Some(callback) = queue.borrow_mut().pop_front() else {
            return made.get();
        };
        callback();
    }
}

/// Calls on the event loop, with a stop in the first call. Returns the number of calls.
fn calls_in_rounds(times: u32) -> u32 {
    fn again(event_loop: &EventLoop, made: &Rc<Cell<u32>>, times: u32) -> Result<(), Exception> {
        event_loop.stop();
        made.set(made.get() + 1);
        if made.get() < times {
            let (this, made) = (event_loop.clone(), made.clone());
            event_loop.call_soon(move || again(&this, &made, times))?;
        }
        Ok(())
    }
    let event_loop = EventLoop::new(&Clock::virtual_time());
    let (this, made) = (event_loop.clone(), Rc::default());
    let first = {
        let made = Rc::clone(&made);
        move || again(&this, &made, times)
    };
    event_loop.call_soon(first).unwrap();
    event_loop.run_forever().unwrap();
    event_loop.close().unwrap();
    made.get()
}

#[test]
fn a_stop_is_seen_after_1000_calls_in_a_while_and_after_one_in_rounds() {
    assert_eq!(calls_in_a_while(1000), 1000);
    assert_eq!(calls_in_rounds(1000), 1);
}

#[test]
fn to_wait_30_ms_with_call_soon_alone_takes_31_calls() {
    fn look(event_loop: &EventLoop, clock: &Clock, looks: &Cell<u32>) -> Result<(), Exception> {
        looks.set(looks.get() + 1);
        if clock.now() >= ms(30) {
            event_loop.stop();
        }
        clock.wait_until(clock.now() + ms(1)); // what a round takes
        Ok(())
    }
    fn again(event_loop: EventLoop, clock: Clock, looks: Rc<Cell<u32>>) -> Result<(), Exception> {
        let this = event_loop.clone();
        event_loop.call_soon(move || {
            look(&this, &clock, &looks)?;
            again(this, clock, looks)
        })?;
        Ok(())
    }
    let clock = Clock::virtual_time();
    let event_loop = EventLoop::new(&clock);
    let looks = Rc::new(Cell::new(0));
    again(event_loop.clone(), clock, looks.clone()).unwrap();
    event_loop.run_forever().unwrap();
    event_loop.close().unwrap();
    assert_eq!(looks.get(), 31);
}

#[test]
fn the_launch_has_two_rounds_at_0() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let event_loop = EventLoop::new(&Clock::virtual_time());
    let says = |name: &'static str| {
        let log = log.clone();
        move || {
            log.borrow_mut().push(name);
            Ok(())
        }
    };
    let (this, crew, tower) = (event_loop.clone(), says("crew"), says("tower"));
    let crew = move || {
        this.call_soon(tower)?;
        crew()
    };
    event_loop.call_later(ms(300), says("lift-off")).unwrap();
    event_loop.call_soon(crew).unwrap();
    event_loop.call_soon(says("fuel")).unwrap();
    for round in [&["crew", "fuel"][..], &["tower"]] {
        event_loop.stop();
        event_loop.run_forever().unwrap();
        assert_eq!(log.take(), round);
    }
    event_loop.run_forever().unwrap_err();
    assert_eq!((log.take(), event_loop.time()), (vec!["lift-off"], ms(300)));
}

#[test]
#[should_panic(expected = "RefCell already borrowed")]
fn holding_the_queue_during_a_call() {
    let ready = Queue::default();
    let this = ready.clone();
    let crew = move || this.borrow_mut().push_back(Box::new(|| ()));
    ready.borrow_mut().push_back(Box::new(crew));
    if let Some(callback) = ready.borrow_mut().pop_front() {
        callback();
    }
}

/// A loop with a callback that holds the loop, and an `Rc` that shows whether the callback still exists.
fn a_loop_that_holds_itself() -> (EventLoop, Rc<()>) {
    let event_loop = EventLoop::new(&Clock::virtual_time());
    let there = Rc::new(());
    let (this, held) = (event_loop.clone(), there.clone());
    let callback = move || {
        this.stop();
        drop(held);
        Ok(())
    };
    event_loop.call_later(ms(1), callback).unwrap();
    (event_loop, there)
}

#[test]
fn a_loop_that_is_not_closed_keeps_a_callback_that_keeps_the_loop() {
    let (event_loop, there) = a_loop_that_holds_itself();
    drop(event_loop);
    assert_eq!(Rc::strong_count(&there), 2);

    let (event_loop, there) = a_loop_that_holds_itself();
    event_loop.close().unwrap();
    assert_eq!(Rc::strong_count(&there), 1);
}

#[test]
fn a_closed_loop_refuses_a_task_before_its_first_turn() {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let event_loop = EventLoop::new(&clock);
    event_loop.close().unwrap();
    let refused = spawn(&event_loop, lanes.watch("task", sleep(ms(1))));
    let message = "RuntimeError: Event loop is closed";
    assert_eq!(refused.unwrap_err().to_string(), message);
    assert_eq!(lanes.draw(), "ms    \ntask  \n");
    assert_eq!(clock.now(), Duration::ZERO);
}

#[test]
fn a_countdown_of_callbacks_takes_a_second_a_number() {
    let event_loop = EventLoop::new(&Clock::virtual_time());
    programs::countdown(&event_loop, 3).unwrap();
    event_loop.run_forever().unwrap();
    assert_eq!(event_loop.time(), ms(3000));
}
