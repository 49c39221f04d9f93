//! From the first task to the last: Python's `asyncio.run`.

use std::rc::Rc;

use tminus_lessons::lesson14_tasks_on_the_loop::{
    AnyTask, Clock, Coroutine, EventLoop, Exception, Generator, Task, Wait, all_tasks,
    run_until_complete, running_loop,
};

/// Spawns a task on the running loop: Python's `asyncio.create_task`.
pub fn create_task<T: Clone + 'static>(coroutine: Coroutine<T>) -> Result<Task<T>, Exception> {
    Task::new(&running_loop()?, coroutine)
}

/// Runs a coroutine on a new loop until the coroutine is done: Python's `asyncio.run`. Then cancels the tasks that are
/// left, and waits until these tasks have cleaned up.
pub fn run<T: Clone + 'static>(clock: &Clock, main: Coroutine<T>) -> Result<T, Exception> {
    let event_loop = EventLoop::new(clock);
    let main = Task::new(&event_loop, main)?;
    let outcome = run_until_complete(&event_loop, &main);
    let cleaned_up = cancel_all_tasks(&event_loop);
    event_loop.close()?;
    cleaned_up.and(outcome)
}

/// Cancels all tasks of a loop, and runs it until they are done.
pub fn cancel_all_tasks(event_loop: &EventLoop) -> Result<(), Exception> {
    let tasks = all_tasks(event_loop);
    for task in &tasks {
        task.cancel();
    }
    let all_done = Task::new(event_loop, wait_for_all(tasks))?;
    run_until_complete(event_loop, &all_done)
}

/// Waits until all are done, no matter how they end.
fn wait_for_all(tasks: Vec<Rc<dyn AnyTask>>) -> Coroutine {
    Generator::new(async move |co| {
        for task in tasks {
            if !task.done() {
                co.yield_(Wait::For(task)).await?;
            }
        }
        Ok(())
    })
}
