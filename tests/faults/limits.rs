//! Numbers at their limits.

use std::time::Duration;

use tminus::{
    Kind, sleep, spawn,
    sync::{BoundedSemaphore, Semaphore},
    timeout, wait_for,
};

use crate::{ms, new_loop};

#[test]
fn a_semaphore_with_all_the_permits_there_can_be_refuses_another_one() {
    let semaphore = Semaphore::new(usize::MAX);
    let refused = semaphore.release().unwrap_err();
    assert_eq!(
        (refused.kind(), semaphore.value()),
        (Kind::ValueError, usize::MAX)
    );
    let bounded = BoundedSemaphore::new(usize::MAX);
    assert_eq!(bounded.release().unwrap_err().kind(), Kind::ValueError);
}

/// The permit's drop cannot return an error, and must not panic.
#[test]
fn a_permit_that_is_one_too_many_is_dropped_without_a_panic() {
    let main = async {
        let semaphore = Semaphore::new(usize::MAX);
        let permit = semaphore.acquire().await?;
        semaphore.release()?;
        drop(permit);
        Ok(semaphore.value())
    };
    assert_eq!(new_loop().run_until_complete(main).unwrap(), usize::MAX);
}

#[test]
fn times_past_the_end_of_time_are_never() {
    let event_loop = new_loop();
    let main = async {
        sleep(ms(1)).await?;
        let far = spawn(sleep(Duration::MAX))?;
        let limited = timeout(Duration::MAX).run(sleep(ms(1)));
        limited.await?;
        wait_for(sleep(ms(1)), Duration::MAX).await?;
        Ok(far.done())
    };
    assert!(!event_loop.run_until_complete(main).unwrap());
    assert_eq!(event_loop.time(), ms(3));
}
