//! The tasks on the timer-driven event loop: a pause after each turn, and Ctrl-C cancels them.

use std::{cell::OnceCell, rc::Rc, time::Duration};

use tminus::{
    EventLoop, Exception, Kind, Step, Task,
    event_loop::{LoopFuture, current_task},
    sleep,
};

use crate::{Named, Row};

/// Runs the tasks to their end. The first failure cancels all, and so does Ctrl-C, as a `KeyboardInterrupt`.
pub fn run(
    event_loop: EventLoop,
    every: Duration,
    tasks: Vec<Named>,
) -> Result<Vec<Row>, Exception> {
    let mut running: Vec<Task<Row>> = Vec::new();
    for task in tasks {
        let name = task.name.clone();
        let task = event_loop.create_named_task(&name, paced(task, every))?;
        task.add_done_callback(failure);
        running.push(task);
    }
    let stopped_by = stop_all_on_exception(&event_loop, running.clone());

    let tasks = running.clone();
    let main = async move {
        let me = current_task()?;
        for task in &tasks {
            let _ = task.clone().await; // what is wrong with it is the exception handler's business
            if me.cancelling() > 0 {
                // Ctrl-C has cancelled this task and the one that it awaits. The others are to say how far they got, too.
                for task in &tasks {
                    task.cancel();
                }
            }
        }
        match me.cancelling() {
            0 => Ok(()),
            _ => Err(Kind::KeyboardInterrupt.into()),
        }
    };
    let main = event_loop.create_named_task("main", main)?;
    event_loop.run(main)?;
    match stopped_by.get() {
        Some(exception) => Err(exception.clone()),
        None => running.iter().map(Task::result).collect(),
    }
}

/// Drives a task, and sleeps at each yield. A cancellation of the sleep is thrown into the task.
async fn paced(task: Named, every: Duration) -> Result<Row, Exception> {
    let Named { name, mut body } = task;
    let mut turns = 0;
    let mut resumed = body.resume();
    loop {
        turns += 1;
        match resumed? {
            Step::Returned(said) => return Ok(Row { name, turns, said }),
            Step::Yielded(()) => {
                resumed = match sleep(every).await {
                    Ok(()) => body.resume(),
                    Err(cancelled) => body.throw(cancelled),
                }
            }
        }
    }
}

/// Raises the exception that a task failed with, so that the loop calls its exception handler immediately.
fn failure(done: &LoopFuture<Row>) -> Result<(), Exception> {
    match done.exception() {
        Ok(Some(failure)) => Err(failure),
        Ok(None) | Err(_) => Ok(()), // it returned, or was cancelled
    }
}

/// Cancels the tasks when an exception is raised in a callback. The returned cell then holds the first exception.
fn stop_all_on_exception(event_loop: &EventLoop, tasks: Vec<Task<Row>>) -> Rc<OnceCell<Exception>> {
    let stopped_by = Rc::new(OnceCell::new());
    let first = stopped_by.clone();
    event_loop.set_exception_handler(move |context| {
        first.get_or_init(|| context.exception().clone());
        for task in &tasks {
            task.cancel();
        }
    });
    stopped_by
}
