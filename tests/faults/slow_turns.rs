//! Turns in `tracing`: a span for each, and a warning for each slow one.

use std::{cell::Cell, rc::Rc, time::Duration};

use tminus::{EventLoop, clock::Clock, event_loop::spawn_named, yield_now};
use tracing::Level;

use crate::{
    HOUR, new_loop,
    support::{Fields, Record, records_while},
};

/// The warnings of `run` of slow turns.
fn slow_turns(run: impl FnOnce()) -> Vec<Fields> {
    let warning = |record| match record {
        Record::Event(Level::WARN, fields) if fields["message"] == "slow turn" => {
            fields.contains_key("turn").then_some(fields) // callbacks have none
        }
        Record::Event(..) | Record::Enter(..) | Record::Exit => None,
    };
    records_while(run).into_iter().filter_map(warning).collect()
}

/// Two turns of "main", and one of "other" in between.
fn three_turns(event_loop: &EventLoop) {
    let main = async {
        spawn_named("other", async { Ok(()) })?;
        yield_now().await
    };
    let main = event_loop.create_named_task("main", main).unwrap();
    event_loop.run_until_complete(main).unwrap();
}

fn name_and_turn(fields: &Fields) -> (&str, &str) {
    (fields["name"].trim_matches('"'), &*fields["turn"])
}

/// With a threshold of zero every turn is slow: the real time that a turn takes is more than nothing.
#[test]
fn turns_are_measured_in_real_time_under_a_virtual_clock() {
    let event_loop = new_loop();
    event_loop.set_slow_turn(Duration::ZERO);
    let slow = slow_turns(|| three_turns(&event_loop));
    let turns: Vec<_> = slow.iter().map(name_and_turn).collect();
    assert_eq!(turns, [("main", "1"), ("other", "1"), ("main", "2")]);
    for fields in &slow {
        assert!(
            ["loop", "task", "took"]
                .iter()
                .all(|name| fields.contains_key(name)),
            "{fields:?}"
        );
    }
    assert_eq!(event_loop.time(), Duration::ZERO);
}

/// A clock that is set by hand.
#[derive(Clone, Default)]
struct HandClock(Rc<Cell<Duration>>);

impl Clock for HandClock {
    fn now(&self) -> Duration {
        self.0.get()
    }

    fn wait(&self, deadline: Option<Duration>) {
        self.0.set(deadline.unwrap_or_default().max(self.0.get()));
    }
}

#[test]
fn a_turn_that_moves_the_loops_clock_is_not_slow() {
    let clock = HandClock::default();
    let event_loop = EventLoop::with_clock(clock.clone());
    event_loop.set_slow_turn(Duration::from_secs(60));
    let main = async move {
        clock.0.set(HOUR);
        Ok(())
    };
    let slow = slow_turns(|| event_loop.run_until_complete(main).unwrap());
    assert_eq!((slow.len(), event_loop.time()), (0, HOUR));
}

#[test]
fn no_turn_is_slow_while_nothing_is_longer_than_the_threshold() {
    let event_loop = new_loop();
    event_loop.set_slow_turn(Duration::MAX);
    assert_eq!(slow_turns(|| three_turns(&event_loop)).len(), 0);
}

#[test]
fn each_turn_is_a_span_with_its_loop_task_name_number_and_time() {
    let (first, second) = (new_loop(), new_loop());
    let turns = |event_loop: &EventLoop| -> Vec<Fields> {
        let span = |record| match record {
            Record::Enter("turn", fields) => Some(fields),
            Record::Enter(..) | Record::Event(..) | Record::Exit => None,
        };
        records_while(|| three_turns(event_loop))
            .into_iter()
            .filter_map(span)
            .collect()
    };
    let (first, second) = (turns(&first), turns(&second));
    for turns in [&first, &second] {
        let names: Vec<_> = turns.iter().map(name_and_turn).collect();
        assert_eq!(names, [("main", "1"), ("other", "1"), ("main", "2")]);
        let tasks: Vec<_> = turns
            .iter()
            .map(|fields| (&*fields["task"], &*fields["at"]))
            .collect();
        assert_eq!(tasks, [("0", "0"), ("1", "0"), ("0", "0")]);
        assert!(
            turns
                .iter()
                .all(|fields| fields["loop"] == turns[0]["loop"])
        );
    }
    assert_ne!(first[0]["loop"], second[0]["loop"]);
}
