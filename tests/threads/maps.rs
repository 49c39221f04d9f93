//! `Executor.map`: many calls, and their results in the order of the arguments.

use std::sync::{Arc, Mutex, mpsc};

use futures::{Stream, StreamExt, TryStreamExt};
use tminus::{
    Exception, Kind, run, simulation::Simulation, spawn, threads::ThreadPoolExecutor, yield_now,
};

use crate::kind;

/// The first job ends last.
#[test]
fn results_come_in_the_order_of_the_arguments() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(3)?;
    let (go, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let squares = pool.map(
        move |n: u32| {
            if n == 1 {
                drop(gate.lock().map(|gate| gate.recv()));
            }
            n * n
        },
        1..=5,
    )?;
    assert_eq!((squares.len(), squares.size_hint()), (5, (0, Some(5))));
    pool.submit(|| ())?.result()?; // the others have begun, while the first one waits
    drop(go);
    assert_eq!(squares.collect::<Result<Vec<_>, _>>()?, [1, 4, 9, 16, 25]);
    Ok(())
}

/// A pool with one worker, and the arguments with which its job was called. With 2, the job panics.
struct Maps {
    pool: ThreadPoolExecutor,
    ran: Arc<Mutex<Vec<u32>>>,
}

impl Maps {
    fn new() -> Result<Self, Exception> {
        Ok(Self {
            pool: ThreadPoolExecutor::new(1)?,
            ran: Arc::default(),
        })
    }

    fn job(&self) -> impl Fn(u32) -> u32 + Send + Sync + use<> {
        let ran = self.ran.clone();
        move |n| {
            ran.lock().expect("nobody panics with it").push(n);
            assert_ne!(n, 2, "two");
            n
        }
    }

    fn ran(&self) -> Vec<u32> {
        self.ran.lock().expect("nobody panics with it").clone()
    }
}

#[test]
fn an_exception_ends_the_iteration() -> Result<(), Exception> {
    let maps = Maps::new()?;
    let mut results = maps.pool.map(maps.job(), [1, 2, 3])?;
    assert_eq!(results.next().transpose()?, Some(1));
    let panic = results.next().expect("the second result").unwrap_err();
    assert_eq!(panic.kind(), Kind::Panic);
    assert!(results.next().is_none());
    assert_eq!(results.len(), 0);
    Ok(())
}

/// As in Python, where a generator that was never started has nothing to clean up.
#[test]
fn a_map_that_nobody_began_lets_its_jobs_run() -> Result<(), Exception> {
    let maps = Maps::new()?;
    drop(maps.pool.map(maps.job(), [1, 3, 4])?);
    maps.pool.shutdown(true)?;
    assert_eq!(maps.ran(), [1, 3, 4]);
    Ok(())
}

#[test]
fn a_map_that_was_begun_cancels_what_has_not() -> Result<(), Exception> {
    let maps = Maps::new()?;
    let mut results = maps.pool.map(maps.job(), [1])?;
    assert_eq!(results.next().transpose()?, Some(1));
    let (go, gate) = mpsc::channel::<()>();
    let (begins, has_begun) = mpsc::channel();
    let (gate, job) = (Mutex::new(gate), maps.job());
    let mut results = maps.pool.map(
        move |n| {
            if n == 4 {
                begins.send(()).expect("the test waits for it");
                drop(gate.lock().map(|gate| gate.recv()));
            }
            job(n)
        },
        [3, 4, 5, 6],
    )?;
    assert_eq!(results.next().transpose()?, Some(3));
    assert_eq!(has_begun.recv(), Ok(()));
    drop(results);
    drop(go);
    maps.pool.shutdown(true)?;
    assert_eq!(maps.ran(), [1, 3, 4]);
    Ok(())
}

#[test]
fn a_pool_that_was_shut_down_maps_nothing() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    pool.shutdown(true)?;
    assert_eq!(kind(pool.map(|n: u32| n, [1])), Kind::RuntimeError);
    assert_eq!(pool.map(|n: u32| n, [])?.count(), 0);
    Ok(())
}

#[test]
fn a_task_awaits_the_results_one_by_one() -> Result<(), Exception> {
    let maps = Maps::new()?;
    let (pool, job) = (maps.pool.clone(), maps.job());
    let kinds = run(async move {
        let results = pool.map(job, [1, 2, 3])?.into_stream();
        assert_eq!(results.size_hint(), (0, Some(3))); // as that of the iterator
        let kinds = results.map(|result| result.map_err(|exception| exception.kind()));
        Ok(kinds.collect::<Vec<_>>().await)
    })?;
    assert_eq!(kinds, [Ok(1), Err(Kind::Panic)]);
    Ok(())
}

#[test]
fn a_cancelled_task_cancels_the_jobs() -> Result<(), Exception> {
    let maps = Maps::new()?;
    let (go, gate) = mpsc::channel::<()>();
    let _first = maps.pool.submit(move || gate.recv().is_err())?;
    let (pool, job) = (maps.pool.clone(), maps.job());
    run(async move {
        let mut results = pool.map(job, [1, 2, 3])?.into_stream();
        let task = spawn(async move {
            let first = results.next().await.expect("the first result");
            assert!(results.next().await.is_none());
            first
        })?;
        yield_now().await?;
        task.cancel();
        assert_eq!(task.await.unwrap_err().kind(), Kind::Cancelled);
        drop(go);
        Ok(())
    })?;
    maps.pool.shutdown(true)?;
    assert_eq!(maps.ran(), []);
    Ok(())
}

#[test]
fn a_simulation_runs_the_jobs_itself() -> Result<(), Exception> {
    let program = async {
        let pool = ThreadPoolExecutor::new(2)?;
        let sums: Vec<u32> = pool
            .map(|(a, b)| a + b, [1, 2].into_iter().zip([3, 4]))?
            .into_stream()
            .try_collect()
            .await?;
        assert_eq!((sums, pool.workers_len()), (vec![4, 6], 0));
        Ok(())
    };
    Simulation::new(7).run(program).0
}
