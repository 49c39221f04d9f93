//! Who waits for whom: engines for the ignition, consumers for producers and producers for room.

use tminus::{spawn_named, sync::Event, sync::Queue, timeline::Timeline};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson18_sync::{
    Exception, consume, engine, gather, produce, run_virtual, sleep, watch,
};

/// Two engines wait for the ignition, and a third one comes too late to wait.
pub fn ignition() -> Result<Timeline, Exception> {
    let main = async {
        let ignition = Event::new();
        let engine = |name| spawn_named(name, engine(ignition.clone()));
        let (left, right) = (engine("left")?, engine("right")?);
        sleep(ms(10)).await?;
        ignition.set();
        gather([left, right]).await?;
        engine("late")?.await
    };
    watch(|| run_virtual(main))
}

/// Two producers and two consumers, and a queue with room for two numbers.
pub fn belt() -> Result<Timeline, Exception> {
    let main = async {
        let queue = Queue::with_maxsize(2);
        let producer = |name, numbers| spawn_named(name, produce(queue.clone(), numbers));
        let consumer = |name| spawn_named(name, consume(queue.clone()));
        let odd = producer("odd", vec![1, 3, 5])?;
        let even = producer("even", vec![2, 4, 6])?;
        let consumers = [consumer("first")?, consumer("second")?];
        gather([odd, even]).await?; // everything is in the queue,
        queue.join().await?; // and now everything is worked on
        queue.shutdown();
        println!("{:?}", gather(consumers).await?);
        Ok(())
    };
    watch(|| run_virtual(main))
}
