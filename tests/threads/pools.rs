//! Pools, without a loop.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};
#[cfg(target_os = "linux")]
use std::{env, process::Command};

use tminus::{Exception, Kind, threads::ThreadPoolExecutor};

use crate::{Flag, gate, kind};

fn my_name() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

/// With fewer threads the barrier would never open, and with more there would be more at once.
#[test]
fn as_many_jobs_run_at_once_as_the_pool_has_workers() -> Result<(), Exception> {
    const WORKERS: usize = 3;
    let pool = ThreadPoolExecutor::new(WORKERS)?;
    let barrier = Arc::new(Barrier::new(WORKERS));
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let jobs = (0..4 * WORKERS).map(|_| {
        let (barrier, now, most) = (barrier.clone(), now.clone(), most.clone());
        pool.submit(move || {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            barrier.wait();
            now.fetch_sub(1, Ordering::SeqCst);
            my_name()
        })
    });
    let jobs: Vec<_> = jobs.collect::<Result<_, _>>()?;
    let names: BTreeSet<String> = jobs
        .iter()
        .map(|job| job.result())
        .collect::<Result<_, _>>()?;
    assert_eq!(names.len(), WORKERS);
    assert!(most.load(Ordering::SeqCst) <= WORKERS);
    Ok(())
}

#[test]
fn threads_are_named_by_pool_and_number() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::with_thread_name_prefix(2, "engine")?;
    let barrier = Arc::new(Barrier::new(2));
    let job = || {
        let barrier = barrier.clone();
        pool.submit(move || {
            barrier.wait();
            my_name()
        })
    };
    let jobs = [job()?, job()?];
    let names: BTreeSet<String> = jobs
        .iter()
        .map(|job| job.result())
        .collect::<Result<_, _>>()?;
    assert_eq!(Vec::from_iter(names), ["engine_0", "engine_1"]);
    let unnamed = ThreadPoolExecutor::with_thread_name_prefix(1, "")?;
    let name = unnamed.submit(my_name)?.result()?;
    let number = name
        .strip_prefix("ThreadPoolExecutor-")
        .expect("it is Python's name");
    assert!(number.ends_with("_0"), "{name}");
    Ok(())
}

#[test]
fn a_pool_without_workers_is_refused() {
    for refused in [
        ThreadPoolExecutor::new(0),
        ThreadPoolExecutor::with_thread_name_prefix(0, "none"),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "ValueError: max_workers must be greater than 0"
        );
    }
}

#[test]
fn jobs_of_one_worker_run_in_order() -> Result<(), Exception> {
    let (says, said) = mpsc::channel();
    let pool = ThreadPoolExecutor::new(1)?;
    for n in 0..5 {
        let says = says.clone();
        pool.submit(move || says.send(n).unwrap())?;
    }
    drop((pool, says));
    assert_eq!(said.iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    Ok(())
}

#[test]
fn a_panic_is_the_jobs_error_and_its_thread_goes_on() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let leak = pool.submit(|| panic!("a leak in tank {}", 2) as ())?;
    let name = pool.submit(my_name)?;
    let leak = leak.exception()?.expect("it panicked");
    assert_eq!(leak.to_string(), "Panic: a leak in tank 2");
    assert!(name.result()?.ends_with("_0"));
    Ok(())
}

/// What a cancelled job has captured is dropped on the worker.
#[test]
fn a_panic_in_the_drop_of_what_a_job_captured_is_survived() -> Result<(), Exception> {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("boom");
        }
    }
    let pool = ThreadPoolExecutor::new(1)?;
    let (key, gate) = gate();
    pool.submit(move || gate.waits())?;
    let bomb = Bomb;
    let cancelled = pool.submit(move || drop(bomb))?;
    assert!(cancelled.cancel());
    drop(key);
    assert_eq!(pool.submit(|| 42)?.result()?, 42);
    Ok(())
}

#[test]
fn a_pool_that_was_shut_down_takes_no_jobs() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let same = pool.clone();
    pool.shutdown(true)?;
    let refused = same.submit(|| 1).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "RuntimeError: cannot schedule new futures after shutdown"
    );
    pool.shutdown(true) // again
}

#[test]
fn jobs_that_wait_run_after_a_shutdown() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (key, gate) = gate();
    let first = pool.submit(move || gate.waits())?;
    let second = pool.submit(|| "second")?;
    pool.shutdown(false)?;
    assert!(!first.done());
    drop(key);
    assert_eq!(second.result()?, "second");
    pool.shutdown(true)
}

#[test]
fn a_shutdown_can_cancel_the_jobs_that_have_not_begun() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (begins, has_begun) = mpsc::channel();
    let (key, gate) = gate();
    let first = pool.submit(move || {
        begins.send(()).unwrap();
        gate.waits();
        "first"
    })?;
    let ran = Flag::default();
    let runs = ran.clone();
    let second = pool.submit(move || runs.raise())?;
    has_begun.recv().unwrap();
    pool.shutdown_cancel_futures(false)?;
    assert!(second.cancelled());
    assert_eq!(kind(second.result()), Kind::Cancelled);
    drop(key);
    pool.shutdown(true)?;
    assert_eq!(first.result()?, "first");
    assert!(!ran.is_raised());
    Ok(())
}

#[test]
fn the_drop_of_the_last_handle_waits_for_all_jobs() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(2)?;
    let (key, gate) = gate();
    let opens = pool.submit(move || gate.waits())?;
    let ended = Flag::default();
    for _ in 0..10 {
        let (opens, ends) = (opens.clone(), ended.clone());
        pool.submit(move || {
            opens.result().unwrap();
            ends.raise();
        })?;
    }
    drop(pool.clone()); // not the last one
    assert!(!ended.is_raised());
    let opener = thread::spawn(move || drop(key));
    drop(pool);
    assert!(opens.done());
    assert!(ended.is_raised());
    opener.join().unwrap();
    Ok(())
}

/// It would wait for itself.
#[test]
fn a_job_can_drop_the_last_handle_to_its_own_pool() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let same = pool.clone();
    let (key, gate) = gate();
    let job = pool.submit(move || {
        gate.waits();
        drop(same);
        "done"
    })?;
    let opener = thread::spawn(move || drop(key));
    drop(pool); // perhaps the last one, perhaps not
    assert_eq!(job.result()?, "done");
    opener.join().unwrap();
    Ok(())
}

#[test]
fn a_job_cannot_wait_for_the_end_of_its_own_pool() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let same = pool.clone();
    let job = pool.submit(move || same.shutdown(true).unwrap_err().to_string())?;
    assert_eq!(job.result()?, "RuntimeError: cannot join current thread");
    assert_eq!(kind(pool.submit(|| 1)), Kind::RuntimeError);
    Ok(())
}

#[test]
fn a_job_can_submit_further_jobs() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(2)?;
    let inner = pool.clone();
    let sum = pool.submit(move || {
        let half = inner.submit(|| 20).and_then(|promise| promise.result());
        half.map(|half| half + 22)
            .map_err(|error| error.to_string())
    })?;
    assert_eq!(sum.result()?, Ok(42));
    Ok(())
}

#[test]
fn a_pool_says_what_it_is() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::with_thread_name_prefix(2, "pump")?;
    assert_eq!(
        format!("{pool:?}"),
        "ThreadPoolExecutor { name: \"pump\", max_workers: 2 }"
    );
    Ok(())
}

/// The next test is run in a process of its own, in which no thread can have a stack of its default size.
#[cfg(target_os = "linux")]
#[test]
fn a_job_is_refused_if_there_is_no_thread_for_it_and_none_can_be_created() {
    let output = Command::new(env::current_exe().expect("this test has a file"))
        .args(["--exact", "pools::in_a_process_without_threads"])
        .args(["--ignored", "--test-threads=1"])
        .env("RUST_MIN_STACK", (1_u64 << 60).to_string())
        .output()
        .expect("this test can run");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "run by the test above"]
fn in_a_process_without_threads() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let held = Arc::new(());
    let job = held.clone();
    let refused = pool.submit(move || drop(job)).unwrap_err();
    assert_eq!(refused.to_string(), "RuntimeError: can't start new thread");
    assert!(refused.source().is_some());
    assert_eq!((pool.workers_len(), Arc::strong_count(&held)), (0, 1));
    Ok(())
}
