//! Engines that wait for the ignition, and a queue between two producers and two consumers.

use std::rc::Rc;

use tminus::{spawn_named, timeline::Timeline};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson18_sync::{
    Event, Exception, Kind, Queue, gather, run_virtual, sleep, watch,
};

/// Waits for the ignition.
async fn engine(ignition: Event) -> Result<(), Exception> {
    ignition.wait().await
}

/// Two engines wait for the ignition, and a third one arrives too late to wait.
pub fn ignition() -> Result<Timeline, Exception> {
    let main = async {
        let ignition = Event::default();
        let engine = |name| spawn_named(name, engine(ignition.clone()));
        let (left, right) = (engine("left")?, engine("right")?);
        sleep(ms(10)).await?;
        ignition.set();
        gather([left, right]).await?;
        engine("late")?.await
    };
    watch(|| run_virtual(main))
}

/// Puts numbers into a queue, one every 10 ms or when there is room.
pub async fn produce(queue: Rc<Queue<u32>>, numbers: Vec<u32>) -> Result<(), Exception> {
    for n in numbers {
        sleep(ms(10)).await?; // to make it
        queue.put(n).await?;
    }
    Ok(())
}

/// Gets numbers from a queue until that is shut down, and returns their sum.
pub async fn consume(queue: Rc<Queue<u32>>) -> Result<u32, Exception> {
    let mut sum = 0;
    loop {
        match queue.get().await {
            Ok(n) => sum += n,
            Err(exception) if exception == Kind::QueueShutDown => return Ok(sum),
            Err(exception) => return Err(exception),
        }
        sleep(ms(30)).await?; // to work on it
    }
}

/// Two producers and two consumers, and a queue with room for two numbers.
pub fn belt() -> Result<Timeline, Exception> {
    let main = async {
        let queue = Rc::new(Queue::new(2));
        let producer = |name, numbers| spawn_named(name, produce(queue.clone(), numbers));
        let consumer = |name| spawn_named(name, consume(queue.clone()));
        let odd = producer("odd", vec![1, 3, 5])?;
        let even = producer("even", vec![2, 4, 6])?;
        let consumers = [consumer("first")?, consumer("second")?];
        gather([odd, even]).await?; // everything was put into the queue
        queue.shutdown();
        println!("{:?}", gather(consumers).await?);
        Ok(())
    };
    watch(|| run_virtual(main))
}
