use tminus::{EventLoop, Exception, clock::VirtualClock};
use tminus_lessons::lesson16_foreign_futures::{Executor, contexts, iterators, readings, word};

/// Awaits a channel of a library under the executor of lesson 15.
fn with_a_library() {
    let (word, receiver) = futures::channel::oneshot::channel();
    let mut executor = Executor::default();
    executor.spawn("crew", async { println!("crew: {:?}", receiver.await) });
    executor.spawn("chief", async { word.send("go!").expect("`crew` waits") });
    println!("polled: {}", executor.run().join(" "));
}

fn main() -> Result<(), Exception> {
    println!("== Predict ==");
    word::with_a_loop_future(5);
    println!("== A sender that is dropped ==");
    word::under_the_executor(5);
    println!("== A sender that sends ==");
    word::under_the_executor(100);
    println!("== On the crate's loop ==");
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    word::on_the_loop(&event_loop, 5)?;
    word::on_the_loop(&event_loop, 100)?;
    println!("== A channel of a library ==");
    with_a_library();
    println!("== Cancelled ==");
    word::cancelled(word::crew);
    println!("== Cancelled, with `cancellable` ==");
    word::cancelled(word::careful_crew);
    println!("== A stream ==");
    print!("{}", readings::on_the_loop()?.text(80));
    println!("== Python's programs ==");
    event_loop.run_until_complete(iterators::read_lines())?;
    event_loop.run_until_complete(iterators::async_for())?;
    event_loop.run_until_complete(contexts::async_with())?;
    contexts::async_with_by_hand();
    Ok(())
}
