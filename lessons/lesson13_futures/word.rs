//! Three tasks and the word that two of them wait for.

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson13_futures::{
    Coroutine, EventLoop, Exception, Future, Generator, Lanes, YieldFrom, ensure_future,
    run_until_complete, sleep,
};

/// Waits for the word, and prints it.
fn waiter(name: &'static str, word: Future<&'static str>) -> Coroutine {
    Generator::new(async move |co| {
        println!("{name}: waiting");
        println!("{name}: {}", co.yield_from(word.wait()).await?);
        Ok(())
    })
}

/// Sets the word after 300 ms, and then waits for it, too.
fn chief(word: Future<&'static str>) -> Coroutine {
    Generator::new(async move |co| {
        co.yield_from(sleep(ms(300))).await?;
        word.set_result("go!")?;
        println!("chief: {}", co.yield_from(word.wait()).await?);
        co.yield_from(sleep(ms(100))).await
    })
}

/// Runs two waiters and the chief.
pub fn wait_for_the_word(event_loop: &EventLoop, lanes: &Lanes) -> Result<(), Exception> {
    let word = Future::new(event_loop);
    let crew = lanes.watch("crew", waiter("crew", word.clone()));
    let tower = lanes.watch("tower", waiter("tower", word.clone()));
    let chief = lanes.watch("chief", chief(word));
    ensure_future(event_loop, crew)?;
    ensure_future(event_loop, tower)?;
    run_until_complete(event_loop, &ensure_future(event_loop, chief)?)
}
