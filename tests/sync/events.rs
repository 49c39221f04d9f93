//! Something that happens once for all who wait.

use futures::FutureExt;
use tminus::{Kind, spawn, sync::Event, yield_now};

use crate::{at_once, dropped_after, new_loop, run, support::Log, turns};

#[test]
fn all_who_wait_go_on_in_the_order_of_coming_in_the_turn_after() {
    let log = Log::default();
    let logged = log.clone();
    run(async move {
        let event = Event::new();
        for name in ["a", "b", "c"] {
            let (event, log) = (event.clone(), logged.clone());
            spawn(async move {
                event.wait().await?;
                log.add(name);
                Ok(())
            })?;
        }
        yield_now().await?;
        event.set();
        event.set(); // once is enough
        logged.add("set");
        turns(2).await
    })
    .unwrap();
    assert_eq!(log.take(), ["set", "a", "b", "c"]);
}

#[test]
fn one_that_is_set_is_not_waited_for_even_outside_a_loop() {
    let event = Event::new();
    let refused = event.wait().now_or_never().unwrap().unwrap_err();
    assert_eq!(refused.kind(), Kind::RuntimeError);
    event.set();
    at_once(event.wait());
    assert!(event.is_set());
    assert_eq!(format!("{event:?}"), "Event { set: true }");
}

#[test]
fn who_was_woken_stays_awake_when_it_is_cleared_and_who_comes_later_waits() {
    let ends = run(async {
        let event = Event::new();
        let early = spawn(event.wait())?;
        yield_now().await?;
        event.set();
        event.clear();
        let late = spawn(event.wait())?;
        turns(3).await?;
        let ends = (early.done(), late.done());
        event.set();
        late.await?;
        Ok(ends)
    });
    assert_eq!(ends.unwrap(), (true, false));
}

#[test]
fn to_cancel_or_drop_one_who_waits_changes_nothing_for_the_others() {
    run(async {
        let event = Event::new();
        let [a, b] = [spawn(event.wait())?, spawn(event.wait())?];
        yield_now().await?;
        a.cancel();
        assert!(dropped_after(1, event.wait()).await.is_none());
        event.set();
        assert!(a.cancelled());
        b.await
    })
    .unwrap();
}

#[test]
fn it_is_set_for_fifty_thousand_in_no_time() {
    let event_loop = new_loop();
    let event = Event::new();
    let wait = |_| event_loop.create_task(event.wait()).unwrap();
    let tasks: Vec<_> = (0..50_000).map(wait).collect();
    event_loop.run_until_complete(yield_now()).unwrap();
    event.set();
    event_loop.run_until_complete(turns(1)).unwrap();
    assert!(tasks.iter().all(|task| task.done()));
}
