//! How to test a library that knows no runtime: on the virtual clock, where a sleep takes no time, and ends to the nanosecond.
//!
//! The benchmarks' package has the same tests on tokio's paused clock.

mod library;

use std::{cell::Cell, rc::Rc, time::Duration};

use tminus::{EventLoop, Exception, clock::VirtualClock, delay, gather, sleep, spawn, yield_now};

use library::{Debounce, RateLimiter, Timer, retry};

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[derive(Clone)]
struct OnTminus;

impl Timer for OnTminus {
    fn now(&self) -> Duration {
        EventLoop::running()
            .expect("the tests run on a loop")
            .time()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + 'static {
        delay(duration)
    }
}

/// Runs a test on a virtual clock of its own.
fn paused<T: 'static>(test: impl Future<Output = T>) -> T {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    event_loop.run(async { Ok(test.await) }).unwrap()
}

#[test]
fn retry_doubles_its_pause() {
    let mut seen = Vec::new();
    let result = paused(retry(OnTminus, 4, ms(100), |number| {
        seen.push((number, OnTminus.now()));
        async move { if number == 3 { Ok("done") } else { Err("busy") } }
    }));
    assert_eq!(result, Ok("done"));
    assert_eq!(seen, [(1, ms(0)), (2, ms(100)), (3, ms(300))]);
}

#[test]
fn retry_gives_up() {
    let attempt = async |number| Err::<(), _>(number);
    assert_eq!(paused(retry(OnTminus, 2, ms(100), attempt)), Err(2));
}

#[test]
fn one_caller_passes_per_period() {
    let times = paused(async {
        let limiter = Rc::new(RateLimiter::new(OnTminus, ms(50)));
        let callers = [(); 3].map(|()| {
            let limiter = limiter.clone();
            async move {
                limiter.pass().await;
                OnTminus.now()
            }
        });
        gather(callers).await
    });
    assert_eq!(times.unwrap(), [ms(0), ms(50), ms(100)]);
}

#[test]
fn only_the_last_trigger_acts() {
    let acted = paused(async {
        let (debounce, acted) = (Debounce::new(OnTminus, ms(100)), Rc::new(Cell::new(0)));
        let mut tasks = Vec::new();
        for n in 1..=3 {
            let acted = acted.clone();
            tasks.push(spawn(debounce.trigger(move || acted.set(n)))?);
            sleep(ms(60)).await?;
        }
        for task in tasks {
            task.await?;
        }
        Ok::<_, Exception>((acted.get(), OnTminus.now()))
    });
    assert_eq!(acted.unwrap(), (3, ms(220)));
}

#[test]
fn the_clock_can_be_advanced() {
    let clock = VirtualClock::new();
    let event_loop = EventLoop::with_clock(clock.clone());
    let acted = event_loop.run(async {
        let debounce = Debounce::new(OnTminus, ms(100));
        let task = spawn(debounce.trigger(|| "acted"))?;
        clock.advance(ms(99));
        yield_now().await?;
        assert!(!task.done());
        clock.advance(ms(1));
        task.await
    });
    assert_eq!(acted, Ok(Some("acted")));
}
