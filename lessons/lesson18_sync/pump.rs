//! Two pumps that fill one tank: without a lock, and with one.

use tminus::spawn_named;
use tminus_lessons::lesson18_sync::{Exception, Tank, gather, run_virtual, watch};

/// Fills the tank from two pumps, and says what is in it then.
fn fill<F>(how: &str, pump: impl Fn(Tank, u32) -> F) -> Result<(), Exception>
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let tank = Tank::default();
    let (first, second) = (pump(tank.clone(), 100), pump(tank.clone(), 20));
    let main =
        async { gather([spawn_named("first", first)?, spawn_named("second", second)?]).await };
    let timeline = watch(|| run_virtual(main))?;
    println!("100 + 20 {how}: {}", tank.litres());
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
