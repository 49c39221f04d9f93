//! One future for the results of many. Lesson 17 has more of this.

use std::{cell::Cell, rc::Rc};

use tminus_lessons::lesson13_futures::{Exception, Future, running_loop};

/// Returns a future for the results of all `futures`, in their order. The first exception becomes its exception.
pub fn gather<T: Clone + 'static>(futures: Vec<Future<T>>) -> Result<Future<Vec<T>>, Exception> {
    let event_loop = running_loop()?;
    let all = Future::new(&event_loop);
    if futures.is_empty() {
        let all = all.clone();
        event_loop.call_soon(move || all.set_result(Vec::new()))?;
    }
    let left = Rc::new(Cell::new(futures.len()));
    for future in &futures {
        let (all, left, futures) = (all.clone(), left.clone(), futures.clone());
        future.add_done_callback(move |future| {
            left.set(left.get() - 1);
            if all.done() {
                return Ok(()); // an exception was first
            }
            if let Err(exception) = future.result() {
                return all.set_exception(exception);
            }
            if left.get() == 0 {
                let results: Result<Vec<T>, _> = futures.iter().map(Future::result).collect();
                all.set_result(results?)?;
            }
            Ok(())
        })?;
    }
    Ok(all)
}
