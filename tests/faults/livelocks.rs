//! Livelocks: the loop is busy, and the virtual clock never moves.

use std::{cell::Cell, future::poll_fn, rc::Rc, task::Poll, time::Duration};

use tminus::{
    EventLoop, Exception,
    clock::Clock,
    event_loop::{Livelock, spawn_named},
    sleep, spawn,
    sync::Queue,
    yield_now,
};
use tracing::Level;

use crate::{
    ms, new_loop,
    support::{Fields, Record, records_while},
};

/// The warnings of `run` that there is a livelock.
fn livelocks(run: impl FnOnce()) -> Vec<Fields> {
    let warning = |record| match record {
        Record::Event(Level::WARN, fields) if fields["message"] == "livelock" => Some(fields),
        Record::Event(..) | Record::Enter(..) | Record::Exit => None,
    };
    records_while(run).into_iter().filter_map(warning).collect()
}

async fn yields(times: u32) -> Result<(), Exception> {
    for _ in 0..times {
        yield_now().await?;
    }
    Ok(())
}

#[test]
fn the_warning_names_the_tasks_that_run_and_no_others() {
    let event_loop = new_loop();
    event_loop.set_livelock_rounds(100);
    let main = async {
        let never = EventLoop::running()?.create_future::<()>();
        spawn_named("parked", never)?;
        spawn_named("sleeper", sleep(ms(9)))?;
        sleep(ms(1)).await?;
        let spinners = [
            spawn_named("ping", yields(150))?,
            spawn_named("pong", yields(150))?,
        ];
        for spinner in spinners {
            spinner.await?;
        }
        Ok(())
    };
    let warned = livelocks(|| event_loop.run_until_complete(main).unwrap());
    assert_eq!(warned.len(), 1);
    let warned = &warned[0];
    let named = ["ping", "pong", "parked", "sleeper"].map(|name| warned["tasks"].contains(name));
    assert_eq!(named, [true, true, false, false]);
    assert_eq!((&*warned["rounds"], &*warned["at"]), ("100", "1000000"));
    assert!(warned.contains_key("loop"));
}

#[test]
fn there_is_one_warning_for_each_instant() {
    let event_loop = new_loop();
    event_loop.set_livelock_rounds(100);
    let main = async {
        yields(350).await?;
        sleep(ms(1)).await?;
        yields(50).await?; // too few
        sleep(ms(1)).await?;
        yields(250).await
    };
    let warned = livelocks(|| event_loop.run_until_complete(main).unwrap());
    let at: Vec<&str> = warned.iter().map(|fields| &*fields["at"]).collect();
    assert_eq!(at, ["0", "2000000"]);
}

#[test]
fn a_livelock_is_a_hundred_thousand_rounds_at_one_instant() {
    let ends = [99_000, 101_000].map(|rounds| {
        let event_loop = new_loop();
        event_loop.set_livelock_is_error(true);
        event_loop.run_until_complete(yields(rounds)).is_ok()
    });
    assert_eq!(ends, [true, false]);
}

/// Those in a livelock need not run in each round.
#[test]
fn the_tasks_of_the_last_sixteen_rounds_are_named() {
    for has_sleeper in [false, true] {
        let livelock = livelock_of(async move {
            let mut tasks = Vec::new();
            for last in 70..90 {
                // Its first turn is in the second round, and its last one in the round after which it is named.
                tasks.push(spawn_named(&last.to_string(), yields(last - 2))?);
            }
            if has_sleeper {
                drop(spawn(sleep(ms(1)))?);
            }
            yields(u32::MAX).await
        });
        assert_eq!(livelock.tasks(), ["main", "85", "86", "87", "88", "89"]);
    }
}

/// How a run of `main` ends if a livelock is an error.
fn livelock_of(main: impl Future<Output = Result<(), Exception>> + 'static) -> Livelock {
    let event_loop = new_loop();
    event_loop.set_livelock_rounds(100);
    event_loop.set_livelock_is_error(true);
    let main = event_loop.create_named_task("main", main).unwrap();
    let end = event_loop.run_until_complete(main).unwrap_err();
    end.downcast_ref::<Livelock>()
        .unwrap_or_else(|| panic!("{end:?} is no livelock"))
        .clone()
}

#[test]
fn a_task_that_yields_forever_ends_the_run_with_a_typed_error() {
    let livelock = livelock_of(async {
        sleep(ms(7)).await?;
        yields(u32::MAX).await
    });
    assert_eq!((livelock.at(), livelock.rounds()), (ms(7), 100));
    assert_eq!(livelock.tasks(), ["main"]);
    assert!(livelock.to_string().contains("main"));
}

#[test]
fn sleeps_of_zero_do_not_move_the_clock() {
    let livelock = livelock_of(async {
        loop {
            sleep(Duration::ZERO).await?;
        }
    });
    assert_eq!(
        (livelock.at(), livelock.tasks()),
        (ms(0), &["main".to_owned()][..])
    );
}

#[test]
fn a_foreign_future_that_wakes_itself_forever_is_a_livelock() {
    let livelock = livelock_of(poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::Pending
    }));
    assert_eq!(livelock.tasks(), ["main"]);
}

async fn passes(from: Queue<()>, to: Queue<()>) -> Result<(), Exception> {
    sleep(ms(1)).await?;
    loop {
        to.put_nowait(from.get().await?)?;
    }
}

#[test]
fn two_tasks_that_wake_each_other_forever_are_both_named() {
    let livelock = livelock_of(async {
        let queues = [Queue::new(), Queue::new()];
        for (name, from, to) in [("ping", 0, 1), ("pong", 1, 0)] {
            let (from, to) = (queues[from].clone(), queues[to].clone());
            drop(spawn_named(name, passes(from, to))?);
        }
        queues[0].put_nowait(())?;
        sleep(ms(2)).await
    });
    let mut tasks = livelock.tasks().to_vec();
    tasks.sort();
    assert_eq!(tasks, ["ping", "pong"]);
}

#[test]
fn callbacks_that_schedule_themselves_forever_are_a_livelock_of_no_task() {
    fn again(event_loop: &EventLoop) -> Result<(), Exception> {
        let same = event_loop.clone();
        event_loop.call_soon(move || again(&same)).map(drop)
    }
    let event_loop = new_loop();
    event_loop.set_livelock_rounds(100);
    event_loop.set_livelock_is_error(true);
    again(&event_loop).unwrap();
    let end = event_loop.run_forever().unwrap_err();
    let livelock = end.downcast_ref::<Livelock>().expect("nothing moves");
    assert_eq!(livelock.tasks(), [""; 0]);
    event_loop.close().unwrap(); // the callback holds the loop
}

/// After the error the loop is as after any other end of a run: the tasks are still there.
#[test]
fn after_a_livelock_the_loop_can_run_again() {
    let event_loop = new_loop();
    event_loop.set_livelock_rounds(100);
    event_loop.set_livelock_is_error(true);
    let spinner = event_loop.create_task(yields(150)).unwrap();
    assert!(
        event_loop
            .run_until_complete(spinner.clone())
            .unwrap_err()
            .is::<Livelock>()
    );
    event_loop.run_until_complete(spinner).unwrap();
}

#[test]
fn a_run_that_livelocks_cancels_what_is_left_and_closes() {
    let event_loop = new_loop();
    event_loop.set_livelock_rounds(100);
    event_loop.set_livelock_is_error(true);
    let end = event_loop.clone().run(yields(u32::MAX)).unwrap_err();
    assert!(end.is::<Livelock>() && event_loop.is_closed());
}

/// A clock that moves whenever it is read.
#[derive(Default)]
struct Ticking(Rc<Cell<u64>>);

impl Clock for Ticking {
    fn now(&self) -> Duration {
        self.0.set(self.0.get() + 1);
        Duration::from_nanos(self.0.get())
    }

    fn wait(&self, _: Option<Duration>) {}
}

#[test]
fn rounds_in_which_the_clock_moves_are_no_livelock() {
    let event_loop = EventLoop::with_clock(Ticking::default());
    event_loop.set_livelock_rounds(10);
    event_loop.set_livelock_is_error(true);
    let warned = livelocks(|| {
        let main = async {
            // A timer makes the loop look at the clock in each round.
            let sleeper = spawn_named("sleeper", sleep(Duration::from_secs(1)))?;
            yields(200).await?;
            sleeper.cancel();
            Ok(())
        };
        event_loop.run_until_complete(main).unwrap();
    });
    assert_eq!(warned.len(), 0);
}
