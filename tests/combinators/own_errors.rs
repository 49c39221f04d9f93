//! Errors of a program's own that pass through the combinators: a cancellation inside of one is still a cancellation, and every
//! combinator takes what `spawn` takes.

use tminus::{
    Error, Exception, ExceptionGroup, Kind, ResultExt, TaskGroup, as_completed, event_loop::next,
    gather, gather_results, raising, shield, sleep, spawn, timeout, wait_for, yield_now,
};

use super::{ms, run};

#[derive(Debug, thiserror::Error)]
enum JobError {
    #[error("busy")]
    Busy,
    #[error("the task failed")]
    Task(#[from] Error),
}

impl From<Exception> for JobError {
    fn from(exception: Exception) -> Self {
        JobError::Task(exception.into())
    }
}

async fn long() -> Result<u32, JobError> {
    sleep(ms(3_600_000)).await?;
    Err(JobError::Busy)
}

async fn long_with_anyhow() -> anyhow::Result<u32> {
    sleep(ms(3_600_000)).await.into_error()?;
    anyhow::bail!("busy")
}

async fn busy() -> Result<u32, JobError> {
    yield_now().await?;
    Err(JobError::Busy)
}

#[test]
fn a_limit_recognizes_its_own_cancellation() {
    let (result, time) = run(async {
        let limited = timeout(ms(1000)).run(raising(long())).await.unwrap_err();
        assert!(limited.is_timeout());
        let limited = timeout(ms(1000)).run(async { Ok(long().await?) }).await;
        assert!(limited.unwrap_err().is_timeout());
        let limited = wait_for(raising(long()), ms(1000)).await.unwrap_err();
        assert!(limited.is_timeout());
        let limited = wait_for(raising(long_with_anyhow()), ms(1000)).await;
        assert!(limited.unwrap_err().is_timeout());
        Ok(())
    });
    assert_eq!((result, time), (Ok(()), ms(4000)));
}

#[test]
fn a_cancelled_task_ends_as_cancelled() {
    run(async {
        let bodies = [spawn(raising(long()))?, spawn(raising(long_with_anyhow()))?];
        for task in bodies {
            yield_now().await?;
            task.cancel_with("enough");
            let cancelled = (&task).await.unwrap_err();
            assert_eq!(cancelled, Exception::new(Kind::Cancelled, "enough"));
            assert!(task.cancelled());
        }
        Ok(())
    })
    .0
    .unwrap();
}

#[test]
fn a_task_group_raises_the_failure_and_not_the_cancellations_that_follow() {
    run(async {
        let group = TaskGroup::new();
        let raised = group.run(async {
            let cancelled = group.create_task(raising(long()))?;
            group.create_task(raising(busy()))?;
            cancelled.await
        });
        let raised = raised.await.unwrap_err();
        let group = raised.downcast_ref::<ExceptionGroup>().unwrap();
        assert_eq!(group.exceptions().len(), 1);
        assert!(matches!(
            group.exceptions()[0].downcast_ref(),
            Some(JobError::Busy)
        ));
        Ok(())
    })
    .0
    .unwrap();
}

#[test]
fn every_combinator_takes_plain_values() {
    let (result, _) = run(async {
        assert_eq!(wait_for(async { 1_u32 }, ms(1)).await?, 1);
        assert_eq!(wait_for(async { 1_u32 }, None).await?, 1);
        assert!(
            wait_for(async { 1_u32 }, ms(0))
                .await
                .unwrap_err()
                .is_timeout()
        );
        assert_eq!(timeout(ms(1)).run(async { "two" }).await?, "two");
        assert_eq!(TaskGroup::new().run(async { Ok(vec![3]) }).await?, [3]);
        assert_eq!(gather([4, 5].map(async |n| n)).await?, [4, 5]);
        assert_eq!(gather((async { 4_u32 }, async { "5" })).await?, (4, "5"));
        assert_eq!(gather_results([async { 6_u32 }]).await?, [Ok(6)]);
        assert_eq!(shield(async { 7_u32 }).await?, 7);
        let mut completed = as_completed([async { 8_u32 }]);
        assert_eq!(next(&mut completed).await.unwrap()?.result()?, 8);
        Ok(())
    });
    result.unwrap();
}

/// No type of error is named in them.
#[test]
fn every_combinator_infers_the_type_of_the_error() {
    let (result, _) = run(async {
        let one = wait_for(
            async {
                yield_now().await?;
                Ok(1)
            },
            ms(1),
        );
        let two = timeout(ms(1)).run(async {
            yield_now().await?;
            Ok(2)
        });
        let group = TaskGroup::new();
        let three = group.run(async {
            yield_now().await?;
            Ok(3)
        });
        let four = gather([async {
            yield_now().await?;
            Ok(4)
        }]);
        let five = shield(async {
            yield_now().await?;
            Ok(5)
        });
        let numbers = [
            one.await?,
            two.await?,
            three.await?,
            four.await?[0],
            five.await?,
        ];
        Ok(numbers)
    });
    assert_eq!(result, Ok([1, 2, 3, 4, 5]));
}
