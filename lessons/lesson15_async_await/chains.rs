//! Small programs, which CPython and the demo run: coroutines that await others, and generators that delegate to
//! others.

use tminus::{EventLoop, Exception, Generator};

async fn call_first() -> Result<&'static str, Exception> {
    println!("now in first");
    Ok("first")
}

async fn call_second(arg: &str) -> Result<String, Exception> {
    println!("now in second");
    Ok(format!("second with arg: {arg}"))
}

/// A pair as Python shows it.
fn pair((a, b): (&str, String)) -> String {
    format!("('{a}', '{b}')")
}

/// Awaits both, one after the other.
pub async fn coroutine() -> Result<(&'static str, String), Exception> {
    println!("now in coroutine");
    println!("wait for function first");
    let a = call_first().await?;
    println!("wait for function second");
    let b = call_second(a).await?;
    Ok((a, b))
}

/// A coroutine that awaits two others.
pub fn chain(event_loop: &EventLoop) -> Result<(), Exception> {
    let result = event_loop.run_until_complete(coroutine())?;
    println!("result value: {}", pair(result));
    Ok(())
}

/// Like [`chain`], with generators of the crate. A generator can be awaited, too.
pub fn chain_of_generators(event_loop: &EventLoop) -> Result<(), Exception> {
    fn call_first() -> Generator<(), (), &'static str> {
        Generator::new(async |_| {
            println!("now in first");
            Ok("first")
        })
    }
    fn call_second(arg: &'static str) -> Generator<(), (), String> {
        Generator::new(async move |_| {
            println!("now in second");
            Ok(format!("second with arg: {arg}"))
        })
    }
    fn coroutine() -> Generator<(), (), (&'static str, String)> {
        Generator::new(async |co| {
            println!("now in coroutine");
            println!("wait for function first");
            let a = co.yield_from(call_first()).await?;
            println!("wait for function second");
            let b = co.yield_from(call_second(a)).await?;
            Ok((a, b))
        })
    }
    let result = event_loop.run_until_complete(async { coroutine().await })?;
    println!("result value: {}", pair(result));
    Ok(())
}
