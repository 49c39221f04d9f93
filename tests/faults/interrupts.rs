//! `KeyboardInterrupt`, wherever it is raised, ends the run immediately. The orders are those of CPython 3.13.

use std::rc::Rc;

use tminus::{EventLoop, Exception, Kind, TaskGroup, gather, sleep, spawn, yield_now};

use crate::{
    HOUR, handler_calls, ms, new_loop,
    support::{Log, without_places},
};

fn interrupt<T>(message: &'static str) -> Result<T, Exception> {
    Err(Exception::new(Kind::KeyboardInterrupt, message))
}

const ME: &str = "KeyboardInterrupt: me";

/// A task that logs its turns, and whether it was cancelled.
async fn takes_turns(log: Log, name: &'static str) -> Result<(), Exception> {
    log.add(format!("{name} first"));
    yield_now().await?;
    log.add(format!("{name} second"));
    let ended = sleep(HOUR).await;
    log.add(format!("{name} {}", without_places(&ended)));
    ended
}

async fn interrupts(log: Log) -> Result<(), Exception> {
    log.add("interrupts");
    interrupt("me")
}

#[test]
fn raised_in_a_task_it_ends_the_run_before_any_other_turn() {
    let (event_loop, log) = (new_loop(), Log::default());
    let tasks = [
        event_loop
            .create_task(takes_turns(log.clone(), "a"))
            .unwrap(),
        event_loop.create_task(interrupts(log.clone())).unwrap(),
        event_loop
            .create_task(takes_turns(log.clone(), "b"))
            .unwrap(),
    ];
    let main = event_loop.create_task(sleep(HOUR)).unwrap();
    let end = event_loop.run_until_complete(main.clone()).unwrap_err();
    assert_eq!(end.to_string(), ME);
    assert_eq!(log.take(), ["a first", "interrupts"]);
    assert_eq!(
        tasks.each_ref().map(tminus::Task::done),
        [false, true, false]
    );
    assert!(!main.done() && !event_loop.is_running() && !event_loop.is_closed());
    assert_eq!(tasks[1].exception().unwrap().unwrap().to_string(), ME);
}

#[test]
fn the_next_run_continues_after_the_interrupted_turn() {
    let (event_loop, log) = (new_loop(), Log::default());
    event_loop
        .create_task(takes_turns(log.clone(), "a"))
        .unwrap();
    event_loop.create_task(interrupts(log.clone())).unwrap();
    event_loop
        .create_task(takes_turns(log.clone(), "b"))
        .unwrap();
    assert_eq!(event_loop.run_forever().unwrap_err().to_string(), ME);
    event_loop.run_until_complete(yield_now()).unwrap();
    let order = ["a first", "interrupts", "b first", "a second", "b second"];
    assert_eq!(log.take(), order);
}

#[test]
fn raised_in_main_it_is_the_end_of_main_and_of_the_run() {
    let event_loop = new_loop();
    let main = event_loop
        .create_task(async { interrupt::<()>("me") })
        .unwrap();
    let end = event_loop.run_until_complete(main.clone()).unwrap_err();
    assert_eq!((end.to_string(), main.done()), (ME.into(), true));
}

/// Has the loop run a callback that interrupts.
type Calls = fn(&EventLoop);

#[test]
fn raised_in_a_callback_it_ends_the_run_and_no_handler_is_called() {
    let calls: [(&str, Calls); 5] = [
        ("call_soon", |it| drop(it.call_soon(|| interrupt("me")))),
        ("call_later", |it| {
            drop(it.call_later(ms(1), || interrupt("me")))
        }),
        ("call_at", |it| drop(it.call_at(ms(0), || interrupt("me")))),
        ("done callback", |it| {
            let future = it.create_future();
            future.add_done_callback(|_| interrupt("me"));
            future.set_result(()).unwrap();
        }),
        ("another thread", |it| {
            let remote = it.remote();
            let call = move || drop(remote.call_soon_threadsafe(|| interrupt("me")));
            std::thread::spawn(call).join().unwrap();
        }),
    ];
    for (name, call) in calls {
        let (event_loop, log) = (new_loop(), Log::default());
        let handled = handler_calls(&event_loop);
        call(&event_loop);
        let next = log.clone();
        event_loop
            .call_later(ms(1), move || next.add("next"))
            .unwrap();
        let end = event_loop.run_until_complete(sleep(HOUR)).unwrap_err();
        assert_eq!((end.to_string(), handled.get()), (ME.into(), 0), "{name}");
        assert_eq!(log.take(), [""; 0], "{name}");
        event_loop.run_until_complete(sleep(ms(2))).unwrap();
        assert_eq!(log.take(), ["next"], "{name}");
    }
}

#[test]
fn a_task_that_awaits_the_interrupted_one_learns_of_it_in_the_next_run() {
    let (event_loop, log) = (new_loop(), Log::default());
    let saw = log.clone();
    let main = async move {
        let end = spawn(interrupts(saw.clone()))?.await.unwrap_err();
        saw.add(format!("main saw {end}"));
        Err::<(), _>(end)
    };
    let main = event_loop.create_task(main).unwrap();
    assert_eq!(
        event_loop
            .run_until_complete(main.clone())
            .unwrap_err()
            .to_string(),
        ME
    );
    assert_eq!(
        (log.take(), main.done()),
        (vec!["interrupts".into()], false)
    );
    assert_eq!(
        event_loop
            .run_until_complete(main.clone())
            .unwrap_err()
            .to_string(),
        ME
    );
    assert_eq!(log.take(), [format!("main saw {ME}")]);
}

#[test]
fn through_a_gather_it_ends_the_run_as_well() {
    let (event_loop, log) = (new_loop(), Log::default());
    let part = takes_turns(log.clone(), "a");
    let main = async move {
        let interrupts = spawn(async { interrupt::<()>("me") })?;
        gather((interrupts, part)).await.map(drop)
    };
    let main = event_loop.create_task(main).unwrap();
    assert_eq!(
        event_loop
            .run_until_complete(main.clone())
            .unwrap_err()
            .to_string(),
        ME
    );
    assert!(!main.done());
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn run_cancels_the_rest_lets_it_clean_up_and_raises() {
    let (event_loop, log) = (new_loop(), Log::default());
    let main = {
        let log = log.clone();
        async move {
            spawn(takes_turns(log.clone(), "a"))?;
            spawn(interrupts(log.clone()))?;
            spawn(takes_turns(log.clone(), "b"))?;
            let end = sleep(HOUR).await;
            log.add(format!("main {}", without_places(&end)));
            sleep(ms(5)).await?;
            log.add("main is clean");
            end
        }
    };
    let end = event_loop.clone().run(main).unwrap_err();
    assert_eq!((end.to_string(), event_loop.is_closed()), (ME.into(), true));
    // "a" is cancelled at its yield, and "b" before its first turn.
    let order = [
        "a first",
        "interrupts",
        "main Err(Cancelled)",
        "main is clean",
    ];
    assert_eq!(log.take(), order);
}

#[test]
fn raised_while_run_cleans_up_it_is_what_run_raises() {
    let held = Rc::new(());
    let (event_loop, kept) = (new_loop(), held.clone());
    let main = async move {
        spawn(async {
            drop(sleep(HOUR).await);
            interrupt::<()>("in the clean-up")
        })?;
        spawn(async move {
            let _kept = kept;
            drop(sleep(HOUR).await);
            sleep(HOUR).await
        })?;
        yield_now().await?;
        Ok("result")
    };
    let end = event_loop.clone().run(main).unwrap_err();
    assert_eq!(end.to_string(), "KeyboardInterrupt: in the clean-up");
    assert!(event_loop.is_closed());
    // The clean-up of an hour was not waited for.
    assert_eq!((event_loop.time(), Rc::strong_count(&held)), (ms(0), 1));
}

#[test]
fn raised_in_a_member_of_a_group_it_ends_the_run_and_then_the_group() {
    let (event_loop, log) = (new_loop(), Log::default());
    let blocks = log.clone();
    let main = async move {
        let group = TaskGroup::new();
        let block = async {
            group.create_task(async { interrupt::<()>("me") })?;
            let end = sleep(HOUR).await;
            blocks.add(format!("block {}", without_places(&end)));
            end
        };
        group.run(block).await
    };
    let main = event_loop.create_task(main).unwrap();
    assert_eq!(
        event_loop
            .run_until_complete(main.clone())
            .unwrap_err()
            .to_string(),
        ME
    );
    assert_eq!((log.take(), main.done()), (vec![], false));
    assert_eq!(
        event_loop.run_until_complete(main).unwrap_err().to_string(),
        ME
    );
    assert_eq!(log.take(), ["block Err(Cancelled)"]);
}
