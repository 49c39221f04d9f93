//! The tests of a library that knows no runtime, on tokio's paused clock. The root package has the same tests on the virtual
//! clock.

use std::{cell::Cell, rc::Rc, time::Duration};

use tokio::{
    task::{LocalSet, spawn_local},
    time::{Instant, advance, sleep},
};

#[path = "../../../tests/library/library.rs"]
mod library;
use library::{Debounce, RateLimiter, Timer, retry};

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[derive(Clone)]
struct OnTokio(Instant);

impl Timer for OnTokio {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + 'static {
        sleep(duration)
    }
}

/// What `#[tokio::test(start_paused = true)]` does, and a `LocalSet`.
fn paused<T>(test: impl AsyncFnOnce(OnTokio) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async { test(OnTokio(Instant::now())).await })
}

#[test]
fn retry_doubles_its_pause() {
    let mut seen = Vec::new();
    let result = paused(async |timer| {
        retry(timer.clone(), 4, ms(100), |number| {
            seen.push((number, timer.now()));
            async move { if number == 3 { Ok("done") } else { Err("busy") } }
        })
        .await
    });
    assert_eq!(result, Ok("done"));
    // Tokio rounds a deadline up to the next millisecond, so a sleep can end 1 ms later.
    let times: Vec<_> = seen
        .iter()
        .map(|(n, time)| (*n, time.as_millis()))
        .collect();
    assert!(
        matches!(times[..], [(1, 0), (2, 100..=101), (3, 300..=302)]),
        "{seen:?}"
    );
}

#[test]
fn retry_gives_up() {
    let attempt = async |number| Err::<(), _>(number);
    let result = paused(async |timer| retry(timer, 2, ms(100), attempt).await);
    assert_eq!(result, Err(2));
}

#[test]
fn one_caller_passes_per_period() {
    let times = paused(async |timer| {
        let limiter = Rc::new(RateLimiter::new(timer.clone(), ms(50)));
        let callers = [(); 3].map(|()| {
            let (limiter, timer) = (limiter.clone(), timer.clone());
            async move {
                limiter.pass().await;
                timer.now()
            }
        });
        futures::future::join_all(callers).await
    });
    assert!(times[0] <= ms(1) && times[1] >= ms(50) && times[2] >= ms(100));
}

#[test]
fn only_the_last_trigger_acts() {
    let acted = paused(async |timer| {
        let (debounce, acted) = (Debounce::new(timer.clone(), ms(100)), Rc::new(Cell::new(0)));
        let mut tasks = Vec::new();
        for n in 1..=3 {
            let acted = acted.clone();
            tasks.push(spawn_local(debounce.trigger(move || acted.set(n))));
            sleep(ms(60)).await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        (acted.get(), timer.now().as_millis())
    });
    assert!(matches!(acted, (3, 220..=223)), "{acted:?}");
}

#[test]
fn the_clock_can_be_advanced() {
    paused(async |timer| {
        let debounce = Debounce::new(timer, ms(100));
        let task = spawn_local(debounce.trigger(|| "acted"));
        advance(ms(99)).await;
        assert!(!task.is_finished());
        advance(ms(2)).await;
        assert_eq!(task.await.unwrap(), Some("acted"));
    });
}
