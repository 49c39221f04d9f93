//! From the first task to the last: Python's `asyncio.run`.

use std::rc::Rc;

use tminus_lessons::lesson14_tasks_on_the_loop::{
    AnyTask, Clock, Coroutine, EventLoop, Exception, Generator, Task, Wait, running_loop,
};

/// Runs a coroutine to its end, on a loop of its own. Tasks that are left over then are cancelled, and may clean up.
pub fn run<T: Clone + 'static>(clock: &Clock, main: Coroutine<T>) -> Result<T, Exception> {
    let event_loop = EventLoop::new(clock);
    let main = event_loop.create_task(main)?;
    let result = event_loop.run_until_complete(&main);
    let shut_down = event_loop.cancel_all_tasks();
    event_loop.close()?;
    shut_down.and(result)
}

impl EventLoop {
    /// Cancels all tasks, and runs until they are done.
    pub fn cancel_all_tasks(&self) -> Result<(), Exception> {
        let tasks = self.all_tasks();
        for task in &tasks {
            task.cancel();
        }
        let all = self.create_task(wait_for_all(tasks))?;
        self.run_until_complete(&all)
    }
}

/// Waits until all are done. It does not matter how they end.
pub fn wait_for_all(tasks: Vec<Rc<dyn AnyTask>>) -> Coroutine {
    Generator::new(async move |co| {
        for task in tasks {
            if !task.done() {
                co.yield_(Wait::For(task)).await?;
            }
        }
        Ok(())
    })
}

/// Makes a task on the loop that runs.
pub fn create_task<T: 'static>(coroutine: Coroutine<T>) -> Result<Task<T>, Exception> {
    running_loop()?.create_task(coroutine)
}
