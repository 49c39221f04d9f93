//! Small programs, which CPython and the demo run: how tasks begin.

use std::fmt::Display;

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson14_tasks_on_the_loop::{
    Cancelled, Clock, Coroutine, Exception, Generator, Task, Wait, YieldFrom, create_task, ends,
    run, sleep,
};

/// A program and its heading.
pub type Program = (&'static str, fn(&Clock) -> Result<(), Exception>);

/// All of them, in the order of the demo.
pub const PROGRAMS: [Program; 8] = [
    ("a task runs", start_a_task),
    ("a task is handed on", hand_a_task_on),
    (
        "a task is cancelled before its start",
        cancel_before_the_start,
    ),
    ("nobody waits for a task", nobody_has_to_wait),
    ("two tasks", two_tasks),
    ("Ctrl-C", ends::keyboard_interrupt),
    ("no loop, no task", ends::tasks_need_a_loop),
    ("a task passes its cancellation on", ends::cancel_a_sleeper),
];

/// A task as Python prints it, without its name and its place in the file.
fn show<T: Clone + Display + 'static>(task: &Task<T>, coroutine: &str) -> String {
    let state = match task.result() {
        Ok(result) => {
            return format!(
                "<Task finished coro=<{coroutine}() done, defined at ...> result='{result}'>"
            );
        }
        Err(_) if task.cancelled() => "cancelled",
        Err(_) if task.done() => "finished",
        Err(_) if task.cancelling() > 0 => "cancelling",
        Err(_) => "pending",
    };
    format!("<Task {state} coro=<{coroutine}() running at ...>>")
}

fn func_task() -> Coroutine<&'static str> {
    Generator::new(async |_| {
        println!("now in function task");
        Ok("the result")
    })
}

/// A task that is shown before and after it has run.
pub fn start_a_task(clock: &Clock) -> Result<(), Exception> {
    let main = Generator::new(async |co| {
        println!("creating task");
        let task = create_task(func_task())?;
        println!("waiting for {}", show(&task, "func_task"));
        let result = co.yield_from(task.wait()).await?;
        println!("task completed {}", show(&task, "func_task"));
        println!("return value: {result}");
        Ok(())
    });
    run(clock, main)
}

/// A task that is cancelled before its first turn.
pub fn cancel_before_the_start(clock: &Clock) -> Result<(), Exception> {
    let main = Generator::new(async |co| {
        println!("creating task");
        let task = create_task(func_task())?;
        println!("canceling task");
        task.cancel();
        println!("canceled task {}", show(&task, "func_task"));
        match co.yield_from(task.wait()).await {
            Ok(result) => println!("task result: {result}"),
            Err(exception) if exception.is::<Cancelled>() => {
                println!("caught error from canceled task");
            }
            Err(exception) => return Err(exception),
        }
        Ok(())
    });
    run(clock, main)
}

/// A task that is handed to another coroutine.
pub fn hand_a_task_on(clock: &Clock) -> Result<(), Exception> {
    fn wrapped() -> Coroutine<&'static str> {
        Generator::new(async |_| {
            println!("now in function wrapped");
            Ok("result")
        })
    }
    fn inner(task: Task<&'static str>) -> Coroutine {
        Generator::new(async move |co| {
            println!("now in function inner");
            println!("inner: waiting for {}", show(&task, "wrapped"));
            println!("inner: task return: {}", co.yield_from(task.wait()).await?);
            Ok(())
        })
    }
    let outer = Generator::new(async |co| {
        println!("creating task");
        let task = create_task(wrapped())?;
        println!("waiting for inner");
        co.yield_from(inner(task)).await?;
        println!("inner returned");
        Ok(())
    });
    run(clock, outer)
}

/// A task that nobody waits for.
pub fn nobody_has_to_wait(clock: &Clock) -> Result<(), Exception> {
    let wrapped = Generator::new(async |_| {
        println!("wrapped runs");
        Ok(())
    });
    let main = Generator::new(async move |co| {
        create_task(wrapped)?;
        println!("created");
        co.yield_(Wait::Turn).await?;
        println!("after sleep(0), never awaited the task");
        Ok(())
    });
    run(clock, main)
}

/// Two tasks that sleep at the same time.
pub fn two_tasks(clock: &Clock) -> Result<(), Exception> {
    fn func() -> Coroutine<&'static str> {
        Generator::new(async |co| {
            println!("start");
            co.yield_from(sleep(ms(20))).await?;
            println!("end");
            Ok("func result")
        })
    }
    let main = Generator::new(async |co| {
        let (task1, task2) = (create_task(func())?, create_task(func())?);
        println!("main finished");
        println!("task1: {}", co.yield_from(task1.wait()).await?);
        println!("task2: {}", co.yield_from(task2.wait()).await?);
        Ok(())
    });
    run(clock, main)
}
