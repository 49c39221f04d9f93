//! Nobody goes on before all are there.

use tminus::{Kind, Task, gather, gather_results, spawn, sync::Barrier, yield_now};

use crate::{dropped_after, run, turns};

fn arrivals<const N: usize>(barrier: &Barrier) -> [Task<usize>; N] {
    [(); N].map(|()| spawn(barrier.wait()).unwrap())
}

/// The places, and the errors by their text.
async fn ends<const N: usize>(tasks: [Task<usize>; N]) -> Result<Vec<String>, tminus::Exception> {
    let ends = gather_results(tasks).await?;
    let show = |end: Result<usize, tminus::Exception>| match end {
        Ok(place) => place.to_string(),
        Err(exception) => exception.to_string(),
    };
    Ok(ends.into_iter().map(show).collect())
}

const RESET: &str = "BrokenBarrier: Abort or reset of barrier";

#[test]
fn it_is_for_somebody() {
    let refused = Barrier::new(0).unwrap_err();
    assert_eq!(refused.to_string(), "ValueError: parties must be >= 1");
    let alone = Barrier::new(1).unwrap();
    let places = run(async move { Ok([alone.wait().await?, alone.wait().await?]) });
    assert_eq!(places.unwrap(), [0, 0]); // and does not wait
}

#[test]
fn all_go_on_when_the_last_one_comes_each_with_its_place() {
    run(async {
        let barrier = Barrier::new(3)?;
        let early = arrivals::<2>(&barrier);
        turns(3).await?;
        assert_eq!((barrier.n_waiting(), barrier.parties()), (2, 3));
        assert!(!early[0].done());
        assert_eq!(barrier.wait().await?, 2);
        assert_eq!(gather(early).await?, [0, 1]);
        let shown = "Barrier { parties: 3, state: Filling, inside: 0 }";
        assert_eq!(
            (barrier.n_waiting(), format!("{barrier:?}").as_str()),
            (0, shown)
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn it_can_be_used_again_and_who_comes_while_it_drains_is_in_the_next_round() {
    let places = run(async {
        let barrier = Barrier::new(2)?;
        let tasks = arrivals::<6>(&barrier);
        gather(tasks).await
    });
    assert_eq!(places.unwrap(), [0, 1, 0, 1, 0, 1]);
    let rounds = run(async {
        let barrier = Barrier::new(3)?;
        let runner = || {
            let barrier = barrier.clone();
            async move {
                for _ in 0..10 {
                    barrier.wait().await?;
                }
                Ok(())
            }
        };
        Ok(gather([runner(), runner(), runner()]).await?.len())
    });
    assert_eq!(rounds.unwrap(), 3);
}

#[test]
fn one_that_is_cancelled_or_dropped_leaves_and_the_others_wait_on() {
    run(async {
        let barrier = Barrier::new(3)?;
        let [a, b] = arrivals(&barrier);
        turns(2).await?;
        a.cancel();
        turns(2).await?;
        assert!(dropped_after(1, barrier.wait()).await.is_none());
        assert!(a.cancelled() && !b.done() && !barrier.broken());
        assert_eq!(barrier.n_waiting(), 1);
        let late = arrivals::<2>(&barrier);
        let mut places = gather(late).await?;
        places.push(b.await?);
        places.sort_unstable();
        assert_eq!(places, [1, 1, 2]); // as in CPython: the places are counted, not kept
        Ok(())
    })
    .unwrap();
}

#[test]
fn who_waits_when_it_is_reset_gets_an_error_and_it_is_as_new() {
    run(async {
        let barrier = Barrier::new(3)?;
        barrier.reset().await?; // nobody there: nothing happens
        let waiting = arrivals::<2>(&barrier);
        turns(2).await?;
        barrier.reset().await?;
        let blocked = arrivals::<3>(&barrier); // while it is being reset
        assert_eq!(ends(waiting).await?, [RESET, RESET]);
        assert_eq!(ends(blocked).await?, ["0", "1", "2"]);
        assert!(!barrier.broken());
        Ok(())
    })
    .unwrap();
}

#[test]
fn who_has_not_left_when_it_is_reset_while_it_drains_gets_the_error_too() {
    run(async {
        let barrier = Barrier::new(2)?;
        let slow = arrivals::<1>(&barrier);
        yield_now().await?;
        assert_eq!(barrier.wait().await?, 1);
        barrier.reset().await?; // before the other one has run
        assert_eq!(ends(slow).await?, [RESET]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn one_that_is_cancelled_when_all_were_there_does_not_keep_the_others() {
    run(async {
        let barrier = Barrier::new(3)?;
        let [a, b] = arrivals(&barrier);
        turns(2).await?;
        a.cancel(); // and is still inside
        assert_eq!(barrier.wait().await?, 2);
        assert_eq!(ends([a, b]).await?, ["Cancelled", "1"]);
        assert_eq!(barrier.n_waiting(), 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn aborted_it_is_of_no_use_until_it_is_reset() {
    run(async {
        let barrier = Barrier::new(3)?;
        let waiting = arrivals::<2>(&barrier);
        turns(2).await?;
        barrier.abort().await?;
        assert!(barrier.broken() && barrier.n_waiting() == 0);
        assert_eq!(ends(waiting).await?, [RESET, RESET]);
        let late = barrier.wait().await.unwrap_err();
        assert_eq!(late.to_string(), "BrokenBarrier: Barrier aborted");
        assert_eq!(late.kind(), Kind::BrokenBarrier);
        barrier.reset().await?;
        assert!(!barrier.broken());
        assert_eq!(ends(arrivals::<3>(&barrier)).await?, ["0", "1", "2"]);
        Ok(())
    })
    .unwrap();
}
