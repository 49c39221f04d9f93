//! The loop's life: to run, to stop, to close; and what is left of it.

use std::{cell::Cell, rc::Rc};

use futures::FutureExt;
use tminus::{EventLoop, Exception, event_loop, sleep, spawn, yield_now};

use crate::{
    error, ms, new_loop,
    support::{Log, reported},
};

/// Counts itself while it is there.
struct Counted(Rc<Cell<u32>>);

impl Counted {
    fn new(count: &Rc<Cell<u32>>) -> Self {
        count.set(count.get() + 1);
        Self(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

async fn yields_forever() -> Result<(), Exception> {
    loop {
        yield_now().await?;
    }
}

#[test]
fn run_until_complete_takes_a_future_a_task_or_any_body_and_gives_its_result() {
    let event_loop = new_loop();
    assert_eq!(event_loop.run_until_complete(async { Ok(1) }).unwrap(), 1);
    let task = event_loop.create_task(async { Ok(2) }).unwrap();
    assert_eq!(event_loop.run_until_complete(task.clone()).unwrap(), 2);
    assert_eq!(event_loop.run_until_complete(task).unwrap(), 2); // it is done, and that is no matter
    let future = event_loop.create_future();
    future.set_result(3).unwrap();
    assert_eq!(event_loop.run_until_complete(future).unwrap(), 3);
    let failed = event_loop.run_until_complete(async { Err::<(), _>(error("no")) });
    assert_eq!(failed.unwrap_err().to_string(), "ValueError: no");
    assert!(event_loop.all_tasks().is_empty()); // a task or a future got no task of its own
}

#[test]
fn other_tasks_stay_as_they_are_between_runs() {
    let event_loop = new_loop();
    let other = event_loop.create_task(sleep(ms(10))).unwrap();
    event_loop.run_until_complete(sleep(ms(3))).unwrap();
    assert!(!other.done());
    assert_eq!(event_loop.all_tasks(), [other.any()]);
    event_loop.run_until_complete(other).unwrap();
    assert_eq!(event_loop.time(), ms(10));
}

#[test]
fn run_forever_runs_until_stop_and_the_turn_of_the_stop_is_finished() {
    let event_loop = new_loop();
    let log = Log::default();
    let (stops, stopped) = (log.clone(), event_loop.clone());
    let stop = move || {
        stops.add("stop");
        stopped.stop();
        let next = stops.clone();
        stopped.call_soon(move || next.add("next turn")).map(drop)
    };
    let same = log.clone();
    event_loop.call_later(ms(5), stop).unwrap();
    event_loop
        .call_later(ms(5), move || same.add("same turn"))
        .unwrap();
    event_loop.run_forever().unwrap();
    assert_eq!(log.take(), ["stop", "same turn"]);
    assert_eq!(event_loop.time(), ms(5));
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(log.take(), ["next turn"]);
}

#[test]
fn a_loop_that_is_stopped_before_main_is_done_says_so_and_can_go_on() {
    let event_loop = new_loop();
    let stopped = event_loop.clone();
    let main = event_loop.create_task(sleep(ms(10))).unwrap();
    event_loop
        .call_later(ms(5), move || stopped.stop())
        .unwrap();
    let early = event_loop.run_until_complete(main.clone()).unwrap_err();
    assert_eq!(
        early.to_string(),
        "RuntimeError: Event loop stopped before Future completed."
    );
    event_loop.run_until_complete(main).unwrap();
}

#[test]
fn a_main_that_stops_the_loop_in_its_last_step_does_not_stop_the_next_run() {
    let event_loop = new_loop();
    let stopped = event_loop.clone();
    let main = async move {
        stopped.stop();
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    event_loop.run_until_complete(sleep(ms(5))).unwrap();
    assert_eq!(event_loop.time(), ms(5));
}

#[test]
fn it_tells_whether_it_runs_and_is_closed() {
    let event_loop = new_loop();
    let same = event_loop.clone();
    let inside = event_loop.run_until_complete(async move {
        Ok((same.is_running(), same.close().unwrap_err().to_string()))
    });
    assert_eq!(
        inside.unwrap(),
        (
            true,
            "RuntimeError: Cannot close a running event loop".into()
        )
    );
    assert!(!event_loop.is_running() && !event_loop.is_closed());
    event_loop.close().unwrap();
    event_loop.close().unwrap(); // twice is once
    assert!(event_loop.is_closed());
    let shown = "EventLoop { running: false, closed: true, time: 0ns, tasks: [] }";
    assert_eq!(format!("{event_loop:?}"), shown);
}

#[test]
fn a_closed_loop_refuses_all_work() {
    let event_loop = new_loop();
    let remote = event_loop.remote();
    event_loop.close().unwrap();
    let refusals = [
        event_loop.call_soon(|| ()).map(drop),
        event_loop.call_later(ms(1), || ()).map(drop),
        event_loop.call_at(ms(1), || ()).map(drop),
        event_loop.create_task(async { Ok(()) }).map(drop),
        event_loop
            .create_named_task("t", async { Ok(()) })
            .map(drop),
        event_loop.run_until_complete(async { Ok(()) }),
        event_loop.run_forever(),
        remote.call_soon_threadsafe(|| Ok(())),
        event_loop.run(async { Ok(()) }),
    ];
    for refusal in refusals {
        let refusal = refusal.unwrap_err().to_string();
        assert_eq!(refusal, "RuntimeError: Event loop is closed");
    }
}

#[test]
fn a_loop_inside_a_running_loop_is_refused() {
    let main = async {
        let inner = [
            new_loop().run_until_complete(async { Ok(()) }),
            new_loop().run_forever(),
            tminus::run(async { Ok(()) }),
        ];
        Ok(inner.map(|refused| refused.unwrap_err().to_string()))
    };
    let nested = || {
        let refusals = new_loop().run_until_complete(main).unwrap();
        let text = "RuntimeError: an event loop is already running on this thread: await, or spawn a task, \
            instead of running another";
        assert_eq!(refusals, [text; 3]);
    };
    assert_eq!(reported(nested), [""; 0]);
}

#[test]
fn outside_a_loop_the_free_functions_fail_with_a_clear_error() {
    let outside = "RuntimeError: no running event loop on this thread: call this in a task, and start that by `tminus::run`";
    let refusals = [
        spawn(async { Ok(()) }).map(drop).unwrap_err(),
        event_loop::spawn_named("t", async { Ok(()) })
            .map(drop)
            .unwrap_err(),
        event_loop::current_task().map(drop).unwrap_err(),
        sleep(ms(1)).now_or_never().unwrap().unwrap_err(),
        yield_now().now_or_never().unwrap().unwrap_err(),
    ];
    assert_eq!(refusals.map(|refusal| refusal.to_string()), [outside; 5]);
}

#[test]
fn a_panic_that_passes_through_leaves_no_loop_running() {
    struct Bad;
    impl tminus::clock::Clock for Bad {
        fn now(&self) -> std::time::Duration {
            ms(0)
        }
        fn wait(&self, _: Option<std::time::Duration>) {
            panic!("no time");
        }
    }
    let bad = EventLoop::with_clock(Bad);
    let run = std::panic::AssertUnwindSafe(|| bad.run_until_complete(sleep(ms(1))));
    assert!(std::panic::catch_unwind(run).is_err());
    assert!(!bad.is_running());
    assert_eq!(new_loop().run_until_complete(async { Ok(1) }).unwrap(), 1);
}

#[test]
fn two_loops_run_one_after_the_other_on_one_thread() {
    for _ in 0..2 {
        let names = tminus::run(async {
            let task = spawn(async { Ok(event_loop::current_task()?.name()) })?;
            task.await
        });
        assert_eq!(names.unwrap(), "Task-2");
    }
    let (first, second) = (new_loop(), new_loop());
    for event_loop in [&first, &second, &first] {
        event_loop.run_until_complete(sleep(ms(1))).unwrap();
    }
    assert_eq!((first.time(), second.time()), (ms(2), ms(1)));
}

/// Asyncio's `run`.
mod run {
    use super::*;

    #[test]
    fn it_gives_the_result_cancels_what_is_left_and_lets_it_clean_up() {
        let log = Log::default();
        let main = {
            let log = log.clone();
            async move {
                for name in ["a", "b"] {
                    let log = log.clone();
                    spawn(async move {
                        let stopped = sleep(ms(1000)).await.unwrap_err();
                        log.add(format!("{name} {stopped}"));
                        sleep(ms(5)).await?; // a clean-up may wait
                        log.add(format!("{name} is clean"));
                        Err::<(), _>(stopped)
                    })?;
                }
                sleep(ms(1)).await?;
                Ok("result")
            }
        };
        let event_loop = new_loop();
        assert_eq!(event_loop.clone().run(main).unwrap(), "result");
        assert_eq!(
            log.take(),
            ["a Cancelled", "b Cancelled", "a is clean", "b is clean"]
        );
        assert_eq!(event_loop.time(), ms(6));
        assert!(event_loop.is_closed());
    }

    #[test]
    fn it_closes_the_loop_when_main_fails_too() {
        let event_loop = new_loop();
        let failed = event_loop.clone().run(async { Err::<(), _>(error("no")) });
        assert_eq!(failed.unwrap_err().to_string(), "ValueError: no");
        assert!(event_loop.is_closed());
    }

    #[test]
    fn a_stop_while_it_cleans_up_stops_nothing() {
        let event_loop = new_loop();
        let stopped = event_loop.clone();
        let main = async move {
            spawn(async move {
                let cancelled = sleep(ms(1000)).await;
                stopped.stop();
                sleep(ms(5)).await?;
                cancelled
            })?;
            yield_now().await
        };
        event_loop.clone().run(main).unwrap();
        assert_eq!(event_loop.time(), ms(5));
    }

    #[test]
    fn a_clean_up_that_is_stuck_is_reported_and_not_waited_for() {
        let event_loop = new_loop();
        let never = event_loop.create_future::<()>();
        let main = async move {
            spawn(async move {
                drop(sleep(ms(1000)).await);
                never.await
            })?;
            yield_now().await
        };
        let errors = reported(|| event_loop.run(main).unwrap());
        assert_eq!(errors.len(), 1);
        assert!(
            errors[0].contains("task \"Task-2\" waits for a future"),
            "{errors:?}"
        );
    }
}

/// Who holds what: nothing is left when the loop is gone.
mod leaks {
    use super::*;

    #[test]
    fn to_drop_a_loop_drops_the_bodies_of_its_tasks() {
        let count = Rc::new(Cell::new(0));
        let event_loop = new_loop();
        let never = event_loop.create_future::<()>();
        let (a, b, c) = (
            Counted::new(&count),
            Counted::new(&count),
            Counted::new(&count),
        );
        let first = event_loop.create_task(async move {
            let _a = a;
            never.await
        });
        let first = first.unwrap();
        let second = event_loop.create_task(async move {
            let _b = b;
            first.await // so the two hold each other
        });
        drop(second.unwrap());
        event_loop.call_later(ms(1000), move || drop(c)).unwrap();
        event_loop.run_until_complete(sleep(ms(1))).unwrap();
        assert_eq!(count.get(), 3);
        drop(event_loop);
        assert_eq!(count.get(), 0);
    }

    #[test]
    fn tasks_that_sleep_give_way_or_wait_outside_do_not_hold_their_loop() {
        let count = Rc::new(Cell::new(0));
        let event_loop = new_loop();
        let counted = [(); 4].map(|()| Counted::new(&count));
        let [a, b, c, d] = counted;
        let sleeps = event_loop.create_task(async move {
            let _a = a;
            sleep(ms(1000)).await
        });
        let gives_way = event_loop.create_task(async move {
            let _b = b;
            yields_forever().await
        });
        let gives_way = gives_way.unwrap();
        let outside = event_loop.create_task(async move {
            let _c = c;
            event_loop::cancellable(std::future::pending::<()>()).await
        });
        let generator = event_loop.create_task(tminus::Generator::new(async move |co| {
            let _d = d;
            loop {
                if co.yield_(()).await.is_err() {
                    return Ok(());
                }
            }
        }));
        event_loop.run_until_complete(yield_now()).unwrap();
        assert_eq!(count.get(), 4);
        drop(event_loop);
        assert_eq!(count.get(), 0);
        let done = [
            sleeps.unwrap().done(),
            gives_way.done(),
            outside.unwrap().done(),
            generator.unwrap().done(),
        ];
        assert_eq!(done, [false; 4]);
    }

    #[test]
    fn a_task_that_never_ran_is_dropped_with_its_loop() {
        let count = Rc::new(Cell::new(0));
        let counted = Counted::new(&count);
        let event_loop = new_loop();
        let task = event_loop.create_task(async move {
            drop(counted);
            Ok(())
        });
        drop(event_loop);
        assert_eq!(count.get(), 0); // though there is a handle
        assert!(!task.unwrap().done());
    }

    #[test]
    fn to_close_a_loop_breaks_the_circles_that_lead_back_to_it() {
        let count = Rc::new(Cell::new(0));
        let event_loop = new_loop();
        let (held, handler) = (event_loop.clone(), event_loop.clone());
        let (counted, also) = (Counted::new(&count), Counted::new(&count));
        let body = async move {
            let _counted = counted;
            held.create_future::<()>().await
        };
        drop(event_loop.create_task(body).unwrap());
        event_loop.set_exception_handler(move |_| {
            let _also = (&handler, &also);
        });
        event_loop.run_until_complete(yield_now()).unwrap();
        event_loop.close().unwrap();
        assert_eq!(count.get(), 0);
    }

    #[test]
    fn a_closed_loop_keeps_no_callback_of_a_future_that_is_set_afterwards() {
        let count = Rc::new(Cell::new(0));
        let event_loop = new_loop();
        let (future, held) = (event_loop.create_future(), event_loop.clone());
        let counted = Counted::new(&count);
        future.add_done_callback(move |_| drop((held, counted)));
        event_loop.close().unwrap();
        let refused = future.set_result(()).unwrap_err();
        assert_eq!(refused.to_string(), "RuntimeError: Event loop is closed");
        drop((future, event_loop));
        assert_eq!(count.get(), 0);
    }

    #[test]
    fn a_body_may_use_the_loop_while_it_is_dropped() {
        struct Last(EventLoop, tminus::LoopFuture<()>, Log);
        impl Drop for Last {
            fn drop(&mut self) {
                let refused = self.0.call_soon(|| ()).unwrap_err();
                self.2.add(refused.to_string());
                self.1.set_result(()).unwrap();
            }
        }
        let event_loop = new_loop();
        let log = Log::default();
        let future = event_loop.create_future();
        let last = Last(event_loop.clone(), future.clone(), log.clone());
        let other = future.clone();
        event_loop.create_task(other).unwrap();
        let body = async move {
            let _last = last;
            sleep(ms(1000)).await
        };
        event_loop.create_task(body).unwrap();
        event_loop.run_until_complete(yield_now()).unwrap();
        event_loop.close().unwrap();
        assert_eq!(log.take(), ["RuntimeError: Event loop is closed"]);
        assert!(future.done());
    }

    #[test]
    fn a_long_chain_of_tasks_is_dropped_without_recursion() {
        let count = Rc::new(Cell::new(0));
        let event_loop = new_loop();
        let mut last = event_loop.create_task(sleep(ms(1000))).unwrap();
        for _ in 0..100_000 {
            let counted = Counted::new(&count);
            let body = async move {
                let _counted = counted;
                last.await
            };
            last = event_loop.create_task(body).unwrap();
        }
        event_loop.run_until_complete(yield_now()).unwrap();
        drop(last);
        event_loop.close().unwrap();
        assert_eq!(count.get(), 0);
    }

    #[test]
    fn a_body_that_panics_while_it_is_dropped_is_reported_and_the_others_are_dropped() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("boom");
            }
        }
        let count = Rc::new(Cell::new(0));
        let event_loop = new_loop();
        let counted = Counted::new(&count);
        let bomb = async {
            let _bomb = Bomb;
            sleep(ms(1000)).await
        };
        event_loop.create_task(bomb).unwrap();
        let other = async move {
            let _counted = counted;
            sleep(ms(1000)).await
        };
        event_loop.create_task(other).unwrap();
        event_loop.run_until_complete(yield_now()).unwrap();
        assert_eq!(
            reported(|| event_loop.close().unwrap()),
            ["exception in a callback: Panic: boom"]
        );
        assert_eq!(count.get(), 0);
    }
}

/// CPython's `run` closes the async generators and the default executor after it has cancelled the tasks. Both take rounds, in
/// which what a clean-up has spawned runs on.
#[test]
fn what_a_clean_up_spawns_has_turns_until_the_loop_is_closed() -> Result<(), Exception> {
    let log = Log::default();
    let turns = log.clone();
    let late = async move {
        for n in 0..20 {
            turns.add(n.to_string());
            yield_now().await?;
        }
        Ok(())
    };
    new_loop().run(async move {
        spawn(async move {
            sleep(ms(3_600_000)).await.unwrap_err();
            spawn(late).map(drop)
        })?;
        yield_now().await
    })?;
    assert_eq!(log.take(), ["0", "1", "2", "3", "4", "5"]);
    Ok(())
}
