//! Programs with `gather`, and with tasks that run at the same time. The crate's `gather` takes arrays and tuples, too.

use tminus::event_loop::{all_tasks, current_task};
use tminus::{Task, gather, gather_results, spawn, yield_now};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson12_event_loop::programs::python;
use tminus_lessons::lesson17_many::{EventLoop, Exception, Kind, sleep, spawn_all};

/// Prints that it waits, sleeps for `x` hundredths of a second, and returns `x`.
async fn do_some_work(x: u64) -> Result<u64, Exception> {
    println!("Waiting {x}");
    sleep(ms(x * 10)).await?;
    Ok(x)
}

/// Python's `gather` does not take a list: there it is `gather(*coros)`.
pub async fn gather_a_list() -> Result<(), Exception> {
    println!("{:?}", gather([do_some_work(1), do_some_work(3)]).await?);
    let coros = vec![do_some_work(1), do_some_work(3)];
    println!("{:?}", gather(coros).await?);
    let futs = spawn_all(vec![do_some_work(1), do_some_work(3)])?;
    println!("{:?}", gather(futs).await?);
    Ok(())
}

/// The jobs begin in the order in which they are passed.
pub async fn gather_in_order() -> Result<(), Exception> {
    gather((do_some_work(3), do_some_work(2))).await?;
    gather(vec![do_some_work(3), do_some_work(2)]).await?;
    gather(spawn_all(vec![do_some_work(3), do_some_work(2)])?).await?;
    Ok(())
}

async fn ok() -> Result<&'static str, Exception> {
    sleep(ms(10)).await?;
    Ok("ok")
}

async fn bad() -> Result<&'static str, Exception> {
    Err(Exception::new(Kind::ValueError, "bad"))
}

async fn hang() -> Result<&'static str, Exception> {
    sleep(ms(3_600_000)).await?;
    Ok("awake")
}

/// What Python shows of a result or an exception.
fn repr(outcome: &Result<&str, Exception>) -> String {
    match outcome {
        Ok(result) => format!("'{result}'"),
        Err(exception) if exception.kind() == Kind::Cancelled => {
            format!("CancelledError('{}')", exception.message())
        }
        Err(exception) => format!("{}('{}')", exception.name(), exception.message()),
    }
}

/// Shows as Python does which tasks were cancelled.
fn cancelled(tasks: &[Task<&'static str>]) -> String {
    let each: Vec<_> = tasks.iter().map(|task| python(task.cancelled())).collect();
    format!("[{}]", each.join(", "))
}

/// Exceptions as results, and three tasks that are cancelled.
pub async fn exceptions_as_results() -> Result<(), Exception> {
    let (ok, bad) = gather_results((ok(), bad())).await?;
    println!("{:?}", [repr(&ok), repr(&bad)]);
    let tasks = spawn_all(vec![hang(), hang(), hang()])?;
    yield_now().await?;
    let me = current_task()?;
    for task in all_tasks()? {
        if task != me {
            task.cancel();
        }
    }
    println!("cancelled() right after cancel(): {}", cancelled(&tasks));
    let outcomes = gather_results(tasks.clone()).await?;
    println!("{:?}", outcomes.iter().map(repr).collect::<Vec<_>>());
    println!("cancelled() later: {}", cancelled(&tasks));
    Ok(())
}

async fn say_after(delay: u64, what: &str) -> Result<u64, Exception> {
    sleep(ms(delay * 100)).await?;
    println!("{what}");
    Ok(delay)
}

/// Two tasks that sleep for 100 and 200 ms: together 200.
pub async fn both_at_once() -> Result<(), Exception> {
    let task1 = spawn(say_after(1, "hello"))?;
    let task2 = spawn(say_after(2, "world"))?;
    let event_loop = EventLoop::running()?;
    let start = event_loop.time();
    println!("started");
    println!("task1 result is: {}", task1.await?);
    task2.await?;
    let took = event_loop.time() - start;
    let is_the_longer = python(took == ms(200));
    println!("finished after the longer delay, not the sum: {is_the_longer}");
    Ok(())
}

/// A line every 50 ms, until the time is up.
pub async fn ticks() -> Result<(), Exception> {
    let event_loop = EventLoop::running()?;
    let end_time = event_loop.time() + ms(250);
    for n in 0.. {
        println!("tick {n}");
        if event_loop.time() + ms(50) >= end_time {
            break;
        }
        sleep(ms(50)).await?;
    }
    Ok(())
}

/// Three factorials. Each sleeps after every factor.
pub async fn factorials() -> Result<(), Exception> {
    async fn factorial(name: &str, number: u64) -> Result<(), Exception> {
        let mut f = 1;
        for i in 2..=number {
            println!("Task {name}: Compute factorial({i})...");
            sleep(ms(20)).await?;
            f *= i;
        }
        println!("Task {name}: factorial({number}) = {f}");
        Ok(())
    }
    gather([factorial("A", 2), factorial("B", 3), factorial("C", 4)]).await?;
    Ok(())
}
