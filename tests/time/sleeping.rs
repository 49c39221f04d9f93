//! `sleep_until`.

use std::time::Duration;

use tminus::{Exception, Kind, event_loop::EventLoop, sleep, sleep_until, spawn, yield_now};

use crate::{ms, new_loop};

#[test]
fn a_sleep_ends_at_its_time_however_late_it_begins() -> Result<(), Exception> {
    let event_loop = new_loop();
    let clock = event_loop.clone();
    event_loop.run_until_complete(async move {
        let until = sleep_until(ms(20)); // not polled yet
        sleep(ms(15)).await?;
        until.await?;
        assert_eq!(clock.time(), ms(20));
        Ok(())
    })
}

#[test]
fn a_time_that_has_passed_is_a_yield() -> Result<(), Exception> {
    let event_loop = new_loop();
    let clock = event_loop.clone();
    event_loop.run_until_complete(async move {
        sleep(ms(10)).await?;
        for when in [0, 3, 10] {
            let before = clock.rounds();
            sleep_until(ms(when)).await?;
            assert_eq!((clock.rounds(), clock.time()), (before + 1, ms(10)));
        }
        Ok(())
    })
}

#[test]
fn a_cancellation_arrives_at_once() -> Result<(), Exception> {
    let event_loop = new_loop();
    let clock = event_loop.clone();
    event_loop.run_until_complete(async move {
        let task = spawn(sleep_until(Duration::MAX))?;
        yield_now().await?;
        task.cancel();
        assert_eq!(task.await.unwrap_err().kind(), Kind::Cancelled);
        assert_eq!(clock.time(), Duration::ZERO);
        Ok(())
    })
}

#[test]
fn those_who_sleep_until_the_same_time_continue_in_the_order_of_their_calls()
-> Result<(), Exception> {
    let event_loop = new_loop();
    let order = event_loop.run_until_complete(async {
        let order = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
        let mut tasks = Vec::new();
        for n in 0..5 {
            let order = order.clone();
            tasks.push(spawn(async move {
                match n % 2 {
                    0 => sleep_until(ms(7)).await?,
                    _ => sleep(ms(7)).await?,
                }
                order.borrow_mut().push(n);
                Ok(())
            })?);
        }
        for task in tasks {
            task.await?;
        }
        Ok(order.take())
    })?;
    assert_eq!(order, [0, 1, 2, 3, 4]);
    Ok(())
}

#[test]
fn without_a_loop_it_is_an_error() {
    use futures::FutureExt;
    let refused = sleep_until(ms(1)).now_or_never().expect("it does not wait");
    assert_eq!(refused.unwrap_err().kind(), Kind::RuntimeError);
    assert!(EventLoop::running().is_err());
}
