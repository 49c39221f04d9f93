//! Callbacks: `call_soon`, `call_later`, `call_at`, their handles, and who hears of their errors.

use tminus::{Exception, sleep};

use crate::{
    error, ms, new_loop,
    support::{Log, reported},
};

#[test]
fn callbacks_run_in_the_order_of_scheduling_and_what_they_schedule_runs_in_the_next_turn() {
    let event_loop = new_loop();
    let log = Log::default();
    for name in ["a", "b"] {
        let (log, inner) = (log.clone(), event_loop.clone());
        let callback = move || {
            log.add(name);
            let log = log.clone();
            inner.call_soon(move || log.add(format!("{name} again")))?;
            Ok(())
        };
        event_loop.call_soon(callback).unwrap();
    }
    event_loop.stop(); // after one turn
    event_loop.run_forever().unwrap();
    assert_eq!(log.take(), ["a", "b"]);
    event_loop.stop();
    event_loop.run_forever().unwrap();
    assert_eq!(log.take(), ["a again", "b again"]);
}

#[test]
fn a_handle_tells_when_and_takes_its_callback_back() {
    let event_loop = new_loop();
    let log = Log::default();
    let (soon, later, at) = (log.clone(), log.clone(), log.clone());
    let soon = event_loop.call_soon(move || soon.add("soon")).unwrap();
    let later = event_loop
        .call_later(ms(5), move || later.add("later"))
        .unwrap();
    let at = event_loop.call_at(ms(9), move || at.add("at")).unwrap();
    assert_eq!(
        [soon.when(), later.when(), at.when()],
        [None, Some(ms(5)), Some(ms(9))]
    );
    later.cancel();
    later.cancel(); // twice is once
    assert_eq!(
        [soon.cancelled(), later.cancelled(), at.cancelled()],
        [false, true, false]
    );
    drop(at); // changes nothing
    event_loop.run_until_complete(sleep(ms(20))).unwrap();
    assert_eq!(log.take(), ["soon", "at"]);
    soon.cancel(); // too late, and harmless
    assert_eq!(
        format!("{later:?}"),
        "Handle { cancelled: true, when: Some(5ms) }"
    );
}

#[test]
fn a_callback_can_cancel_one_that_is_ready_already() {
    let event_loop = new_loop();
    let log = Log::default();
    let second = log.clone();
    let slot = std::rc::Rc::new(std::cell::OnceCell::<tminus::event_loop::Handle>::new());
    let victim = slot.clone();
    event_loop
        .call_soon(move || victim.get().expect("it was put there").cancel())
        .unwrap();
    let handle = event_loop.call_soon(move || second.add("second")).unwrap();
    slot.set(handle).unwrap();
    event_loop.run_until_complete(sleep(ms(1))).unwrap();
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn errors_and_panics_in_callbacks_go_to_the_exception_handler_and_the_loop_goes_on() {
    let event_loop = new_loop();
    let log = Log::default();
    let (handler, last) = (log.clone(), log.clone());
    event_loop.set_exception_handler(move |context| handler.add(context.exception().to_string()));
    event_loop.call_soon(|| Err(error("no"))).unwrap();
    let panics = || -> Result<(), Exception> { panic!("boom") };
    event_loop.call_soon(panics).unwrap();
    event_loop.call_soon(move || last.add("last")).unwrap();
    event_loop.run_until_complete(sleep(ms(1))).unwrap();
    assert_eq!(log.take(), ["ValueError: no", "Panic: boom", "last"]);
}

#[test]
fn without_a_handler_they_are_reported_and_a_handler_that_panics_is_too() {
    let event_loop = new_loop();
    let twice = || {
        event_loop.call_soon(|| Err(error("no"))).unwrap();
        event_loop.run_until_complete(sleep(ms(1))).unwrap();
    };
    assert_eq!(reported(twice), ["exception in a callback: ValueError: no"]);
    event_loop.set_exception_handler(|_| panic!("and this"));
    assert_eq!(
        reported(twice),
        ["the exception handler panicked: Panic: and this"]
    );
}

#[test]
fn in_a_callback_no_task_is_current() {
    let event_loop = new_loop();
    let log = Log::default();
    let (heard, same) = (log.clone(), event_loop.clone());
    let callback = move || {
        assert!(same.current_task().is_none());
        heard.add(tminus::event_loop::current_task().unwrap_err().to_string());
    };
    event_loop.call_soon(callback).unwrap();
    event_loop.run_until_complete(sleep(ms(1))).unwrap();
    assert_eq!(
        log.take(),
        ["RuntimeError: no task is running: this is a callback"]
    );
}

#[test]
fn callbacks_can_spawn_tasks() {
    let event_loop = new_loop();
    let log = Log::default();
    let spawned = log.clone();
    let callback = move || {
        tminus::spawn(async move {
            sleep(ms(1)).await?;
            spawned.add("spawned");
            Ok(())
        })?;
        Ok::<(), Exception>(())
    };
    event_loop.call_soon(callback).unwrap();
    event_loop.run_until_complete(sleep(ms(2))).unwrap();
    assert_eq!(log.take(), ["spawned"]);
}
