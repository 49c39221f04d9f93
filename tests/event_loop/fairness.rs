//! Starvation and slowness.

use std::time::Duration;

use tminus::{EventLoop, Exception, spawn, yield_now};
use tracing::Level;

use crate::{
    HandClock, ms, new_loop,
    support::{Log, Record, records_while},
};

/// The bound: a timer that is due when a turn begins runs in that turn.
#[test]
fn a_task_that_keeps_giving_way_delays_a_timer_by_one_turn_at_most() {
    let clock = HandClock::default();
    let event_loop = EventLoop::with_clock(clock.clone());
    let log = Log::default();
    let (timer, turns, after) = (log.clone(), log.clone(), event_loop.clone());
    event_loop
        .call_at(ms(3), move || timer.add("timer"))
        .unwrap();
    let main = async move {
        for turn in 0..6 {
            turns.add(format!("turn {turn} at {:?}", after.time()));
            clock.advance(ms(1));
            yield_now().await?;
        }
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(
        log.take(),
        [
            "turn 0 at 0ns",
            "turn 1 at 1ms",
            "turn 2 at 2ms",
            "turn 3 at 3ms", // what was ready goes first
            "timer",
            "turn 4 at 4ms",
            "turn 5 at 5ms",
        ]
    );
}

/// When a timer fires that is due at `when`.
fn fires_at(event_loop: &EventLoop, when: Duration) -> Duration {
    let fired = event_loop.create_future();
    let (set, clock) = (fired.clone(), event_loop.clone());
    let timer = move || set.set_result(clock.time());
    event_loop.call_at(when, timer).unwrap();
    event_loop.run_until_complete(fired).unwrap()
}

#[test]
fn a_task_that_spawns_tasks_for_ever_does_not_starve_a_timer() {
    async fn spawns(clock: HandClock) -> Result<(), Exception> {
        clock.advance(ms(1));
        spawn(Box::pin(spawns(clock)) as std::pin::Pin<Box<dyn Future<Output = _>>>)?;
        Ok(())
    }
    let clock = HandClock::default();
    let event_loop = EventLoop::with_clock(clock.clone());
    event_loop.create_task(spawns(clock)).unwrap();
    assert_eq!(fires_at(&event_loop, ms(10)), ms(11));
}

#[test]
fn callbacks_that_schedule_themselves_for_ever_do_not_starve_a_timer() {
    fn again(event_loop: &EventLoop, clock: &HandClock) -> Result<(), Exception> {
        clock.advance(ms(1));
        let (same, same_clock) = (event_loop.clone(), clock.clone());
        event_loop
            .call_soon(move || again(&same, &same_clock))
            .map(drop)
    }
    let clock = HandClock::default();
    let event_loop = EventLoop::with_clock(clock.clone());
    again(&event_loop, &clock).unwrap();
    assert_eq!(fires_at(&event_loop, ms(10)), ms(11));
    event_loop.close().unwrap();
}

#[test]
fn two_tasks_that_give_way_take_turns() {
    let event_loop = new_loop();
    let log = Log::default();
    let main = log.clone();
    let main = async move {
        let both = ["a", "b"].map(|name| {
            let log = main.clone();
            spawn(async move {
                for _ in 0..3 {
                    log.add(name);
                    yield_now().await?;
                }
                Ok(())
            })
        });
        for task in both {
            task?.await?;
        }
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(log.take(), ["a", "b", "a", "b", "a", "b"]);
}

/// The slow turns that `tracing` hears of, as lines.
fn slow_turns(run: impl FnOnce()) -> Vec<String> {
    let line = |record| match record {
        Record::Event(Level::WARN, fields) => {
            let name = fields
                .get("name")
                .map_or("None".into(), |name| format!("{name:?}"));
            Some(format!("{} of {name}", fields["message"]))
        }
        Record::Event(..) | Record::Enter(..) | Record::Exit => None,
    };
    records_while(run).into_iter().filter_map(line).collect()
}

/// Real time is measured, whatever the loop's clock says. So with a threshold of zero every turn is slow.
#[test]
fn turns_that_take_longer_than_the_threshold_are_reported() {
    let event_loop = new_loop();
    let run = || {
        event_loop.call_soon(|| ()).unwrap();
        let main = event_loop.create_named_task("main", yield_now()).unwrap();
        event_loop.run_until_complete(main).unwrap();
    };
    assert_eq!(slow_turns(run), [""; 0]); // of 100 ms
    event_loop.set_slow_turn(ms(0));
    // The callback, two turns, and the callback that ends the run.
    assert_eq!(
        slow_turns(run),
        [
            "slow turn of None",
            "slow turn of \"main\"",
            "slow turn of \"main\"",
            "slow turn of None"
        ]
    );
}
