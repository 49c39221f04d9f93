//! Tasks that wait for a pump on another thread. A pump runs until somebody opens its gate.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
    mpsc,
};
use std::time::Duration;

use tminus::{EventLoop, Exception, gather, spawn_named, threads, timeline::Timeline, yield_now};
use tminus_lessons::lesson15_async_await::{self as lesson15, traced, watch};
use tminus_lessons::lesson19_threads::{Executor, Pool, Promise, sleep};

/// Returns a sender, and a job that blocks its thread until a number of litres is sent.
pub fn pump() -> (mpsc::Sender<u32>, impl FnOnce() -> u32 + Send) {
    let (gate, litres) = mpsc::channel();
    (gate, move || litres.recv().unwrap_or(0))
}

/// Waits for the litres, and says how many there are.
pub async fn crew(name: &'static str, litres: Promise<u32>) {
    match traced("promise.poll()", litres).await {
        Ok(litres) => println!("{name}: {litres} litres"),
        Err(failure) => println!("{name}: {failure}"),
    }
}

/// Counts from 3, and then opens the gate.
pub async fn chief(gate: mpsc::Sender<u32>) {
    for i in (1..=3).rev() {
        println!("chief: T-minus {i}");
        let _ = sleep(Duration::from_millis(1)).await;
    }
    println!("chief: opens the gate");
    let _ = gate.send(90);
}

/// Runs a crew that waits for a thread, under the executor of lesson 15. Nobody has opened the gate when it returns.
pub fn under_the_executor_of_lesson_15() {
    let pool = Pool::new(1);
    let (gate, job) = pump();
    let mut executor = lesson15::Executor::default();
    executor.spawn("crew", crew("crew", pool.submit(job)));
    let polled = executor.run().join(" ");
    println!("polled: {polled}, left: {}", executor.left().join(" "));
    let _ = gate.send(90);
}

/// Runs crew and chief under the executor that sleeps.
pub fn under_the_executor() {
    let pool = Pool::new(1);
    let (gate, job) = pump();
    let mut executor = Executor::default();
    executor.spawn("crew", crew("crew", pool.submit(job)));
    executor.spawn("chief", chief(gate));
    println!("polled: {}", executor.run().join(" "));
}

/// Cancels two tasks. The job of the first one runs already, that of the second one waits for the only worker.
pub fn hold() {
    let pool = Pool::new(1);
    let (gate, job) = pump();
    let (begins, has_begun) = mpsc::channel();
    let first = pool.submit(move || {
        let _ = begins.send(());
        let litres = job();
        println!("first job: {litres} litres, for nobody");
        litres
    });
    let has_run = Arc::new(AtomicBool::new(false));
    let says = has_run.clone();
    let second = pool.submit(move || {
        says.store(true, Ordering::Relaxed);
        90
    });
    let _ = has_begun.recv();

    let mut executor = Executor::default();
    let tasks = [
        executor.spawn("first", crew("first", first.clone())),
        executor.spawn("second", crew("second", second)),
    ];
    executor.spawn("chief", async move {
        println!("chief: hold!");
        tasks.iter().for_each(|task| task.cancel());
    });
    println!("polled: {}", executor.run().join(" "));
    let _ = gate.send(90);
    drop(pool); // waits for the workers
    println!("first promise: {:?}", first.result());
    println!("second job has run: {}", has_run.load(Ordering::Relaxed));
}

/// Runs crew and chief on the crate's loop, and draws their lanes. All of it takes no time on the virtual clock.
pub fn under_the_event_loop(event_loop: &EventLoop) -> Result<Timeline, Exception> {
    let (gate, job) = pump();
    let main = async {
        let crew = spawn_named("crew", threads::to_thread(job))?;
        let chief = spawn_named("chief", async move {
            for _ in 0..3 {
                yield_now().await?;
            }
            gate.send(90)?;
            Ok(())
        })?;
        gather((crew, chief)).await
    };
    watch(|| event_loop.run_until_complete(main))
}
