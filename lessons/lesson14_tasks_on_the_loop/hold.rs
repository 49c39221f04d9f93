//! A launch that is put on hold: a countdown that is cancelled, and cleans up.

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson14_tasks_on_the_loop::{
    Cancelled, Clock, Coroutine, Exception, Generator, Lanes, YieldFrom, create_task, run, sleep,
};

/// Says the numbers from `n` down to 1, one every 100 ms.
fn countdown(n: u32) -> Coroutine {
    Generator::new(async move |co| {
        for i in (1..=n).rev() {
            println!("T-minus {i}");
            co.yield_from(sleep(ms(100))).await?;
        }
        println!("Blast off!");
        Ok(())
    })
}

/// A countdown that closes the valves if it is cancelled. That takes a while.
fn launch(n: u32) -> Coroutine {
    Generator::new(async move |co| {
        let outcome = co.yield_from(countdown(n)).await;
        if outcome.as_ref().is_err_and(Exception::is::<Cancelled>) {
            println!("Hold! Closing the valves");
            co.yield_from(sleep(ms(30))).await?;
            println!("The valves are closed");
        }
        outcome
    })
}

/// A chief who puts the first launch on hold after 250 ms. A second launch is still counting when that is over.
pub fn hold(clock: &Clock, lanes: &Lanes) -> Result<(), Exception> {
    let its_lanes = lanes.clone();
    let chief = Generator::new(async move |co| {
        let first = create_task(its_lanes.watch("first", launch(5)))?;
        co.yield_from(sleep(ms(150))).await?;
        create_task(its_lanes.watch("second", launch(9)))?;
        co.yield_from(sleep(ms(100))).await?;
        first.cancel();
        match co.yield_from(first.wait()).await {
            Err(exception) => println!("The first launch: {exception}"),
            Ok(()) => println!("The first launch is up"),
        }
        Ok(())
    });
    run(clock, lanes.watch("chief", chief))
}
