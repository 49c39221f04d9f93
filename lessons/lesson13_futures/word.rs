//! Some who wait for the same word.

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson13_futures::{
    Clock, Coroutine, EventLoop, Exception, Future, Generator, Lanes, YieldFrom, sleep,
};

/// Waits for the word, and says it.
fn waiter(name: &'static str, word: &Future<&'static str>) -> Coroutine {
    let word = word.clone();
    Generator::new(async move |co| {
        println!("{name}: waiting");
        println!("{name}: {}", co.yield_from(word.wait()).await?);
        Ok(())
    })
}

/// Two wait for a word. A third one gives it, and then asks for it.
pub fn wait_for_the_word(clock: &Clock, lanes: &Lanes) -> Result<(), Exception> {
    let event_loop = EventLoop::new(clock);
    let word = event_loop.create_future();
    for name in ["crew", "tower"] {
        event_loop.ensure_future(lanes.watch(name, waiter(name, &word)))?;
    }
    let chief: Coroutine = Generator::new(async move |co| {
        co.yield_from(sleep(ms(300))).await?;
        word.set_result("go!")?;
        println!("chief: {}", co.yield_from(word.wait()).await?);
        co.yield_from(sleep(ms(100))).await
    });
    let chief = event_loop.ensure_future(lanes.watch("chief", chief))?;
    event_loop.run_until_complete(&chief)?;
    event_loop.close()
}
