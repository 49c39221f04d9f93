//! Futures and wakers from elsewhere, and the loop's futures as futures like others.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    thread,
};

use futures::{
    FutureExt, SinkExt, StreamExt,
    channel::{mpsc as channel, oneshot},
    join, select,
    stream::FuturesUnordered,
};
use tminus::{EventLoop, Exception, Kind, Task, delay, sleep, spawn, sync::Event, yield_now};

use crate::{error, ms, new_loop, support::Log};

#[test]
fn a_task_awaits_a_oneshot_that_another_task_sends() {
    let event_loop = new_loop();
    let main = async {
        let (sender, receiver) = oneshot::channel();
        spawn(async move {
            sleep(ms(5)).await?;
            sender.send(7).map_err(|_| error("nobody listens"))
        })?;
        Ok(receiver.await?)
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), 7);
    assert_eq!(event_loop.time(), ms(5));
}

#[test]
fn a_channel_of_the_futures_crate_joins_two_tasks() {
    let event_loop = new_loop();
    let main = async {
        let (mut sender, mut receiver) = channel::channel(1);
        spawn(async move {
            for i in 0..5 {
                sender.send(i).await?;
                sleep(ms(1)).await?;
            }
            Ok(())
        })?;
        let mut got = Vec::new();
        while let Some(i) = receiver.next().await {
            got.push(i);
        }
        Ok(got)
    };
    assert_eq!(
        event_loop.run_until_complete(main).unwrap(),
        [0, 1, 2, 3, 4]
    );
}

#[test]
fn a_waker_called_on_another_thread_wakes_a_sleeping_loop() {
    for event_loop in [EventLoop::new(), new_loop()] {
        let (sender, receiver) = oneshot::channel();
        let (sleeps, wait) = mpsc::channel();
        let other = thread::spawn(move || {
            wait.recv().unwrap();
            sender.send("from the other thread").unwrap();
        });
        event_loop
            .call_soon(move || sleeps.send(()).unwrap())
            .unwrap();
        let received = event_loop.run_until_complete(async { Ok(receiver.await?) });
        assert_eq!(received.unwrap(), "from the other thread");
        other.join().unwrap();
    }
}

#[test]
fn call_soon_threadsafe_wakes_a_loop_that_waits_for_nothing_else() {
    for event_loop in [EventLoop::new(), new_loop()] {
        let remote = event_loop.remote();
        let stopped = Arc::new(Mutex::new(false));
        let seen = stopped.clone();
        let other = thread::spawn(move || {
            let call = move || {
                *seen.lock().unwrap() = true;
                spawn(async { Ok(()) }).map(drop) // it runs on the loop's thread
            };
            remote.call_soon_threadsafe(call).unwrap();
        });
        let never = event_loop.create_future::<()>();
        let end = event_loop.run_until_complete(never).unwrap_err();
        assert!(end.is::<tminus::event_loop::Deadlock>()); // once the remote end is gone
        assert!(*stopped.lock().unwrap());
        other.join().unwrap();
    }
}

#[test]
fn as_long_as_there_is_a_remote_end_nothing_is_a_deadlock() {
    let event_loop = new_loop();
    let future = event_loop.create_future();
    let (remote, set) = (event_loop.remote(), future.clone());
    thread_local! {
        static FUTURE: std::cell::OnceCell<tminus::LoopFuture<u8>> = const { std::cell::OnceCell::new() };
    }
    FUTURE.with(|slot| slot.set(set).unwrap());
    let other = thread::spawn(move || {
        let call =
            || FUTURE.with(|slot| slot.get().expect("this is the loop's thread").set_result(7));
        remote.call_soon_threadsafe(call).unwrap();
        remote // it lives on
    });
    assert_eq!(event_loop.run_until_complete(future).unwrap(), 7);
    drop(other.join().unwrap());
}

#[test]
fn calls_from_other_threads_all_arrive_and_those_of_one_in_order() {
    let event_loop = new_loop();
    let got = Arc::new(Mutex::new(Vec::new()));
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let (remote, got) = (event_loop.remote(), got.clone());
            thread::spawn(move || {
                for i in 0..1000 {
                    let got = got.clone();
                    let call = move || {
                        got.lock().unwrap().push((thread, i));
                        Ok(())
                    };
                    remote.call_soon_threadsafe(call).unwrap();
                }
            })
        })
        .collect();
    let never = event_loop.create_future::<()>();
    assert!(event_loop.run_until_complete(never).is_err()); // when all have gone
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    let mut got = got.lock().unwrap().clone();
    assert_eq!(got.len(), 4000);
    got.sort_by_key(|(thread, _)| *thread); // stable
    for thread in 0..4 {
        assert!((0..1000).map(|i| (thread, i)).eq(got.drain(..1000)));
    }
}

#[test]
fn a_call_that_fails_goes_to_the_exception_handler() {
    let event_loop = new_loop();
    let log = Log::default();
    let heard = log.clone();
    event_loop.set_exception_handler(move |context| heard.add(context.exception().to_string()));
    event_loop
        .remote()
        .call_soon_threadsafe(|| Err(error("no")))
        .unwrap();
    event_loop.run_until_complete(sleep(ms(1))).unwrap();
    assert_eq!(log.take(), ["ValueError: no"]);
}

#[test]
fn a_refused_call_may_call_again_when_it_is_dropped() {
    struct Again(tminus::event_loop::RemoteLoop);
    impl Drop for Again {
        fn drop(&mut self) {
            let refused = self.0.call_soon_threadsafe(|| Ok(()));
            assert_eq!(refused.unwrap_err().kind(), Kind::RuntimeError);
        }
    }
    let event_loop = new_loop();
    let remote = event_loop.remote();
    for _ in 0..2 {
        let again = Again(remote.clone());
        let call = move || {
            drop(again);
            Ok(())
        };
        assert_eq!(
            remote.call_soon_threadsafe(call).is_ok(),
            !event_loop.is_closed()
        );
        event_loop.close().unwrap(); // the first was accepted, and is dropped here
    }
}

#[test]
fn a_remote_end_outlives_its_loop_and_is_refused() {
    let remote = new_loop().remote();
    let refused = remote.call_soon_threadsafe(|| Ok(())).unwrap_err();
    assert_eq!(refused.to_string(), "RuntimeError: Event loop is closed");
}

#[test]
fn a_waker_that_is_called_after_its_task_ended_wakes_nobody() {
    let event_loop = new_loop();
    let stolen: Arc<Mutex<Option<Waker>>> = Arc::default();
    let thief = stolen.clone();
    let main = async move {
        poll_fn(|cx| {
            *thief.lock().unwrap() = Some(cx.waker().clone());
            Poll::Ready(())
        })
        .await;
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    let waker = stolen.lock().unwrap().take().unwrap();
    waker.wake_by_ref();
    event_loop.run_until_complete(sleep(ms(1))).unwrap();
    drop(event_loop);
    waker.wake(); // the loop is gone, too
}

/// Polled for the first time, it keeps its waker; then it is done.
fn keeps_its_waker(name: &'static str, log: &Log) -> (Arc<Mutex<Option<Waker>>>, Task<()>) {
    let kept = Arc::<Mutex<Option<Waker>>>::default();
    let (keeper, log) = (kept.clone(), log.clone());
    let task = spawn(poll_fn(move |cx| {
        log.add(name);
        match keeper.lock().unwrap().replace(cx.waker().clone()) {
            None => Poll::Pending,
            Some(_) => Poll::Ready(Ok(())),
        }
    }));
    (kept, task.unwrap())
}

/// The loop lends one waker to all tasks, so one that is kept has to stay with its task.
#[test]
fn each_waker_wakes_its_own_task_whoever_ran_since() {
    let (event_loop, log) = (new_loop(), Log::default());
    let main_log = log.clone();
    let main = async move {
        let tasks = ["a", "b", "c"].map(|name| keeps_its_waker(name, &main_log));
        yield_now().await?;
        for place in [1, 2, 0] {
            let waker = tasks[place].0.lock().unwrap().clone().unwrap();
            thread::spawn(|| waker.wake()).join().unwrap();
            tasks[place].1.clone().await?;
        }
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(log.take(), ["a", "b", "c", "b", "c", "a"]);
}

#[test]
fn a_waker_of_a_task_that_has_ended_does_not_wake_the_one_that_has_its_place() {
    let (event_loop, log) = (new_loop(), Log::default());
    let main_log = log.clone();
    let main = async move {
        let (kept, first) = keeps_its_waker("first", &main_log);
        yield_now().await?;
        let waker = kept.lock().unwrap().clone().unwrap();
        waker.wake_by_ref();
        first.await?;
        let (kept, second) = keeps_its_waker("second", &main_log);
        yield_now().await?;
        waker.wake();
        yield_now().await?;
        yield_now().await?;
        main_log.add("nobody was woken");
        let waker = kept.lock().unwrap().clone().unwrap();
        waker.wake();
        second.await
    };
    event_loop.run_until_complete(main).unwrap();
    let order = ["first", "first", "second", "nobody was woken", "second"];
    assert_eq!(log.take(), order);
}

#[test]
fn a_task_that_wakes_itself_while_it_runs_runs_again() {
    let event_loop = new_loop();
    let mut polls = 0;
    let main = poll_fn(move |cx| {
        polls += 1;
        cx.waker().wake_by_ref();
        match polls {
            5 => Poll::Ready(Ok(polls)),
            _ => Poll::Pending,
        }
    });
    assert_eq!(event_loop.run_until_complete(main).unwrap(), 5);
}

#[test]
fn two_sleeps_joined_in_one_task_take_as_long_as_the_longer() {
    let event_loop = new_loop();
    let main = async {
        let (a, b) = join!(sleep(ms(5)), sleep(ms(3)));
        a.and(b)
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(event_loop.time(), ms(5));
}

#[test]
fn tasks_futures_and_sleeps_are_joined_in_one_task() {
    let event_loop = new_loop();
    let future = event_loop.create_future();
    let setter = future.clone();
    event_loop
        .call_later(ms(4), move || setter.set_result("future"))
        .unwrap();
    let main = async {
        let task = spawn(async {
            sleep(ms(2)).await?;
            Ok("task")
        })?;
        let (task, future, slept) = join!(task, future, sleep(ms(3)));
        slept?;
        Ok([task?, future?])
    };
    assert_eq!(
        event_loop.run_until_complete(main).unwrap(),
        ["task", "future"]
    );
    assert_eq!(event_loop.time(), ms(4));
}

#[test]
fn select_takes_the_first_and_cancels_the_timer_of_the_other() {
    let event_loop = new_loop();
    let main = async {
        select! {
            _ = Box::pin(sleep(ms(1000))).fuse() => Ok("slow"),
            _ = Box::pin(sleep(ms(1))).fuse() => Ok("quick"),
        }
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), "quick");
    let never = event_loop.create_future::<()>();
    assert!(event_loop.run_until_complete(never).is_err());
    assert_eq!(event_loop.time(), ms(1)); // no timer was left to wait for
}

#[test]
fn futures_unordered_gives_sleeps_by_their_length() {
    let event_loop = new_loop();
    let main = async {
        let mut sleeps: FuturesUnordered<_> = [5, 1, 3, 1]
            .map(|millis| async move { sleep(ms(millis)).await.map(|()| millis) })
            .into_iter()
            .collect();
        let mut order = Vec::new();
        while let Some(millis) = sleeps.next().await {
            order.push(millis?);
        }
        Ok(order)
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), [1, 1, 3, 5]);
    assert_eq!(event_loop.time(), ms(5));
}

#[test]
fn tasks_in_futures_unordered_wake_it_one_by_one() {
    let event_loop = new_loop();
    let main = async {
        let tasks: Result<FuturesUnordered<_>, Exception> = (0..100)
            .map(|i| spawn(async move { sleep(ms(100 - i)).await.map(|()| i) }))
            .collect();
        let order: Vec<_> = tasks?.map(Result::unwrap).collect().await;
        Ok(order)
    };
    let order = event_loop.run_until_complete(main).unwrap();
    assert!(order.into_iter().eq((0..100).rev()));
}

#[test]
fn to_give_way_inside_another_executor_in_a_task_gives_way_to_the_loop() {
    let event_loop = new_loop();
    let log = Log::default();
    let (inner, other) = (log.clone(), log.clone());
    let main = async move {
        spawn(async move {
            other.add("other");
            Ok(())
        })?;
        let ways: FuturesUnordered<_> = [async {
            yield_now().await?;
            inner.add("inner");
            Ok::<(), Exception>(())
        }]
        .into_iter()
        .collect();
        ways.map(Result::unwrap).collect::<Vec<_>>().await;
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(log.take(), ["other", "inner"]);
}

/// Counts its calls.
#[derive(Default)]
struct Counting(AtomicU32);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Something inside the task that has wakers of its own, such as `FuturesUnordered`, can poll with another one each time.
#[test]
fn inside_a_task_the_waker_of_the_last_poll_is_called() {
    let event_loop = new_loop();
    let main = async {
        let event = Event::new();
        let future = EventLoop::running()?.create_future::<()>();
        let task = spawn(sleep(ms(1)))?;
        let mut waits = [
            sleep(ms(1)).map(drop).boxed_local(),
            delay(ms(1)).boxed_local(),
            task.map(drop).boxed_local(),
            future.clone().map(drop).boxed_local(),
            event.wait().map(drop).boxed_local(),
        ];
        let mut called = Vec::new();
        for wait in &mut waits {
            let wakers = [(); 2].map(|()| Arc::new(Counting::default()));
            let poll = |by: usize| {
                let waker = wakers[by].clone().into();
                wait.poll_unpin(&mut Context::from_waker(&waker))
            };
            assert!([0, 0, 1, 1].map(poll).iter().all(Poll::is_pending));
            called.push(wakers);
        }
        sleep(ms(2)).await?;
        future.set_result(())?;
        event.set();
        yield_now().await?;
        for (place, wakers) in called.iter().enumerate() {
            let calls = wakers
                .each_ref()
                .map(|waker| waker.0.load(Ordering::Relaxed));
            assert_eq!(calls, [0, 1], "wait {place}");
        }
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
}
