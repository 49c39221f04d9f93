//! Small programs, which CPython and the demo run: a coroutine on the crate's loop.

use tminus::{EventLoop, Exception, sleep};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson12_event_loop::programs::python;
use tminus_lessons::lesson15_async_await::chains;

/// Runs these programs, and those of `chains.rs`.
pub fn all(event_loop: &EventLoop) -> Result<(), Exception> {
    start(event_loop)?;
    return_a_value(event_loop)?;
    chains::chain(event_loop)?;
    chains::chain_of_generators(event_loop)?;
    run_at_last()?;
    event_loop.run_until_complete(one_after_the_other())?;
    is_it_a_coroutine(event_loop)?;
    event_loop.run_until_complete(hello_world())
}

/// Returns a coroutine's text as Python prints it, but without the address. The text contains the name of the
/// coroutine's function.
fn show<C: Future>(_: &C) -> String {
    let path = std::any::type_name::<C>().trim_end_matches("::{{closure}}");
    let name = path.rsplit("::").next().unwrap_or(path);
    format!("<coroutine object {name} at 0x...>")
}

/// A coroutine that is shown before it runs.
pub fn start(event_loop: &EventLoop) -> Result<(), Exception> {
    async fn coroutine() -> Result<(), Exception> {
        println!("now in coroutine");
        Ok(())
    }
    println!("start coroutine");
    let coroutine = coroutine();
    println!("{}", show(&coroutine));
    println!("enter event loop");
    event_loop.run_until_complete(coroutine)?;
    println!("close event loop");
    Ok(())
}

/// A coroutine that returns a value.
pub fn return_a_value(event_loop: &EventLoop) -> Result<(), Exception> {
    async fn coroutine() -> Result<&'static str, Exception> {
        println!("now in coroutine");
        Ok("result")
    }
    let result = event_loop.run_until_complete(coroutine())?;
    println!("coroutine returned: {result}");
    Ok(())
}

/// A coroutine that runs nothing until it is handed to a loop.
pub fn run_at_last() -> Result<(), Exception> {
    async fn func() -> Result<(), Exception> {
        println!("call func");
        Ok(())
    }
    let result = func(); // nothing runs yet
    tminus::run(result)
}

/// Two awaits one after the other, which take the sum of their times.
pub async fn one_after_the_other() -> Result<(), Exception> {
    async fn func() -> Result<&'static str, Exception> {
        println!("start");
        sleep(ms(20)).await?;
        println!("end");
        Ok("func result")
    }
    println!("response1: {}", func().await?);
    println!("response2: {}", func().await?);
    Ok(())
}

/// Python checks this at run time. Here the compiler does, because only a `Future` is accepted.
fn is_coroutine(_: &impl Future) -> bool {
    true
}

/// Like [`is_coroutine`], but takes a function that returns a coroutine.
fn is_coroutine_function<C: Future>(_: fn(u64) -> C) -> bool {
    true
}

/// Functions and values that are asked whether they are coroutines.
pub fn is_it_a_coroutine(event_loop: &EventLoop) -> Result<(), Exception> {
    async fn do_some_work(x: u64) -> Result<(), Exception> {
        println!("Waiting {x}");
        sleep(ms(x * 10)).await
    }
    println!("{}", python(is_coroutine_function(do_some_work)));
    let c = do_some_work(3);
    println!("{}", python(is_coroutine(&c)));
    drop(c); // Python's `close`. It runs nothing: it was not polled
    event_loop.run_until_complete(do_some_work(3))?;
    event_loop.run_until_complete(event_loop.create_task(do_some_work(3))?)
}

/// Two lines, with a sleep in between.
pub async fn hello_world() -> Result<(), Exception> {
    println!("hello");
    sleep(ms(20)).await?;
    println!("world");
    Ok(())
}
