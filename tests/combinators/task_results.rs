//! Results of a group's tasks, as the tasks end.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use tminus::{
    Exception, ExceptionGroup, Kind, TaskGroup, TaskResults,
    event_loop::{Deadlock, current_task},
    sleep, timeout, yield_now,
};

use crate::{after, fails_after, ms, new_loop, run};

/// All results from now on.
async fn rest<T>(results: &TaskResults<T>) -> Result<Vec<T>, Exception> {
    let mut rest = Vec::new();
    while let Some(result) = results.next().await? {
        rest.push(result);
    }
    Ok(rest)
}

#[test]
fn results_come_in_the_order_in_which_the_tasks_end() {
    let (all, time) = run(async {
        let group = TaskGroup::new();
        let results = group.results();
        let all = group.run(async {
            for n in [3, 1, 2, 1] {
                results.create_task(after(n))?;
            }
            assert_eq!((results.len(), group.len()), (4, 4));
            rest(&results).await
        });
        let all = all.await?;
        assert!(results.is_empty() && group.is_empty());
        Ok(all)
    });
    assert_eq!((all.unwrap(), time), (vec![1, 1, 2, 3], ms(3)));
}

#[test]
fn results_are_moved_and_of_any_type_and_beside_other_tasks() {
    struct Page(String); // which is not `Clone`
    let (all, _) = run(async {
        let group = TaskGroup::new();
        let (pages, sizes) = (group.results(), group.results());
        let all = group.run(async {
            let other = group.create_task(after(9))?;
            pages.create_task(async { Ok(Page("index".into())) })?;
            sizes.create_task(async { Ok(5) })?;
            let page = pages.next().await?.expect("there is one");
            let size = sizes.next().await?;
            assert!(!other.done() && group.len() == 1);
            Ok((page.0, size))
        });
        all.await
    });
    assert_eq!(all.unwrap(), ("index".into(), Some(5)));
}

#[test]
fn tasks_can_spawn_more_and_after_an_end_there_can_be_another_one() {
    async fn crawl(pages: TaskResults<u64>, page: u64) -> Result<u64, Exception> {
        sleep(ms(page)).await?;
        for link in [2 * page, 2 * page + 1] {
            if link < 8 {
                pages.create_task(crawl(pages.clone(), link))?;
            }
        }
        Ok(page)
    }
    let (all, time) = run(async {
        let group = TaskGroup::new();
        let pages = group.results();
        let all = group.run(async {
            assert_eq!(pages.next().await?, None);
            pages.create_task(crawl(pages.clone(), 1))?;
            let mut all = rest(&pages).await?;
            pages.create_task(after(1))?;
            all.extend(rest(&pages).await?);
            Ok(all)
        });
        all.await
    });
    assert_eq!((all.unwrap(), time), (vec![1, 2, 3, 4, 5, 6, 7, 1], ms(12)));
}

#[test]
fn a_failure_cancels_the_block_and_is_never_taken_for_the_end() {
    for failing in [1, 5] {
        let reached = Rc::new(Cell::new(false));
        let end = reached.clone();
        let (failed, time) = run(async move {
            let group = TaskGroup::new();
            let results = group.results();
            let block = group.run(async {
                results.create_task(after(2))?;
                results.create_task(fails_after(failing, "no fuel"))?;
                let all = rest(&results).await?;
                end.set(true);
                Ok(all)
            });
            let failed = block.await.map(drop);
            assert_eq!(current_task()?.cancelling(), 0);
            failed
        });
        let failed = failed.unwrap_err();
        let failed = failed.downcast_ref::<ExceptionGroup>().unwrap();
        assert_eq!(failed.exceptions().len(), 1);
        assert_eq!(failed.exceptions()[0].to_string(), "ValueError: no fuel");
        assert_eq!((reached.get(), time), (false, ms(failing)));
    }
}

#[test]
fn a_block_that_goes_on_after_a_failure_gets_what_there_is() {
    let (failed, _) = run(async move {
        let group = TaskGroup::new();
        let results = group.results();
        let block = group.run(async {
            results.create_task(after(1))?;
            results.create_task(after(9))?;
            results.create_task(fails_after(1, "no fuel"))?;
            sleep(ms(5)).await.unwrap_err(); // is cancelled
            let refused = results.create_task(after(1)).unwrap_err();
            assert_eq!(refused.message(), "TaskGroup is shutting down");
            assert_eq!(rest(&results).await?, [1]); // the slow one is cancelled
            Ok(())
        });
        block.await
    });
    assert!(failed.unwrap_err().is::<ExceptionGroup>());
}

#[test]
fn a_task_that_is_cancelled_alone_is_passed_over() {
    let (all, _) = run(async {
        let group = TaskGroup::new();
        let results = group.results();
        let all = group.run(async {
            results.create_task(after(1))?;
            let cancelled = results.create_named_task("slow", after(2))?;
            assert_eq!(cancelled.name(), "slow");
            results.create_task(async {
                current_task()?.cancel(); // in its last turn
                Ok(7)
            })?;
            yield_now().await?;
            cancelled.cancel();
            rest(&results).await
        });
        all.await
    });
    assert_eq!(all.unwrap(), [1]);
}

#[test]
fn a_wait_that_is_cancelled_or_limited_loses_no_result() {
    let (all, _) = run(async {
        let group = TaskGroup::new();
        let results = group.results();
        let all = group.run(async {
            results.create_task(after(5))?;
            for _ in 0..3 {
                let late = timeout(ms(1)).run(results.next()).await.unwrap_err();
                assert_eq!(late.kind(), Kind::Timeout);
            }
            assert_eq!(results.try_next(), None);
            sleep(ms(9)).await?;
            assert_eq!(results.try_next(), Some(5));
            Ok(())
        });
        all.await
    });
    all.unwrap();
}

#[test]
fn results_that_nobody_took_are_there_after_the_block() {
    let (all, time) = run(async {
        let group = TaskGroup::new();
        let results = group.results();
        group
            .run(async {
                results.create_task(after(2))?;
                results.create_task(after(1)).map(drop)
            })
            .await?;
        rest(&results).await
    });
    assert_eq!((all.unwrap(), time), (vec![1, 2], ms(2)));
}

#[test]
fn before_and_after_its_block_a_group_takes_no_tasks() {
    let (refused, _) = run(async {
        let group = TaskGroup::new();
        let results = group.results();
        let before = results.create_task(after(1)).unwrap_err();
        group.run(async { Ok(()) }).await?;
        let after = results.create_task(after(1)).unwrap_err();
        Ok([before, after].map(|one| one.message().to_string()))
    });
    assert_eq!(
        refused.unwrap(),
        ["TaskGroup has not been entered", "TaskGroup is finished"]
    );
}

#[test]
fn several_tasks_share_the_results_and_all_learn_of_the_end() {
    let got = Rc::new(RefCell::new(Vec::new()));
    let noted = got.clone();
    run(async move {
        let group = TaskGroup::new();
        let results = group.results();
        let block = group.run(async {
            for n in 1..=6 {
                results.create_task(after(n))?;
            }
            for reader in ["a", "b"] {
                let (results, noted) = (results.clone(), noted.clone());
                group.create_task(async move {
                    while let Some(n) = results.next().await? {
                        noted.borrow_mut().push((reader, n));
                    }
                    Ok(())
                })?;
            }
            Ok(())
        });
        block.await
    })
    .0
    .unwrap();
    let expected = [("a", 1), ("b", 2), ("a", 3), ("b", 4), ("a", 5), ("b", 6)];
    assert_eq!(*got.borrow(), expected);
}

#[test]
fn a_deadlock_names_the_tasks_that_are_waited_for() {
    let event_loop = new_loop();
    let stuck = event_loop.run_until_complete(async {
        let group = TaskGroup::new();
        let results = group.results::<u64>();
        let never = tminus::EventLoop::running()?.create_future::<u64>();
        let kept = never.clone();
        let block = group.run(async {
            results.create_named_task("engine", never)?;
            results.next().await
        });
        let ended = block.await;
        drop(kept);
        ended
    });
    let stuck = stuck.unwrap_err();
    assert!(stuck.is::<Deadlock>());
    assert!(stuck.to_string().contains("\"engine\""), "{stuck}");
}

#[test]
fn twenty_thousand_with_a_thousand_at_a_time_take_no_time() {
    let (count, _) = run(async {
        let group = TaskGroup::new();
        let results = group.results();
        let count = group.run(async {
            let (mut left, mut count) = (20_000_u32, 0);
            while left > 0 || !results.is_empty() {
                while left > 0 && results.len() < 1_000 {
                    results.create_task(yield_now())?;
                    left -= 1;
                }
                count += results.next().await?.map_or(0, |()| 1);
            }
            Ok(count)
        });
        count.await
    });
    assert_eq!(count.unwrap(), 20_000);
}

#[test]
fn a_wait_that_was_woken_and_is_dropped_leaves_the_result_to_the_next() {
    let (got, _) = run(async {
        let group = TaskGroup::new();
        let results = group.results();
        let all = group.run(async {
            results.create_task(after(1))?;
            results.create_task(after(5))?; // the last end would wake everybody
            let mut first = Box::pin(results.next());
            assert!(futures::poll!(&mut first).is_pending());
            let second = tminus::spawn(results.next())?;
            sleep(ms(2)).await?; // the result is there, and has woken the first one
            drop(first);
            let second = second.await?;
            Ok((second, tminus::EventLoop::running()?.time()))
        });
        all.await
    });
    assert_eq!(got.unwrap(), (Some(1), ms(2)));
}

#[test]
fn a_deadlock_names_a_task_that_came_after_an_earlier_wait() {
    let event_loop = new_loop();
    let stuck = event_loop.run_until_complete(async {
        let group = TaskGroup::new();
        let results = group.results::<u64>();
        let never = tminus::EventLoop::running()?.create_future::<u64>();
        let kept = never.clone();
        let block = group.run(async {
            results.create_task(after(1))?;
            results.create_named_task("engine", never.clone())?;
            assert_eq!(results.next().await?, Some(1));
            results.create_named_task("pump", never)?;
            results.next().await
        });
        let ended = block.await;
        drop(kept);
        ended
    });
    let text = stuck.unwrap_err().to_string();
    assert!(text.contains("(task \"engine\", task \"pump\")"), "{text}");
}
