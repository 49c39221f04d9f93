//! Operations and their futures.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    time::Duration,
};

use futures::{FutureExt, StreamExt, join, stream::FuturesUnordered};
use tminus::{AsyncGenerator, Exception, Kind, event_loop::next, sleep, spawn, timeout, yield_now};

use crate::{ms, new_loop, support::Log};

#[test]
fn as_a_stream_it_yields_its_items_and_then_its_exception() -> Result<(), Exception> {
    new_loop().run(async {
        let generator = AsyncGenerator::<u32>::new(async |co| {
            co.yield_(1).await?;
            sleep(ms(1)).await?;
            co.yield_(2).await?;
            Err(Exception::new(Kind::ValueError, "no fuel"))
        });
        let items: Vec<_> = generator
            .map(|item| item.map_err(|error| error.to_string()))
            .collect()
            .await;
        assert_eq!(items, [Ok(1), Ok(2), Err("ValueError: no fuel".into())]);
        Ok(())
    })
}

/// `select!` and the like drop futures that are not ready.
#[test]
fn a_dropped_operation_loses_no_item() -> Result<(), Exception> {
    new_loop().run(async {
        let mut generator = AsyncGenerator::<u32>::new(async |co| {
            for i in 0.. {
                sleep(ms(10)).await?;
                co.yield_(i).await?;
            }
            Ok(())
        });
        let mut items = Vec::new();
        while items.len() < 3 {
            let item = next(&mut generator);
            let pause = tminus::delay(ms(3));
            match futures::future::select(Box::pin(item), Box::pin(pause)).await {
                futures::future::Either::Left((item, _)) => items.extend(item.transpose()?),
                futures::future::Either::Right(_) => {}
            }
        }
        assert_eq!(items, [0, 1, 2]);
        drop(generator.anext().now_or_never()); // begun, and dropped inside
        assert_eq!(generator.anext().await?, Some(3));
        Ok(())
    })
}

#[test]
fn a_body_that_is_left_inside_is_dropped_by_whatever_would_throw_there() -> Result<(), Exception> {
    let log = Log::default();
    let prints = log.clone();
    new_loop().run(async move {
        for throws in [true, false] {
            let notes = Noted(prints.clone());
            let generator = AsyncGenerator::<u32>::new(async move |co| {
                let _notes = notes;
                sleep(ms(10)).await?;
                co.yield_(1).await
            });
            assert!(generator.anext().now_or_never().is_none());
            if throws {
                let thrown = generator.athrow(Kind::ValueError).await;
                assert_eq!(thrown.unwrap_err().kind(), Kind::ValueError);
            } else {
                generator.aclose().await?;
            }
            prints.add("closed");
            assert_eq!(generator.anext().await?, None);
        }
        Ok(())
    })?;
    assert_eq!(log.take(), ["dropped", "closed", "dropped", "closed"]);
    Ok(())
}

struct Noted(Log);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.add("dropped");
    }
}

#[test]
fn a_timeout_is_raised_inside_and_the_generator_lives_on() -> Result<(), Exception> {
    let event_loop = new_loop();
    let late = event_loop.run_until_complete(async {
        let generator = AsyncGenerator::<&str>::new(async |co| {
            if sleep(Duration::from_secs(60)).await.is_err() {
                yield_now().await?;
            }
            co.yield_("alive").await
        });
        timeout(ms(5)).run(generator.anext()).await
    })?;
    assert_eq!(late, Some("alive")); // it caught the cancellation, so the block has a result
    assert_eq!(event_loop.time(), ms(5));
    Ok(())
}

#[test]
fn a_panic_ends_the_task_and_finishes_the_generator() -> Result<(), Exception> {
    new_loop().run(async {
        let generator = Rc::new(AsyncGenerator::<u32>::new(async |co| {
            co.yield_(1).await?;
            panic!("no fuel");
        }));
        generator.anext().await?;
        let shared = generator.clone();
        let task = spawn(async move { shared.anext().await })?;
        assert_eq!(task.await.unwrap_err().kind(), Kind::Panic);
        assert_eq!(generator.anext().await?, None);
        Ok(())
    })
}

#[test]
fn a_body_that_drives_itself_is_running() -> Result<(), Exception> {
    new_loop().run(async {
        let (sender, receiver) = futures::channel::oneshot::channel::<Rc<AsyncGenerator<String>>>();
        let generator = Rc::new(AsyncGenerator::<String>::new(async move |co| {
            let own = receiver.await?;
            let refused = own.anext().await.unwrap_err();
            co.yield_(refused.message().into_owned()).await
        }));
        assert!(sender.send(generator.clone()).is_ok());
        let text = generator.anext().await?;
        assert_eq!(
            text.as_deref(),
            Some("anext(): asynchronous generator is already running")
        );
        generator.aclose().await
    })
}

#[test]
fn two_branches_of_a_body_yield_in_turn() -> Result<(), Exception> {
    new_loop().run(async {
        let generator = AsyncGenerator::<u32>::new(async |co| {
            let (left, right) = join!(co.yield_(1), co.yield_(2));
            left.and(right)?;
            let mut many: FuturesUnordered<_> =
                [3, 4, 5].map(|n| co.yield_(n)).into_iter().collect();
            while let Some(sent) = many.next().await {
                sent?;
            }
            Ok(())
        });
        let mut items: Vec<u32> = Vec::new();
        while let Some(item) = generator.anext().await? {
            items.push(item);
        }
        items.sort_unstable();
        assert_eq!(items, [1, 2, 3, 4, 5]);
        Ok(())
    })
}

#[test]
fn it_can_be_driven_without_a_loop_as_long_as_nothing_waits() {
    let generator = AsyncGenerator::<u32>::new(async |co| co.yield_(1).await);
    assert_eq!(generator.anext().now_or_never().unwrap().unwrap(), Some(1));
    assert_eq!(format!("{generator:?}"), "AsyncGenerator(suspended)");
    generator.aclose().now_or_never().unwrap().unwrap();
    assert_eq!(format!("{generator:?}"), "AsyncGenerator(finished)");
}

/// The closure that makes the body is part of it.
#[test]
fn creating_one_runs_nothing() {
    let generator = AsyncGenerator::<u32>::new(|_| -> std::future::Ready<Result<(), Exception>> {
        panic!("it runs")
    });
    let panicked = catch_unwind(AssertUnwindSafe(|| generator.anext().now_or_never()));
    assert!(panicked.is_err());
}

/// At the end of a run, both clean up at the same time.
#[test]
fn a_generator_that_cleans_up_is_running_for_whoever_takes_its_items() -> Result<(), Exception> {
    let log = Log::default();
    let lines = log.clone();
    let kept = Rc::new(RefCell::new(Vec::new()));
    let keeps = kept.clone();
    new_loop().run(async move {
        let slow = AsyncGenerator::<u32>::new(async |co| {
            let exit = co.yield_(1).await.unwrap_err();
            sleep(ms(5)).await?;
            Err(exit)
        });
        slow.anext().await?;
        let quick = AsyncGenerator::<u32>::new(async move |co| {
            let mut slow = slow;
            let exit = co.yield_(1).await.unwrap_err();
            let refused = next(&mut slow).await.unwrap().unwrap_err();
            lines.add(refused.to_string());
            Err(exit)
        });
        quick.anext().await?;
        keeps.borrow_mut().push(quick);
        Ok(())
    })?;
    assert_eq!(
        log.take(),
        ["RuntimeError: anext(): asynchronous generator is already running"]
    );
    drop(kept);
    Ok(())
}
