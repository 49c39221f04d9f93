//! A stream on the crate's loop: a sensor reads a tank, and the crew hears of each reading.

use tminus::{
    EventLoop, Exception, clock::VirtualClock, gather, sleep, spawn_named, timeline::Timeline,
};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson16_foreign_futures::{ItemSender, Items, items, next, watch};

async fn sensor(readings: ItemSender<u32>) -> Result<(), Exception> {
    for litres in [200, 100, 0] {
        sleep(ms(100)).await?;
        readings.send(litres);
    }
    Ok(())
} // `readings` is dropped here

async fn crew(mut readings: Items<u32>) -> Result<(), Exception> {
    while let Some(litres) = next(&mut readings).await {
        println!("{litres} litres");
    }
    println!("the sensor is off");
    Ok(())
}

/// Runs the two, and draws their lanes.
pub fn on_the_loop() -> Result<Timeline, Exception> {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let (sender, receiver) = items();
    let main = async {
        let crew = spawn_named("crew", crew(receiver))?;
        let sensor = spawn_named("sensor", sensor(sender))?;
        gather([crew, sensor]).await
    };
    watch(|| event_loop.run_until_complete(main))
}
