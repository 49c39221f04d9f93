//! Two pumps at one tank: without a lock, and with one.

use std::{cell::Cell, rc::Rc};

use tminus::{clock::VirtualClock, spawn_named, yield_now};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson18_sync::{
    EventLoop, Exception, Tank, gather, run_virtual, sleep, watch,
};

/// Takes some litres out, if there are enough.
async fn take(tank: Tank, litres: i32) -> Result<(), Exception> {
    if tank.litres.get() >= litres {
        sleep(ms(10)).await?; // the valve opens
        tank.litres.set(tank.litres.get() - litres);
    }
    Ok(())
}

/// Two tasks take 60 litres each from a tank with 100.
pub async fn take_60_twice() -> Result<(), Exception> {
    let tank = Tank::default();
    tank.litres.set(100);
    gather((take(tank.clone(), 60), take(tank.clone(), 60))).await?;
    println!("{} litres", tank.litres.get());
    Ok(())
}

/// Waits until a flag is not set, and sets it. It asks in every round.
async fn acquire_by_asking(taken: &Cell<bool>) -> Result<(), Exception> {
    while taken.replace(true) {
        yield_now().await?;
    }
    Ok(())
}

/// One task holds the flag until 10 ms, and another one asks for it. The run ends after 1,000 rounds.
pub fn ask_for_a_flag() -> Result<(), Exception> {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    event_loop.set_livelock_rounds(1000);
    event_loop.set_livelock_is_error(true);
    let main = async {
        let taken = Rc::new(Cell::new(true));
        let its_flag = taken.clone();
        spawn_named("holds", async move {
            sleep(ms(10)).await?;
            its_flag.set(false);
            Ok(())
        })?;
        spawn_named("asks", async move { acquire_by_asking(&taken).await })?.await
    };
    if let Err(exception) = event_loop.run_until_complete(main) {
        println!("{exception}");
    }
    Ok(())
}

/// Fills the tank from two pumps, and prints the litres and the lanes.
fn fill<F>(how: &str, pump: impl Fn(Tank, i32) -> F) -> Result<(), Exception>
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let tank = Tank::default();
    let (first, second) = (pump(tank.clone(), 100), pump(tank.clone(), 20));
    let main =
        async { gather([spawn_named("first", first)?, spawn_named("second", second)?]).await };
    let timeline = watch(|| run_virtual(main))?;
    println!("== 100 + 20 litres, {how}: {}", tank.litres());
    print!("{}", timeline.text(80));
    Ok(())
}

/// Without a lock an update is lost.
pub fn without_and_with_a_lock() -> Result<(), Exception> {
    let careless = |tank: Tank, n| async move { tank.fill_without_lock(n).await };
    let careful = |tank: Tank, n| async move { tank.fill(n).await };
    fill("without a lock", careless)?;
    fill("with a lock", careful)
}
