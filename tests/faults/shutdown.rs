//! The end of `run`: it closes the loop after the clean-up, as CPython's `asyncio.run` does.

use std::rc::Rc;

use tminus::{EventLoop, Exception, event_loop::spawn_named, sleep, spawn, yield_now};

use crate::{HOUR, error, handler_calls, ms, new_loop, support::Log};

/// Waits to be cancelled, and then fails with this.
async fn fails_in_its_clean_up(message: &'static str) -> Result<(), Exception> {
    drop(sleep(HOUR).await);
    Err(error(message))
}

#[test]
fn done_callbacks_of_what_run_cancels_are_called() {
    let (event_loop, log) = (new_loop(), Log::default());
    let calls = log.clone();
    let main = async move {
        let sleeper = spawn_named("sleeper", sleep(HOUR))?;
        let first = calls.clone();
        sleeper.add_done_callback(move |_| first.add("sleeper"));
        let slow = spawn_named("slow", async {
            drop(sleep(HOUR).await);
            sleep(ms(5)).await
        })?;
        slow.add_done_callback(move |_| calls.add("slow"));
        yield_now().await
    };
    event_loop.run(main).unwrap();
    assert_eq!(log.take(), ["sleeper", "slow"]);
}

#[test]
fn what_a_clean_up_spawns_is_started() {
    let (event_loop, log) = (new_loop(), Log::default());
    let started = log.clone();
    let main = async move {
        spawn(async move {
            let end = sleep(HOUR).await;
            spawn(async move {
                started.add("started");
                sleep(HOUR).await
            })?;
            end
        })?;
        yield_now().await
    };
    event_loop.clone().run(main).unwrap();
    assert_eq!(log.take(), ["started"]);
    assert_eq!(event_loop.time(), ms(0)); // and it is not waited for
}

#[test]
fn what_a_done_callback_spawns_while_run_cleans_up_is_started() {
    let (event_loop, log) = (new_loop(), Log::default());
    let started = log.clone();
    let main = async move {
        let sleeper = spawn(sleep(HOUR))?;
        sleeper.add_done_callback(move |_| {
            let start = async move {
                started.add("started");
                Ok(())
            };
            spawn(start).map(drop)
        });
        yield_now().await
    };
    event_loop.run(main).unwrap();
    assert_eq!(log.take(), ["started"]);
}

#[test]
fn a_callback_that_main_schedules_in_its_last_turn_is_called() {
    let (event_loop, log) = (new_loop(), Log::default());
    let called = log.clone();
    let main = async move {
        EventLoop::running()?.call_soon(move || called.add("called"))?;
        Ok(())
    };
    event_loop.run(main).unwrap();
    assert_eq!(log.take(), ["called"]);
}

/// It is reported as an error of the shutdown, and not again as one that was never retrieved.
#[test]
fn an_error_in_a_clean_up_goes_to_the_exception_handler_once() {
    let event_loop = new_loop();
    let handled = handler_calls(&event_loop);
    let main = async {
        spawn(fails_in_its_clean_up("first"))?;
        spawn(fails_in_its_clean_up("second"))?;
        yield_now().await?;
        Ok("result")
    };
    assert_eq!(event_loop.run(main).unwrap(), "result");
    assert_eq!(handled.get(), 2);
}

#[test]
fn an_error_of_main_is_returned_and_one_of_the_clean_up_is_reported() {
    let event_loop = new_loop();
    let handled = handler_calls(&event_loop);
    let main = async {
        spawn(fails_in_its_clean_up("clean-up"))?;
        yield_now().await?;
        Err::<(), _>(error("main"))
    };
    let end = event_loop.run(main).unwrap_err();
    assert_eq!(
        (end.to_string(), handled.get()),
        ("ValueError: main".into(), 1)
    );
}

#[test]
fn a_panic_in_a_clean_up_is_reported_and_the_others_clean_up() {
    let (event_loop, log) = (new_loop(), Log::default());
    let handled = handler_calls(&event_loop);
    let clean = log.clone();
    let main = async move {
        spawn(async {
            drop(sleep(HOUR).await);
            panic!("in the clean-up") as Result<(), Exception>
        })?;
        spawn(async move {
            let end = sleep(HOUR).await;
            sleep(ms(5)).await?;
            clean.add("clean");
            end
        })?;
        yield_now().await
    };
    event_loop.run(main).unwrap();
    assert_eq!((handled.get(), log.take()), (1, vec!["clean".into()]));
}

#[test]
fn tasks_that_end_cancelled_or_with_a_result_are_not_reported() {
    let event_loop = new_loop();
    let handled = handler_calls(&event_loop);
    let main = async {
        spawn(sleep(HOUR))?;
        spawn(async {
            drop(sleep(HOUR).await);
            Ok("a result")
        })?;
        yield_now().await
    };
    event_loop.run(main).unwrap();
    assert_eq!(handled.get(), 0);
}

#[test]
fn what_is_still_there_when_the_loop_closes_is_dropped() {
    let held = Rc::new(());
    let (event_loop, kept) = (new_loop(), held.clone());
    let main = async move {
        spawn(async move {
            drop(sleep(HOUR).await);
            spawn(async move {
                let _kept = kept;
                sleep(HOUR).await
            })
            .map(drop)
        })?;
        yield_now().await
    };
    event_loop.run(main).unwrap();
    assert_eq!(Rc::strong_count(&held), 1);
}
