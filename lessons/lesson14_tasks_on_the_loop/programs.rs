//! The programs 05, 06, 07, 08 and 14: how tasks begin.

use std::fmt::Display;

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson14_tasks_on_the_loop::{
    CancelledError, Clock, Coroutine, Exception, Generator, Task, Wait, YieldFrom, create_task,
    run, sleep,
};

/// A task as Python shows it, without its name and its place in the file.
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

/// Program 05.
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

/// Program 06.
pub fn cancel_before_the_start(clock: &Clock) -> Result<(), Exception> {
    let main = Generator::new(async |co| {
        println!("creating task");
        let task = create_task(func_task())?;
        println!("canceling task");
        task.cancel();
        println!("canceled task {}", show(&task, "func_task"));
        match co.yield_from(task.wait()).await {
            Ok(result) => println!("task result: {result}"),
            Err(exception) if exception.is::<CancelledError>() => {
                println!("caught error from canceled task");
            }
            Err(exception) => return Err(exception),
        }
        Ok(())
    });
    run(clock, main)
}

/// Program 07.
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

/// Program 08.
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

/// Program 14.
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
