//! Handing things over.

use futures::FutureExt;
use tminus::{
    Exception, Kind, Task, gather, gather_results, sleep, spawn,
    sync::{LifoQueue, PriorityQueue, Queue},
    yield_now,
};

use crate::{at_once, dropped_after, ms, new_loop, run, support::Log, turns};

/// Tasks that put those, one each.
fn putters<const N: usize>(queue: &Queue<u32>, items: [u32; N]) -> [Task<()>; N] {
    items.map(|item| spawn(queue.put(item)).unwrap())
}

fn getters<const N: usize>(queue: &Queue<u32>) -> [Task<u32>; N] {
    [(); N].map(|()| spawn(queue.get()).unwrap())
}

fn drained<T: 'static>(queue: &Queue<T>) -> Vec<T> {
    std::iter::from_fn(|| queue.get_nowait().ok()).collect()
}

fn kinds<T>(ends: Vec<Result<T, Exception>>) -> Vec<Option<Kind>> {
    ends.into_iter()
        .map(|end| end.err().map(|exception| exception.kind()))
        .collect()
}

#[test]
fn it_tells_its_size_and_refuses_without_waiting() {
    let queue = Queue::with_maxsize(2);
    assert_eq!((queue.qsize(), queue.maxsize()), (0, 2));
    assert!(queue.is_empty() && !queue.is_full());
    assert_eq!(queue.get_nowait().unwrap_err().kind(), Kind::QueueEmpty);
    at_once(queue.put('a'));
    queue.put_nowait('b').unwrap();
    assert!(!queue.is_empty() && queue.is_full());
    assert_eq!(queue.put_nowait('c').unwrap_err().kind(), Kind::QueueFull);
    let shown = "Queue { qsize: 2, maxsize: 2, unfinished: 2, shut_down: false }";
    assert_eq!(format!("{queue:?}"), shown);
    assert_eq!(
        (at_once(queue.get()), queue.get_nowait().unwrap()),
        ('a', 'b')
    );
    let endless = Queue::new();
    (0..1000).for_each(|n| endless.put_nowait(n).unwrap());
    assert!(!endless.is_full());
}

#[test]
fn a_lifo_queue_gives_the_last_and_a_priority_queue_the_smallest_and_of_equals_the_first() {
    let lifo = LifoQueue::new();
    (1..=3).for_each(|n| lifo.put_nowait(n).unwrap());
    assert_eq!(drained(&lifo), [3, 2, 1]);

    /// Compared by the number only.
    #[derive(Debug)]
    struct Job(u32, &'static str);
    impl PartialEq for Job {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    impl Eq for Job {}
    impl PartialOrd for Job {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Job {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            self.0.cmp(&other.0)
        }
    }
    let priority = PriorityQueue::with_maxsize(9);
    let jobs = [(2, "c"), (1, "a"), (2, "d"), (1, "b"), (2, "e"), (3, "f")];
    jobs.into_iter()
        .for_each(|(n, name)| priority.put_nowait(Job(n, name)).unwrap());
    assert_eq!(priority.get_nowait().unwrap().1, "a");
    priority.put_nowait(Job(2, "later")).unwrap();
    let names: Vec<_> = drained(&priority).iter().map(|job| job.1).collect();
    assert_eq!(names, ["b", "c", "d", "e", "later", "f"]);
}

#[test]
fn getters_are_served_in_the_order_of_coming() {
    let got = run(async {
        let queue = Queue::new();
        let waiting = getters::<3>(&queue);
        yield_now().await?;
        (1..=3).try_for_each(|n| queue.put_nowait(n))?;
        gather(waiting).await
    });
    assert_eq!(got.unwrap(), [1, 2, 3]);
}

#[test]
fn putters_wait_for_room_in_the_order_of_coming() {
    run(async {
        let queue = Queue::with_maxsize(1);
        let waiting = putters(&queue, [1, 2, 3]);
        turns(2).await?;
        assert_eq!(waiting.each_ref().map(Task::done), [true, false, false]);
        let mut got = Vec::new();
        for _ in 0..3 {
            got.push(queue.get().await?);
        }
        assert_eq!(got, [1, 2, 3]);
        gather(waiting).await
    })
    .unwrap();
}

#[test]
fn a_task_that_asks_before_the_woken_one_runs_gets_the_item_and_that_waits_on() {
    let log = Log::default();
    let logged = log.clone();
    run(async move {
        let queue = Queue::new();
        let [waits] = getters(&queue);
        yield_now().await?;
        queue.put_nowait(1)?;
        logged.add(format!("main: {}", queue.get().await?));
        turns(3).await?;
        assert!(!waits.done());
        queue.put_nowait(2)?;
        logged.add(format!("task: {}", waits.await?));
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["main: 1", "task: 2"]);
}

#[test]
fn a_woken_getter_that_is_cancelled_or_dropped_leaves_the_item_to_the_next() {
    run(async {
        let queue = Queue::new();
        let [a, b] = getters(&queue);
        yield_now().await?;
        queue.put_nowait(1)?;
        a.cancel();
        assert_eq!(b.await?, 1);
        assert!(a.cancelled());

        let mut waits = Box::pin(queue.get());
        assert!(futures::poll!(&mut waits).is_pending());
        let [c] = getters(&queue);
        yield_now().await?;
        queue.put_nowait(2)?;
        drop(waits);
        assert_eq!(c.await?, 2);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_woken_putter_that_is_cancelled_or_dropped_leaves_the_room_to_the_next() {
    let in_it = run(async {
        let queue = Queue::with_maxsize(1);
        queue.put_nowait(0)?;
        let [a, b] = putters(&queue, [1, 2]);
        yield_now().await?;
        queue.get_nowait()?;
        a.cancel();
        b.await?;
        assert!(a.cancelled());

        let mut waits = Box::pin(queue.put(3));
        assert!(futures::poll!(&mut waits).is_pending());
        let [c] = putters(&queue, [4]);
        yield_now().await?;
        assert_eq!(queue.get_nowait()?, 2);
        drop(waits);
        c.await?;
        Ok(drained(&queue))
    });
    assert_eq!(in_it.unwrap(), [4]);
}

/// A task that is woken for nothing would lose its place, and wait after all others.
#[test]
fn a_woken_getter_that_is_cancelled_wakes_nobody_if_the_item_is_gone() {
    let got = run(async {
        let queue = Queue::new();
        let [a, b, c] = getters(&queue);
        yield_now().await?;
        queue.put_nowait(0)?;
        assert_eq!(queue.get_nowait()?, 0);
        a.cancel();
        turns(3).await?;
        queue.put_nowait(1)?;
        queue.put_nowait(2)?;
        Ok([b.await?, c.await?])
    });
    assert_eq!(got.unwrap(), [1, 2]);
}

#[test]
fn a_woken_putter_that_is_cancelled_wakes_nobody_if_the_room_is_gone() {
    let got = run(async {
        let queue = Queue::with_maxsize(1);
        queue.put_nowait(0)?;
        let [a, _b, _c] = putters(&queue, [1, 2, 3]);
        yield_now().await?;
        queue.get_nowait()?;
        queue.put_nowait(4)?;
        a.cancel();
        turns(3).await?;
        Ok([queue.get().await?, queue.get().await?, queue.get().await?])
    });
    assert_eq!(got.unwrap(), [4, 2, 3]);
}

#[test]
fn who_is_dropped_while_it_waits_leaves_no_place_behind() {
    run(async {
        let queue = Queue::with_maxsize(1);
        assert!(dropped_after(1, queue.get()).await.is_none());
        queue.put_nowait(1)?;
        assert!(dropped_after(1, queue.put(2)).await.is_none());
        assert_eq!(drained(&queue), [1]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_item_whose_put_fails_is_dropped() {
    let item = std::rc::Rc::new(());
    let given = item.clone();
    run(async move {
        let queue = Queue::with_maxsize(1);
        queue.put_nowait(given.clone())?;
        drop(queue.put(given.clone())); // never begun
        let waits = spawn(queue.put(given))?;
        yield_now().await?;
        waits.cancel();
        waits.await.unwrap_err();
        queue.shutdown_immediate();
        Ok(())
    })
    .unwrap();
    assert_eq!(std::rc::Rc::strong_count(&item), 1);
}

#[test]
fn join_returns_if_the_work_was_done_whatever_was_put_since() {
    run(async {
        let queue = Queue::new();
        queue.put_nowait(1)?;
        let joins = spawn(queue.join())?;
        yield_now().await?;
        queue.get_nowait()?;
        queue.task_done()?;
        queue.put_nowait(2)?; // before the other task has its turn
        joins.await
    })
    .unwrap();
}

#[test]
fn join_waits_until_the_work_on_each_item_is_done() {
    let event_loop = new_loop();
    let queue = Queue::new();
    at_once(queue.join()); // nothing to wait for
    assert_eq!(
        queue.task_done().unwrap_err().to_string(),
        "ValueError: task_done() called too many times"
    );
    (0..3).for_each(|n| queue.put_nowait(n).unwrap());
    let worker = {
        let queue = queue.clone();
        async move {
            loop {
                let n = queue.get().await?;
                sleep(ms(n + 1)).await?;
                queue.task_done()?;
            }
            #[allow(unreachable_code)]
            Ok(())
        }
    };
    event_loop.create_task(worker).unwrap();
    let joined =
        gather([queue.join(), queue.join()].map(|join| event_loop.create_task(join).unwrap()));
    event_loop.run_until_complete(joined).unwrap();
    assert_eq!(event_loop.time(), ms(6));
    queue.put_nowait(9).unwrap();
    event_loop.run_until_complete(queue.join()).unwrap(); // and again
    assert_eq!(event_loop.time(), ms(16));
}

mod shut_down {
    use super::*;

    const SHUT: Option<Kind> = Some(Kind::QueueShutDown);

    #[test]
    fn nothing_goes_in_and_what_is_in_it_can_be_got() {
        run(async {
            let queue = Queue::new();
            queue.put_nowait(1)?;
            queue.put_nowait(2)?;
            queue.shutdown();
            queue.shutdown(); // twice is once
            let refused = [queue.put(3).await, queue.put_nowait(3)];
            assert_eq!(kinds(refused.into()), [SHUT; 2]);
            assert_eq!((queue.get().await?, queue.get_nowait()?), (1, 2));
            let refused = [queue.get().await, queue.get_nowait()];
            assert_eq!(kinds(refused.into()), [SHUT; 2]);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn getters_and_putters_that_wait_are_told() {
        run(async {
            let (empty, full) = (Queue::new(), Queue::with_maxsize(1));
            full.put_nowait(0)?;
            let (getting, putting) = (getters::<2>(&empty), putters(&full, [1, 2]));
            yield_now().await?;
            empty.shutdown();
            full.shutdown();
            assert_eq!(kinds(gather_results(getting).await?), [SHUT; 2]);
            assert_eq!(kinds(gather_results(putting).await?), [SHUT; 2]);
            assert_eq!(drained(&full), [0]);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_getter_that_was_woken_for_an_item_still_gets_it() {
        run(async {
            let queue = Queue::new();
            let [a, b] = getters(&queue);
            yield_now().await?;
            queue.put_nowait(1)?;
            queue.shutdown();
            assert_eq!(a.await?, 1);
            assert_eq!(b.await.unwrap_err().kind(), Kind::QueueShutDown);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_putter_that_was_woken_for_room_is_refused() {
        // As in CPython 3.13: it looks again, and finds the queue shut down.
        run(async {
            let queue = Queue::with_maxsize(1);
            queue.put_nowait(0)?;
            let [putting] = putters(&queue, [1]);
            yield_now().await?;
            queue.get_nowait()?;
            queue.shutdown();
            assert_eq!(putting.await.unwrap_err().kind(), Kind::QueueShutDown);
            assert!(queue.is_empty());
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn who_joins_waits_on_for_the_work_that_is_left() {
        run(async {
            let queue = Queue::new();
            queue.put_nowait(1)?;
            let joins = spawn(queue.join())?;
            yield_now().await?;
            queue.shutdown();
            turns(2).await?;
            assert!(!joins.done());
            queue.get_nowait()?;
            queue.task_done()?;
            joins.await
        })
        .unwrap();
    }

    #[test]
    fn at_once_what_is_in_it_is_dropped_and_counts_as_done() {
        run(async {
            let queue = Queue::with_maxsize(2);
            queue.put_nowait(1)?;
            queue.put_nowait(2)?;
            let (joins, putting) = (spawn(queue.join())?, putters(&queue, [3]));
            yield_now().await?;
            queue.shutdown_immediate();
            assert!(queue.is_empty());
            assert_eq!(queue.get().await.unwrap_err().kind(), Kind::QueueShutDown);
            joins.await?;
            assert_eq!(kinds(gather_results(putting).await?), [SHUT]);
            assert_eq!(queue.task_done().unwrap_err().kind(), Kind::ValueError);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn at_once_the_work_on_what_was_got_before_is_still_waited_for() {
        run(async {
            let queue = Queue::new();
            queue.put_nowait(1)?;
            queue.put_nowait(2)?;
            queue.get_nowait()?;
            let joins = spawn(queue.join())?;
            yield_now().await?;
            queue.shutdown_immediate();
            turns(2).await?;
            assert!(!joins.done());
            queue.task_done()?;
            joins.await
        })
        .unwrap();
    }
}

#[test]
fn outside_a_loop_what_would_wait_is_refused() {
    let queue = Queue::with_maxsize(1);
    let refused = queue.get().now_or_never().unwrap().unwrap_err();
    assert_eq!(refused.kind(), Kind::RuntimeError);
    queue.put_nowait(1).unwrap();
    let refused = queue.put(2).now_or_never().unwrap().unwrap_err();
    assert_eq!(refused.kind(), Kind::RuntimeError);
    assert_eq!(
        queue.join().now_or_never().unwrap().unwrap_err().kind(),
        Kind::RuntimeError
    );
    assert_eq!(drained(&queue), [1]);
}

#[test]
fn thirty_thousand_getters_are_served_in_no_time() {
    let event_loop = new_loop();
    let queue = Queue::new();
    let get = |_| event_loop.create_task(queue.get()).unwrap();
    let all = gather((0..30_000).map(get).collect::<Vec<_>>());
    event_loop.run_until_complete(yield_now()).unwrap();
    (0..30_000).for_each(|n| queue.put_nowait(n).unwrap());
    let got = event_loop.run_until_complete(all).unwrap();
    assert!(got.into_iter().eq(0..30_000));
}
