//! Tasks that wait for a word that may never be said.

use tminus::{EventLoop, Exception, gather, spawn_named};
use tminus_lessons::lesson16_foreign_futures::{
    Cancelled, Executor, LoopFuture, Receiver, Sender, cancellable, oneshot, yield_now,
};

/// Runs an executor, and prints which tasks it polled, in that order, and which are left.
fn report(mut executor: Executor) {
    println!("polled: {}", executor.run().join(" "));
    println!("left: {:?}", executor.left());
}

/// The word is a future of lesson 15.
pub fn with_a_loop_future(fuel: u32) {
    let word = LoopFuture::default();
    let its_word = word.clone();
    let mut executor = Executor::default();
    executor.spawn("crew", async move {
        println!("crew: {:?}", word.await);
    });
    executor.spawn("chief", async move {
        if fuel < 10 {
            return; // no launch today
        }
        its_word.set_result("go!");
    });
    report(executor);
}

/// Waits for the word.
pub async fn crew(word: Receiver<&'static str>) {
    println!("crew: {:?}", word.await);
}

/// Says the word, if there is enough fuel.
pub async fn chief(fuel: u32, word: Sender<&'static str>) {
    yield_now().await;
    if fuel < 10 {
        return; // no launch today
    }
    word.send("go!");
}

/// Runs the two under the executor of lesson 15.
pub fn under_the_executor(fuel: u32) {
    let (sender, receiver) = oneshot();
    let mut executor = Executor::default();
    executor.spawn("crew", crew(receiver));
    executor.spawn("chief", chief(fuel, sender));
    report(executor);
}

/// Runs the two on the crate's loop.
pub fn on_the_loop(event_loop: &EventLoop, fuel: u32) -> Result<(), Exception> {
    let (sender, receiver) = oneshot();
    event_loop.run_until_complete(async {
        let crew = spawn_named("crew", crew(receiver))?;
        let chief = spawn_named("chief", chief(fuel, sender))?;
        gather([crew, chief]).await?;
        Ok(())
    })
}

/// Waits for the word, and cleans up if it is cancelled.
pub async fn careful_crew(word: Receiver<&'static str>) {
    match cancellable(word).await {
        Ok(word) => println!("crew: {word:?}"),
        Err(Cancelled) => {
            println!("crew: closing the valves");
            yield_now().await;
            println!("crew: the valves are closed");
        }
    }
}

/// Cancels a crew before the word is said.
pub fn cancelled<F: Future<Output = ()> + 'static>(crew: fn(Receiver<&'static str>) -> F) {
    let (_sender, receiver) = oneshot();
    let mut executor = Executor::default();
    let task = executor.spawn("crew", crew(receiver));
    executor.spawn("chief", async move {
        println!("chief: hold!");
        task.cancel();
    });
    report(executor);
}
