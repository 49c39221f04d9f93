//! The items of a queue as a stream.

use futures::{FutureExt, StreamExt, TryStreamExt, stream::FusedStream};
use tminus::{
    Kind,
    event_loop::next,
    sleep, spawn,
    sync::{LifoQueue, Queue},
    timeout, yield_now,
};

use crate::{at_once, ms, new_loop, run, turns};

#[test]
fn it_yields_items_as_they_come_and_ends_with_the_queue() {
    let all = run(async {
        let queue = Queue::with_maxsize(1);
        let stream = queue.stream();
        assert!(!stream.is_terminated());
        let source = spawn(async move {
            for n in 0..5 {
                queue.put(n).await?;
                sleep(ms(1)).await?;
            }
            queue.shutdown();
            Ok(())
        })?;
        let all: Vec<u32> = stream.try_collect().await?;
        source.await?;
        Ok(all)
    });
    assert_eq!(all.unwrap(), [0, 1, 2, 3, 4]);
}

#[test]
fn next_returns_items_as_they_come_and_none_at_the_end() {
    let all = run(async {
        let queue = Queue::with_maxsize(1);
        let items = queue.clone();
        let source = spawn(async move {
            for n in 0..5 {
                queue.put(n).await?;
                sleep(ms(1)).await?;
            }
            queue.shutdown();
            Ok(())
        })?;
        let mut all = Vec::new();
        while let Some(n) = items.next().await? {
            all.push(n);
        }
        assert_eq!(items.next().await?, None);
        source.await?;
        Ok(all)
    });
    assert_eq!(all.unwrap(), [0, 1, 2, 3, 4]);
}

#[test]
fn a_cancelled_next_takes_no_item() {
    let left = run(async {
        let queue = Queue::new();
        let items = queue.clone();
        let waits = spawn(async move { items.next().await })?;
        yield_now().await?;
        waits.cancel();
        queue.put_nowait(1)?;
        assert!(waits.await.unwrap_err().is_cancelled());
        queue.next().await
    });
    assert_eq!(left.unwrap(), Some(1));
}

#[test]
fn what_is_left_at_the_shut_down_still_comes_in_the_queues_order() {
    let all = run(async {
        let queue = LifoQueue::new();
        (0..3).try_for_each(|n| queue.put_nowait(n))?;
        queue.shutdown();
        let mut stream = queue.stream();
        let mut all = Vec::new();
        while let Some(n) = next(&mut stream).await {
            all.push(n?);
        }
        assert!(stream.is_terminated());
        assert!(next(&mut stream).await.is_none());
        Ok(all)
    });
    assert_eq!(all.unwrap(), [2, 1, 0]);
}

#[test]
fn a_cancellation_is_an_item_and_takes_none() {
    run(async {
        let queue = Queue::new();
        let mut stream = queue.stream();
        let reader = spawn(async move {
            let cancelled = next(&mut stream).await.unwrap().unwrap_err();
            assert_eq!(cancelled.kind(), Kind::Cancelled);
            next(&mut stream).await.unwrap() // and it goes on
        })?;
        turns(1).await?;
        reader.cancel();
        queue.put_nowait(7)?;
        assert_eq!(reader.await?, 7);
        Ok(())
    })
    .unwrap();
}

/// Nothing can be raised where the task is suspended, so `Cancelled` is raised when the stream would wait.
#[test]
fn a_cancellation_before_the_first_wait_does_not_end_the_stream() {
    run(async {
        let queue = Queue::new();
        let mut stream = queue.stream();
        let (opens, opened) = futures::channel::oneshot::channel();
        let reader = spawn(async move {
            opened.await?;
            let cancelled = next(&mut stream).await.unwrap().unwrap_err();
            assert_eq!(cancelled.kind(), Kind::Cancelled);
            next(&mut stream).await.expect("it has not ended")
        })?;
        turns(1).await?;
        opens.send(()).unwrap();
        reader.cancel();
        turns(1).await?;
        queue.put_nowait(7)?;
        assert_eq!(reader.await?, 7);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_limit_ends_the_wait_and_the_item_goes_to_another() {
    run(async {
        let queue = Queue::new();
        let mut stream = queue.stream();
        let late = timeout(ms(1)).run(async { next(&mut stream).await.transpose() });
        assert_eq!(late.await.unwrap_err().kind(), Kind::Timeout);
        let other = spawn(queue.get())?;
        turns(1).await?;
        queue.put_nowait(1)?;
        queue.put_nowait(2)?;
        assert_eq!(at_once(stream.next().map_item()), 1); // whoever asks first
        assert_eq!(other.await?, 2);
        Ok(())
    })
    .unwrap();
}

trait MapItem<T> {
    /// The item, as a `Result`.
    fn map_item(self) -> impl Future<Output = Result<T, tminus::Exception>>;
}

impl<T, F: Future<Output = Option<Result<T, tminus::Exception>>>> MapItem<T> for F {
    async fn map_item(self) -> Result<T, tminus::Exception> {
        self.await.expect("the stream has not ended")
    }
}

#[test]
fn a_stream_that_is_dropped_passes_its_wake_up_on() {
    run(async {
        let queue = Queue::new();
        let mut stream = queue.stream();
        let first = spawn(async move {
            let item = Box::pin(next(&mut stream));
            let sleep = Box::pin(sleep(ms(1)));
            drop(futures::future::select(sleep, item).await); // both are over: the item is not looked at
            Ok(())
        })?;
        let second = spawn(queue.get())?;
        sleep(ms(1)).await?; // whose timer is later than that of the first
        queue.put_nowait(3)?;
        first.await?;
        assert_eq!(second.await?, 3);
        Ok(())
    })
    .unwrap();
}

#[test]
fn outside_a_loop_it_yields_one_error_and_ends() {
    let queue = Queue::<u32>::new();
    let mut stream = queue.stream();
    let items = stream.by_ref().collect::<Vec<_>>().now_or_never().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].as_ref().unwrap_err().kind(), Kind::RuntimeError);
    assert!(stream.is_terminated());
    drop((stream, queue, new_loop()));
}
