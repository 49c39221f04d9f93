//! The same two futures under the mini-executor and under the crate's loop.

use tminus::{EventLoop, Exception, gather, sleep, spawn_named, timeline::Timeline};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson15_async_await::{Executor, GiveWay, Receiver, Sender, oneshot, watch};

/// Waits for the word, and says it. It does not know who polls it, nor who will wake it.
pub async fn crew(word: Receiver<&'static str>) {
    println!("crew: waiting");
    match word.await {
        Some(word) => println!("crew: {word}"),
        None => println!("crew: nobody is left to give the word"),
    }
}

/// Gives the word in its last turn.
pub async fn chief(word: Sender<&'static str>) {
    for i in (1..=3).rev() {
        println!("chief: T-minus {i}");
        GiveWay::default().await;
    }
    word.send("go!");
}

/// Under the mini-executor. Gives the number of polls.
pub fn under_the_executor() -> usize {
    let (sender, receiver) = oneshot();
    let mut executor = Executor::default();
    executor.spawn(crew(receiver));
    executor.spawn(chief(sender));
    executor.run()
}

/// Under the crate's loop, with their lanes.
pub fn under_the_event_loop(event_loop: &EventLoop) -> Result<Timeline, Exception> {
    let (sender, receiver) = oneshot();
    let main = async {
        let crew = spawn_named("crew", async {
            crew(receiver).await;
            Ok(())
        })?;
        let chief = spawn_named("chief", async {
            chief(sender).await;
            Ok(())
        })?;
        gather([crew, chief]).await
    };
    watch(|| event_loop.run_until_complete(main))
}

/// Says the numbers from `n` down to 1, with a pause after each, and then `Blast off!`. Lesson 11 has it as a generator.
async fn countdown(name: &'static str, n: u32, pause: u64) -> Result<(), Exception> {
    for i in (1..=n).rev() {
        println!("{name}: T-minus {i}");
        sleep(ms(pause)).await?;
    }
    println!("{name}: Blast off!");
    Ok(())
}

/// The two countdowns of lesson 11, and their lanes.
pub fn two_countdowns(event_loop: &EventLoop) -> Result<Timeline, Exception> {
    let main = async {
        let five = spawn_named("five", countdown("five", 5, 200))?;
        let three = spawn_named("three", countdown("three", 3, 300))?;
        gather([five, three]).await
    };
    watch(|| event_loop.run_until_complete(main))
}
