//! Tasks that wait for a word: polled in turn, under the executor, and on the crate's loop.

use tminus::{EventLoop, Exception, gather, sleep, spawn_named, timeline::Timeline};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson15_async_await::{
    Cancelled, Executor, LoopFuture, poll_in_turn, traced, watch, yield_now,
};

/// Waits for the word, and says the word. If the crew is cancelled, it closes the valves before it ends.
pub async fn crew(word: LoopFuture<&'static str>) {
    match traced("word.poll()", word).await {
        Ok(word) => println!("crew: {word}"),
        Err(Cancelled) => {
            println!("crew: closing the valves");
            yield_now().await; // a clean-up can wait
            println!("crew: the valves are closed");
        }
    }
}

/// Counts from 3, and then says the word.
pub async fn chief(word: LoopFuture<&'static str>) {
    for i in (1..=3).rev() {
        println!("chief: T-minus {i}");
        yield_now().await;
    }
    word.set_result("go!");
}

/// Polls the two in turn. Returns the names in the order of the polls.
pub fn in_turn() -> Vec<&'static str> {
    let word = LoopFuture::default();
    let (crew, chief) = (crew(word.clone()), chief(word));
    poll_in_turn(vec![("crew", Box::pin(crew)), ("chief", Box::pin(chief))])
}

/// Runs the two under the executor. Returns the names in the order of the polls.
pub fn under_the_executor() -> Vec<&'static str> {
    let word = LoopFuture::default();
    let mut executor = Executor::default();
    executor.spawn("crew", crew(word.clone()));
    executor.spawn("chief", chief(word));
    executor.run()
}

/// Cancels a task that waits for the word. Returns the names in the order of the polls.
pub fn hold() -> Vec<&'static str> {
    let mut executor = Executor::default();
    let crew = executor.spawn("crew", crew(LoopFuture::default()));
    executor.spawn("chief", async move {
        println!("chief: hold!");
        crew.cancel();
        println!("chief: that is all I do");
    });
    executor.run()
}

/// Runs crew and chief on the crate's loop, and draws their lanes.
pub fn under_the_event_loop(event_loop: &EventLoop) -> Result<Timeline, Exception> {
    let word = LoopFuture::default();
    let main = async {
        let (crew, chief) = (crew(word.clone()), chief(word));
        let crew = spawn_named("crew", crew)?;
        let chief = spawn_named("chief", chief)?;
        gather([crew, chief]).await
    };
    watch(|| event_loop.run_until_complete(main))
}

/// Counts down from `n`, with a pause after each number. Lesson 11 has it as a generator.
async fn countdown(name: &'static str, n: u32, pause: u64) -> Result<(), Exception> {
    for i in (1..=n).rev() {
        println!("{name}: T-minus {i}");
        sleep(ms(pause)).await?;
    }
    println!("{name}: Blast off!");
    Ok(())
}

/// Runs the two countdowns of lesson 11, and draws their lanes.
pub fn two_countdowns(event_loop: &EventLoop) -> Result<Timeline, Exception> {
    let main = async {
        let five = spawn_named("five", countdown("five", 5, 200))?;
        let three = spawn_named("three", countdown("three", 3, 300))?;
        gather([five, three]).await
    };
    watch(|| event_loop.run_until_complete(main))
}
