//! Starvation and slowness.

use std::time::Duration;

use tminus::{EventLoop, Exception, event_loop::spawn_named, spawn, yield_now};
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

/// The turns that `tracing` hears of, as lines.
fn slow_turns(run: impl FnOnce()) -> Vec<String> {
    let line = |record| match record {
        Record::Event(Level::WARN, fields) => Some(format!(
            "{}: {:?} {}",
            fields["message"],
            fields.get("name"),
            fields["took"]
        )),
        Record::Event(..) | Record::Enter(..) | Record::Exit => None,
    };
    records_while(run).into_iter().filter_map(line).collect()
}

#[test]
fn turns_that_take_longer_than_the_threshold_are_reported() {
    let clock = HandClock::default();
    let event_loop = EventLoop::with_clock(clock.clone());
    let run = || {
        let (quick, slow) = (clock.clone(), clock.clone());
        event_loop.call_soon(move || slow.advance(ms(250))).unwrap();
        let slow = clock.clone();
        let main = async move {
            spawn_named("quick", async move {
                quick.advance(ms(100)); // that is not longer
                Ok(())
            })?;
            spawn_named("slow", async move {
                slow.advance(ms(101));
                Ok(())
            })?;
            yield_now().await?;
            Ok(())
        };
        event_loop.run_until_complete(main).unwrap();
    };
    assert_eq!(
        slow_turns(run),
        ["slow turn: None 250ms", "slow turn: Some(\"slow\") 101ms"]
    );
    event_loop.set_slow_turn(ms(1000));
    assert_eq!(slow_turns(run), [""; 0]);
}
