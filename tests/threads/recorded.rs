//! Programs of `concurrent.futures` and `loop.run_in_executor`, and what CPython printed.

use std::sync::{Arc, Mutex};

use tminus::{EventLoop, Exception, run, threads::ThreadPoolExecutor};

use crate::programs::recorded;

/// What several threads print.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<String>>);

impl Output {
    fn print(&self, line: &str) {
        let mut output = self.0.lock().unwrap();
        output.push_str(line);
        output.push('\n');
    }

    fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[test]
fn a_result_right_after_each_submit_makes_the_loop_serial() -> Result<(), Exception> {
    let output = Output::default();
    let pool = ThreadPoolExecutor::new(5)?;
    for value in 0..10 {
        let prints = output.clone();
        let work = move || {
            prints.print(&format!("{value}"));
            "work done"
        };
        output.print(pool.submit(work)?.result()?);
    }
    drop(pool);
    assert_eq!(output.take(), recorded("17_thread_pool_serial"));
    Ok(())
}

#[test]
fn the_default_pool_and_a_custom_one() {
    let output = Output::default();
    let prints = output.clone();
    let work = || "work done";
    run(async move {
        let event_loop = EventLoop::running()?;
        let done = event_loop.run_in_executor(None, work)?.await?;
        prints.print(&format!("default thread pool: {done}"));
        let pool = ThreadPoolExecutor::default();
        let done = event_loop.run_in_executor(Some(&pool), work)?.await?;
        prints.print(&format!("custom thread pool: {done}"));
        Ok(())
    })
    .unwrap();
    assert_eq!(output.take(), recorded("18_run_in_executor"));
}
