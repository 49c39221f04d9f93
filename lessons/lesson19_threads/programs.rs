//! Two small programs with pools.

use tminus_lessons::lesson19_threads::{Executor, Failure, Pool};

/// Ten jobs for five workers, and a result after each `submit`.
pub fn a_result_after_each_submit() -> Result<(), Failure> {
    let pool = Pool::new(5);
    for value in 0..10 {
        let work = move || {
            println!("{value}");
            "work done"
        };
        println!("{}", pool.submit(work).result()?);
    }
    Ok(())
}

/// A task that awaits a job of the default pool, and one of a pool of its own. Our executor has no default pool.
pub fn two_pools() {
    let default_pool = Pool::new(5);
    let mut executor = Executor::default();
    executor.spawn("main", async move {
        let work = || "work done";
        if let Ok(done) = default_pool.submit(work).await {
            println!("default thread pool: {done}");
        }
        let pool = Pool::new(5);
        if let Ok(done) = pool.submit(work).await {
            println!("custom thread pool: {done}");
        }
    });
    executor.run();
}
