//! What the loop tells `tracing`. The names are those of the documentation.

use std::thread;

use futures::channel::oneshot;
use tminus::{
    Exception, gather, gather_results, sleep, spawn_named,
    sync::{Lock, Queue},
    yield_now,
};

use crate::{
    error, ms, new_loop,
    support::{Record, records_while},
};

/// The records of `main`, as lines; times in milliseconds.
fn told(main: impl AsyncFnOnce() -> Result<(), Exception> + 'static) -> Vec<String> {
    let event_loop = new_loop();
    let run = || {
        let main = event_loop.create_named_task("main", main()).unwrap();
        drop(event_loop.run_until_complete(main));
    };
    let line = |record| {
        let (what, mut fields) = match record {
            Record::Event(_, mut fields) => (fields.remove("message").unwrap(), fields),
            Record::Enter(name, fields) => (name.to_owned(), fields),
            Record::Exit => return None,
        };
        let name = fields.remove("name").unwrap_or_default();
        fields.remove("task");
        fields.remove("loop"); // a number in the process, which other tests change, too
        for time in ["at", "until"] {
            if let Some(nanoseconds) = fields.get_mut(time) {
                let at: u64 = nanoseconds.parse().unwrap();
                *nanoseconds = format!("{}", at / 1_000_000);
            }
        }
        let fields = fields.iter().filter(|(name, _)| **name != "at");
        let fields: String = fields
            .map(|(name, value)| format!(" {name}={value}"))
            .collect();
        Some(format!("{what} {}{fields}", name.trim_matches('"')))
    };
    records_while(run).into_iter().filter_map(line).collect()
}

#[test]
fn turns_sleeps_and_wake_ups_are_told() {
    let told = told(async || {
        let child = spawn_named("child", async {
            yield_now().await?;
            sleep(ms(5)).await
        })?;
        child.await
    });
    assert_eq!(
        told,
        [
            "spawned main",
            "turn main turn=1",
            "spawned child by=0",
            "waits main of=task \"child\" on=1 turn=1 what=task",
            "turn child turn=1",
            "yielded child turn=1",
            "turn child turn=2",
            "waits child of=a sleep until 5ms turn=2 until=5 what=sleep",
            "woken child", // by the timer
            "turn child turn=3",
            "returned child turn=3",
            "woken main by=1",
            "turn main turn=2",
            "returned main turn=2",
        ]
    );
}

/// The lines that begin with one of these words.
fn only(words: &[&str], told: Vec<String>) -> Vec<String> {
    let fits = |line: &String| words.iter().any(|word| line.starts_with(word));
    told.into_iter().filter(fits).collect()
}

#[test]
fn who_waits_for_what_is_told() {
    let told = told(async || {
        let (lock, queue) = (Lock::new(), Queue::new());
        let guard = lock.acquire().await?;
        let waiter = lock.clone();
        let second = spawn_named("second", async move {
            drop(waiter.acquire().await?);
            Ok(())
        })?;
        let getter = queue.clone();
        let third = spawn_named("third", async move { getter.get().await })?;
        yield_now().await?;
        queue.put(1).await?;
        drop(guard);
        gather((second, third)).await.map(drop)
    });
    assert_eq!(
        only(&["waits", "woken"], told),
        [
            "waits second of=a lock that task \"main\" has on=0 turn=1 what=lock",
            "waits third of=an item of a queue turn=1 what=queue",
            "woken third by=0",
            "woken second by=0",
            "waits main of=all of (task \"second\", task \"third\") turn=2 what=tasks",
            // The last to end is behind the callback of the gather.
            "woken main by=1",
        ]
    );
}

#[test]
fn who_calls_a_waker_is_told_where_it_is_a_task_of_the_loop() {
    let told = told(async || {
        let (sender, receiver) = oneshot::channel();
        let (from_afar, arrives) = oneshot::channel();
        let crew = spawn_named("crew", async {
            receiver.await.expect("the chief sends");
            arrives.await.expect("the tower sends");
            Ok(())
        })?;
        spawn_named("chief", async {
            sender.send(()).expect("the crew waits");
            Ok(())
        })?;
        sleep(ms(1)).await?;
        let tower = thread::spawn(|| from_afar.send(()).expect("the crew waits"));
        tower.join().expect("it only sends");
        crew.await
    });
    assert_eq!(
        only(&["waits crew", "woken crew"], told),
        [
            "waits crew turn=1 what=foreign",
            "woken crew by=2",
            "waits crew turn=2 what=foreign",
            "woken crew",
        ]
    );
}

#[test]
fn cancellations_and_failures_are_told() {
    let told = told(async || {
        let sleeper = spawn_named("sleeper", sleep(ms(9)))?;
        let outer = spawn_named("outer", sleeper)?;
        let failing = spawn_named("failing", async { Err::<(), _>(error("no")) })?;
        let panicking = spawn_named("panicking", async { panic!("oh") as Result<(), _> })?;
        yield_now().await?;
        outer.cancel_with("enough");
        drop(gather_results([outer, failing, panicking]).await?);
        Ok(())
    });
    assert_eq!(
        only(&["cancel", "failed", "panicked"], told),
        [
            "failed failing exception=ValueError text=no turn=1",
            "panicked panicking exception=Panic text=oh turn=1",
            "cancel outer by=0 text=enough",
            "cancel sleeper by=0 text=enough",
            "cancelled sleeper text=enough turn=2",
            "cancelled outer text=enough turn=2",
        ]
    );
}

#[test]
fn a_task_that_wakes_itself_is_not_told_as_woken() {
    let told = told(async || {
        let mut polls = 0;
        std::future::poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            match polls {
                3 => std::task::Poll::Ready(Ok(())),
                _ => std::task::Poll::Pending,
            }
        })
        .await
    });
    assert_eq!(
        only(&["turn", "woken"], told),
        ["turn main turn=1", "turn main turn=2", "turn main turn=3"]
    );
}

#[test]
fn a_task_that_is_cancelled_in_its_last_turn_ends_once() {
    let told = told(async || {
        let task = spawn_named("late", async {
            tminus::event_loop::current_task()?.cancel();
            Ok(())
        })?;
        drop(task.await);
        Ok(())
    });
    let of_it = only(&["returned", "cancelled", "failed"], told);
    assert_eq!(
        of_it,
        ["cancelled late text= turn=1", "returned main turn=2"]
    );
}
