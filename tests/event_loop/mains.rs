//! The main of a run can borrow, and is a task like others.

use std::{cell::Cell, rc::Rc};

use tminus::{
    Exception, Kind,
    event_loop::{TaskRef, all_tasks, current_task},
    run, sleep, spawn, yield_now,
};

use crate::{ms, new_loop, support::Log};

#[test]
fn main_borrows_from_the_caller() {
    let (mut log, text) = (Vec::new(), String::from("lift-off"));
    run(async {
        log.push(1);
        yield_now().await?;
        log.push(text.len());
        Ok(())
    })
    .unwrap();
    let event_loop = new_loop();
    event_loop
        .run_until_complete(async {
            sleep(ms(1)).await?;
            log.push(2);
            Ok(())
        })
        .unwrap();
    event_loop.run(async { log.push(3) }).unwrap();
    assert_eq!(log, [1, 8, 2, 3]);
}

#[test]
fn main_is_a_task_with_a_name_that_others_can_see_and_cancel() {
    let mut caught = None;
    run(async {
        let main = current_task()?;
        assert_eq!(main.name(), "Task-1");
        assert_eq!(all_tasks()?, std::slice::from_ref(&main));
        let canceller = spawn(async move { main.cancel_with("enough") })?;
        caught = sleep(ms(1000)).await.err();
        assert!(canceller.await?);
        Ok(())
    })
    .unwrap();
    assert_eq!(caught.unwrap().to_string(), "Cancelled: enough");
}

#[test]
fn a_main_that_is_cancelled_before_its_first_turn_never_runs() {
    let event_loop = new_loop();
    let cancels = |event_loop: &tminus::EventLoop| {
        for task in event_loop.all_tasks() {
            task.cancel();
        }
    };
    let other = event_loop.clone();
    event_loop.call_soon(move || cancels(&other)).unwrap();
    let mut has_run = false;
    let error = event_loop
        .run_until_complete(async {
            has_run = true;
            Ok(())
        })
        .unwrap_err();
    assert_eq!((error.kind(), has_run), (Kind::Cancelled, false));
}

/// Counts when it is dropped.
struct Dropped<'a>(&'a Cell<u32>);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn a_panic_in_main_ends_it_and_its_body_is_dropped_once() {
    let dropped = Cell::new(0);
    let error = run(async {
        let _dropped = Dropped(&dropped);
        yield_now().await?;
        assert!(dropped.get() > 7, "no fuel");
        Ok(())
    });
    assert_eq!(error.unwrap_err().kind(), Kind::Panic);
    assert_eq!(dropped.get(), 1);
}

#[test]
fn a_main_that_is_not_done_when_its_run_ends_is_dropped_and_ends_as_cancelled() {
    let dropped = Cell::new(0);
    let event_loop = new_loop();
    let tasks = Rc::new(Cell::new(Vec::new()));
    let seen = tasks.clone();
    let error = event_loop
        .run_until_complete(async {
            let _dropped = Dropped(&dropped);
            seen.set(all_tasks()?);
            tminus::EventLoop::running()?.stop();
            sleep(ms(1)).await
        })
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "RuntimeError: Event loop stopped before Future completed."
    );
    assert_eq!(dropped.get(), 1);
    assert!(tasks.take()[0].cancelled());
    assert_eq!(event_loop.all_tasks(), []);
    event_loop.run_until_complete(sleep(ms(5))).unwrap();
}

#[test]
fn a_task_as_main_goes_on_after_a_run_that_was_stopped() {
    let event_loop = new_loop();
    let main = event_loop
        .create_task(async {
            tminus::EventLoop::running()?.stop();
            sleep(ms(1)).await?;
            Ok(String::from("done"))
        })
        .unwrap();
    event_loop.run_until_complete(main.clone()).unwrap_err();
    assert_eq!(event_loop.run_until_complete(main).unwrap(), "done");
}

#[test]
fn a_handle_as_main_is_no_further_task_and_takes_no_further_round() {
    let event_loop = new_loop();
    let task = event_loop
        .create_task(async { Ok(all_tasks()?.len()) })
        .unwrap();
    let before = event_loop.rounds();
    assert_eq!(event_loop.run_until_complete(task).unwrap(), 1);
    assert_eq!(event_loop.rounds() - before, 2);
    let future = event_loop.create_future();
    future.set_result(7).unwrap();
    let before = event_loop.rounds();
    assert_eq!(event_loop.run_until_complete(future.clone()).unwrap(), 7);
    assert_eq!(event_loop.rounds() - before, 1);
    let refused = new_loop().run_until_complete(future).unwrap_err();
    assert_eq!(refused.kind(), Kind::ValueError);
}

#[test]
fn a_main_that_an_interrupt_leaves_behind_cleans_up_before_run_returns() {
    let mut log = Vec::new();
    let error = new_loop().run(async {
        drop(spawn(async {
            Err::<(), Exception>(Kind::KeyboardInterrupt.into())
        })?);
        let slept = sleep(ms(1000)).await;
        log.push(slept.unwrap_err().to_string());
        sleep(ms(1)).await?;
        log.push("cleaned up".into());
        Ok(())
    });
    assert_eq!(error.unwrap_err().kind(), Kind::KeyboardInterrupt);
    assert_eq!(log, ["Cancelled", "cleaned up"]);
}

#[test]
fn a_main_that_returns_although_it_was_cancelled_in_its_last_turn_is_cancelled() {
    let value = Rc::new(());
    let result = run(async {
        current_task()?.cancel();
        Ok(value.clone())
    });
    assert_eq!(result.unwrap_err().kind(), Kind::Cancelled);
    assert_eq!(Rc::strong_count(&value), 1);
}

/// As in CPython. Whoever asks later gets a new one with the message of the request, and here there was no request.
#[test]
fn whoever_asks_first_gets_the_very_cancelled_that_main_raised() {
    let (event_loop, log) = (new_loop(), Log::default());
    let logged = log.clone();
    let end = event_loop.run_until_complete(async move {
        let asks = move |main: &TaskRef| logged.add(main.exception().unwrap_err().to_string());
        current_task()?.add_done_callback(asks);
        Err::<(), _>(Exception::new(Kind::Cancelled, "by itself"))
    });
    assert_eq!(log.take(), ["Cancelled: by itself"]);
    assert_eq!(end.unwrap_err().to_string(), "Cancelled");
}
