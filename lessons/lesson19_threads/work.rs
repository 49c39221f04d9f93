//! Jobs that know how many of them run at the same time.

use std::sync::{Arc, Barrier, Mutex};

use tminus_lessons::lesson19_threads::{Failure, Pool};

/// Counts the jobs that run now, and keeps the largest number.
#[derive(Clone, Default)]
pub struct Gauge(Arc<Mutex<(i32, i32)>>);

impl Gauge {
    /// Runs a job, and counts it in that time.
    pub fn watch<T>(&self, job: impl FnOnce() -> T) -> T {
        let count = |by: i32| {
            let (now, most) = &mut *self.0.lock().expect("nothing panics");
            *now += by;
            *most = (*most).max(*now);
        };
        count(1);
        let result = job();
        count(-1);
        result
    }

    /// The largest number of jobs that ever ran at the same time.
    pub fn most(&self) -> i32 {
        self.0.lock().expect("nothing panics").1
    }
}

/// Asks for each result before it submits the next job.
pub fn one_after_another() -> Result<(), Failure> {
    let gauge = Gauge::default();
    let pool = Pool::new(5);
    for n in 1..=10 {
        let gauge = gauge.clone();
        let tank = pool.submit(move || gauge.watch(|| 9 * n));
        println!("{} litres", tank.result()?);
    }
    println!("at the same time: {}", gauge.most());
    Ok(())
}

/// Submits all jobs, and then asks for the results. Each job waits until five of them run.
pub fn all_at_once() -> Result<(), Failure> {
    let (gauge, five) = (Gauge::default(), Arc::new(Barrier::new(5)));
    let pool = Pool::new(5);
    let mut tanks = Vec::new();
    for n in 1..=10 {
        let (gauge, five) = (gauge.clone(), five.clone());
        tanks.push(pool.submit(move || {
            gauge.watch(|| {
                five.wait();
                9 * n
            })
        }));
    }
    for tank in tanks {
        println!("{} litres", tank.result()?);
    }
    println!("at the same time: {}", gauge.most());
    Ok(())
}
