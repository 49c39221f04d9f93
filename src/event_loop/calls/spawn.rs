//! Spawning tasks, and asking for them.

use super::super::{
    current::{self, expect_running},
    keys::Key,
    outcome::Outcome,
    task::Task,
    task_ref::TaskRef,
};
use crate::{Exception, Kind, contextvars::Context};

/// Spawns a future, or a generator, as a task of the running loop: Python's `asyncio.create_task`. It has its first turn in
/// the next round.
///
/// ```
/// use tminus::{Exception, run, spawn};
///
/// let answer = run(async {
///     let task = spawn(async { Ok(42) })?;
///     task.await
/// })?;
/// assert_eq!(answer, 42);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `RuntimeError` if no event loop is running on this thread.
pub fn spawn<T: 'static>(
    body: impl IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
) -> Result<Task<T>, Exception> {
    Task::new(&expect_running()?, None, body.into_future())
}

/// Spawns a task as [`spawn`] does, and names it.
///
/// ```
/// use tminus::{Exception, run, spawn_named};
///
/// run(async {
///     let task = spawn_named("ignition", async { Ok(()) })?;
///     assert_eq!(task.name(), "ignition");
///     task.await
/// })?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `RuntimeError` if no event loop is running on this thread.
pub fn spawn_named<T: 'static>(
    name: &str,
    body: impl IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
) -> Result<Task<T>, Exception> {
    Task::new(&expect_running()?, Some(name), body.into_future())
}

/// Spawns a task as [`spawn`] does, in `context` instead of a copy of the current context: Python's
/// `asyncio.create_task(…, context=context)`.
///
/// What the task sets stays in `context`, so whoever has spawned it can look at the values afterwards.
///
/// ```
/// use tminus::{Exception, contextvars::{ContextVar, copy_context}, event_loop::spawn_in, run};
///
/// static PROGRESS: ContextVar<u32> = ContextVar::with_default("progress", || 0);
///
/// run(async {
///     let context = copy_context();
///     let task = spawn_in(&context, async {
///         PROGRESS.set(100);
///         Ok(())
///     })?;
///     task.await?;
///     assert_eq!(context.get(&PROGRESS), Some(100));
///     assert_eq!(PROGRESS.get()?, 0);
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `RuntimeError` if no event loop is running on this thread.
pub fn spawn_in<T: 'static>(
    context: &Context,
    body: impl IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
) -> Result<Task<T>, Exception> {
    let task = Task::new(&expect_running()?, None, body.into_future())?;
    task.any().gets_context(context.clone());
    Ok(task)
}

/// Returns the running task: Python's `asyncio.current_task`.
///
/// ```
/// use tminus::{Exception, event_loop::current_task, run};
///
/// run(async {
///     assert_eq!(current_task()?.name(), "Task-1");
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `RuntimeError` if no event loop is running on this thread, or if this is a callback, which is no task.
pub fn current_task() -> Result<TaskRef, Exception> {
    let kernel = expect_running()?;
    match kernel.with(|tasks| tasks.current()) {
        Some(key) => Ok(TaskRef::of(&kernel, key)),
        None => Err(Exception::new(
            Kind::RuntimeError,
            "no task is running: this is a callback",
        )),
    }
}

/// Returns the tasks that have not ended, in the order of spawning: Python's `asyncio.all_tasks`.
///
/// ```
/// use tminus::{Exception, event_loop::all_tasks, run, spawn};
///
/// run(async {
///     spawn(async { Ok(()) })?;
///     assert_eq!(all_tasks()?.len(), 2);
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `RuntimeError` if no event loop is running on this thread.
pub fn all_tasks() -> Result<Vec<TaskRef>, Exception> {
    let kernel = expect_running()?;
    let living = kernel.with(|tasks| tasks.living());
    Ok(living
        .into_iter()
        .map(|key| TaskRef::of(&kernel, key))
        .collect())
}

/// The key of the running task. It does not keep the task.
pub(crate) fn running_task() -> Option<Key> {
    current::running()?.with(|tasks| tasks.current())
}
