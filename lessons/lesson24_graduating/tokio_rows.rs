//! What does not carry over, on tokio and its paused clock. `rows.rs` has the same, on the crate's loop.

use std::{rc::Rc, time::Duration};

use tminus_lessons::lesson24_graduating::{Log, Valve};
use tokio::sync::Mutex;
use tokio::task::{LocalSet, spawn_local, yield_now};
use tokio::time::{Instant, sleep, timeout};

/// The clock jumps to the next timer if no task can run, as a virtual clock does.
fn run<T>(main: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build();
    LocalSet::new().block_on(&runtime.expect("it needs no resources"), main)
}

async fn connection(log: Log) {
    let _valve = Valve(log.clone());
    sleep(Duration::from_secs(3600)).await;
    log.add("closing");
    sleep(Duration::from_secs(1)).await;
    log.add("closed");
}

pub fn clean_up() -> String {
    let log = Log::default();
    run(async {
        let task = spawn_local(connection(log.clone()));
        yield_now().await;
        task.abort();
        let _ = task.await;
    });
    log.take()
}

pub fn left() -> String {
    let log = Log::default();
    run(async {
        drop(spawn_local(connection(log.clone())));
        yield_now().await;
    });
    log.take()
}

pub fn order() -> String {
    async fn twice(log: Log, name: &str) {
        for _ in 0..2 {
            log.add(name);
            yield_now().await;
        }
    }
    let log = Log::default();
    run(async {
        let tasks = ["a", "b", "c"].map(|name| spawn_local(twice(log.clone(), name)));
        for task in tasks {
            let _ = task.await;
        }
    });
    log.take()
}

pub fn timers() -> String {
    async fn sleeps(log: Log, micros: u64) {
        sleep(Duration::from_micros(micros)).await;
        log.add(format!("{micros} µs"));
    }
    let log = Log::default();
    run(async {
        let begin = Instant::now();
        let long = spawn_local(sleeps(log.clone(), 1800));
        let short = spawn_local(sleeps(log.clone(), 1200));
        let _ = long.await;
        let _ = short.await;
        log.add(format!("after {} µs", begin.elapsed().as_micros()));
    });
    log.take()
}

pub fn deadlock() -> String {
    async fn two(first: Rc<Mutex<()>>, second: Rc<Mutex<()>>) {
        let _first = first.lock().await;
        yield_now().await;
        let _second = second.lock().await;
    }
    run(async {
        let (pump, valve) = (Rc::<Mutex<()>>::default(), Rc::<Mutex<()>>::default());
        let fuel = spawn_local(two(pump.clone(), valve.clone()));
        let drain = spawn_local(two(valve, pump));
        let both = async {
            let _ = fuel.await;
            let _ = drain.await;
        };
        match timeout(Duration::from_secs(3600), both).await {
            Ok(()) => "done".to_owned(),
            Err(_) => "nothing has happened for an hour".to_owned(),
        }
    })
}

pub fn failure() -> String {
    run(async {
        drop(spawn_local(async { Err::<(), _>("no fuel") }));
        sleep(Duration::from_secs(1)).await;
    });
    "nothing is reported".to_owned() // there is no handler that could hear of it
}

pub fn panics() -> String {
    run(async {
        let leak = async { std::panic::resume_unwind(Box::new("a leak")) };
        let ended: Result<(), _> = spawn_local(leak).await;
        let error = ended.expect_err("it panicked");
        format!("is_panic(): {}", error.is_panic())
    })
}
