//! A loop that is dropped or closed leaves nothing of what waited in it.

use std::rc::Rc;

use futures::FutureExt;
use tminus::{
    EventLoop, Exception, TaskGroup, as_completed,
    event_loop::{cancellable, next},
    gather, gather_results, shield, sleep, spawn, timeout, wait, wait_for, yield_now,
};

use crate::{ms, new_loop};

/// What each body captures. When the loop is gone it is the last one.
type Payload = Rc<()>;

/// A body that waits for ever.
async fn waits(payload: Payload) -> Result<u8, Exception> {
    let _payload = payload;
    sleep(ms(3_600_000)).await?;
    Ok(0)
}

type Pending = std::pin::Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

type Way = fn(Payload) -> Pending;

/// Each of the ways to wait.
fn ways() -> Vec<(&'static str, Way)> {
    vec![
        ("gather", |p| {
            Box::pin(async move { gather([waits(p.clone()), waits(p)]).await.map(drop) })
        }),
        ("gather of gathers", |p| {
            Box::pin(async move {
                gather([
                    gather_results([waits(p.clone())]),
                    gather_results([waits(p)]),
                ])
                .await
                .map(drop)
            })
        }),
        ("gather of futures", |p| {
            Box::pin(async move {
                let future = EventLoop::running()?.create_future::<()>();
                future.add_done_callback(move |_| drop(p));
                let _held = future.clone(); // a gather does not keep it
                gather((future, async { Ok(()) })).await.map(drop)
            })
        }),
        ("wait", |p| {
            Box::pin(async move {
                wait([spawn(waits(p.clone()))?, spawn(waits(p))?])
                    .timeout(ms(9_999))
                    .await
                    .map(drop)
            })
        }),
        ("as_completed", |p| {
            Box::pin(async move {
                let mut completed = as_completed([waits(p.clone()), waits(p)]).timeout(ms(9_999));
                next(&mut completed).await.expect("there are two").map(drop)
            })
        }),
        ("wait_for", |p| {
            Box::pin(async move { wait_for(waits(p.clone()), ms(9_999)).await.map(drop) })
        }),
        ("wait_for zero", |p| {
            Box::pin(async move {
                let stubborn = spawn(async move {
                    drop(waits(p.clone()).await);
                    waits(p).await
                })?;
                yield_now().await?;
                wait_for(stubborn, ms(0)).await.map(drop)
            })
        }),
        ("timeout", |p| {
            Box::pin(async move {
                let limit = timeout(ms(9_999));
                let held = limit.clone();
                limit
                    .run(async { waits(p).await.map(|_| drop(held)) })
                    .await
            })
        }),
        ("shield", |p| {
            Box::pin(async move { shield(shield(spawn(waits(p))?)).await.map(drop) })
        }),
        ("gather of shields", |p| {
            Box::pin(async move {
                let shields = [p.clone(), p.clone()].map(|p| shield(spawn(waits(p)).unwrap()));
                let futures = [(); 2].map(|()| EventLoop::running().unwrap().create_future());
                let of_futures = futures.each_ref().map(|future| {
                    let (outer, p) = (shield(future.clone()), p.clone());
                    outer.add_done_callback(move |_| drop(p));
                    outer
                });
                gather((
                    gather(shields),
                    gather(of_futures),
                    shield(spawn(waits(p))?),
                ))
                .await
                .map(|(_, results, _): (_, Vec<()>, _)| drop(results))
            })
        }),
        ("group, in its block", |p| Box::pin(grouped(p, true))),
        ("group, at its end", |p| Box::pin(grouped(p, false))),
        ("several in one task", |p| {
            Box::pin(async move {
                let (a, b, c) = futures::join!(
                    gather([waits(p.clone())]),
                    wait_for(waits(p.clone()), ms(9_999)),
                    cancellable(waits(p)),
                );
                a.and(b).and(c?).map(drop)
            })
        }),
    ]
}

async fn grouped(payload: Payload, in_its_block: bool) -> Result<(), Exception> {
    let group = TaskGroup::new();
    let block = async {
        let held = (group.clone(), payload.clone());
        group.create_task(async move {
            let _held = held;
            waits(payload).await
        })?;
        match in_its_block {
            true => sleep(ms(9_999)).await,
            false => Ok(()),
        }
    };
    group.run(block).await
}

fn is_gone_after(end: impl Fn(EventLoop, tminus::Task<()>)) {
    for (name, way) in ways() {
        let payload = Payload::default();
        let event_loop = new_loop();
        let main = event_loop.create_task(way(payload.clone())).unwrap();
        event_loop.run_until_complete(sleep(ms(5))).unwrap();
        assert!(!main.done(), "{name}");
        assert!(Rc::strong_count(&payload) > 1, "{name}");
        end(event_loop, main);
        assert_eq!(Rc::strong_count(&payload), 1, "{name}");
    }
}

#[test]
fn a_loop_that_is_dropped_drops_what_waits_in_it() {
    is_gone_after(|event_loop, main| {
        drop(main);
        drop(event_loop);
    });
}

#[test]
fn a_loop_that_is_closed_drops_what_waits_in_it_though_there_are_handles() {
    is_gone_after(|event_loop, main| {
        event_loop.close().unwrap();
        assert!(!main.done());
        drop(main);
    });
}

#[test]
fn what_was_cancelled_or_timed_out_is_gone_while_the_loop_runs_on() {
    is_gone_after(|event_loop, main| {
        main.cancel();
        let cleaned_up = async {
            sleep(ms(20_000)).await?;
            for task in tminus::event_loop::all_tasks()? {
                if Some(&task) != tminus::event_loop::current_task().ok().as_ref() {
                    task.cancel(); // of a wait, the others run on
                }
            }
            yield_now().await?;
            yield_now().await
        };
        drop(event_loop.run_until_complete(main));
        event_loop.run_until_complete(cleaned_up).unwrap();
        assert_eq!(event_loop.all_tasks().len(), 0);
    });
}

#[test]
fn results_are_gone_with_the_last_handle() {
    let payload = Payload::default();
    let event_loop = new_loop();
    let gives = |payload: Payload| async move {
        yield_now().await?;
        Ok(payload)
    };
    let all = [(); 3].map(|()| event_loop.create_task(gives(payload.clone())).unwrap());
    let results = event_loop.run_until_complete(async {
        let gathered = gather(
            gather_results(all)
                .await?
                .into_iter()
                .map(|one| async { one })
                .collect::<Vec<_>>(),
        );
        let mut completed = as_completed([gathered]);
        next(&mut completed).await.expect("there is one")?.result()
    });
    assert_eq!(results.unwrap().len(), 3);
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(Rc::strong_count(&payload), 1);
}

#[test]
fn a_gather_that_is_dropped_half_way_is_gone_when_its_parts_end() {
    let payload = Payload::default();
    let event_loop = new_loop();
    let held = payload.clone();
    let main = async move {
        let part = async move {
            sleep(ms(5)).await?;
            Ok(held)
        };
        futures::select! {
            _ = gather([part]).fuse() => unreachable!("it sleeps"),
            slept = Box::pin(sleep(ms(1))).fuse() => slept?,
        }
        sleep(ms(10)).await
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(Rc::strong_count(&payload), 1);
}
