//! Results move: a task's result need not be `Clone`, and goes to whoever awaits it.

use std::{io, rc::Rc};

use tminus::{
    Exception, Kind, TaskGroup, gather, raising, run, shield, sleep, spawn, wait_for, yield_now,
};

use crate::{ms, new_loop};

/// It is not `Clone`.
#[derive(Debug, PartialEq)]
struct Once(u32);

#[test]
fn the_result_of_a_task_and_of_main_need_not_be_clone() {
    let once = new_loop().run(async {
        let task = spawn(async {
            sleep(ms(1)).await?;
            Ok(Once(1))
        })?;
        task.await
    });
    assert_eq!(once.unwrap(), Once(1));
}

#[test]
fn a_second_await_of_the_same_handle_says_where_the_result_went() {
    let text = run(async {
        let mut task = spawn(async { Ok(Once(1)) })?;
        assert_eq!((&mut task).await?, Once(1));
        assert!(task.done());
        assert!(task.exception()?.is_none());
        Ok((&mut task).await.unwrap_err())
    })
    .unwrap();
    assert_eq!(text.kind(), Kind::InvalidState);
    assert!(
        text.to_string().contains("moved out by its first await"),
        "{text}"
    );
}

#[test]
fn an_exception_is_raised_in_each_await() {
    run(async {
        let mut task = spawn(async { Err::<Once, _>(Exception::from(Kind::ValueError)) })?;
        for _ in 0..2 {
            assert_eq!((&mut task).await.unwrap_err().kind(), Kind::ValueError);
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn clones_and_references_get_clones_of_the_result_however_late() {
    run(async {
        let task = spawn(async { Ok("lift-off".to_owned()) })?;
        assert_eq!((&task).await?, "lift-off");
        let other = task.clone();
        assert_eq!(task.await?, "lift-off");
        assert_eq!(other.result()?, "lift-off");
        assert_eq!(other.as_future().result()?, "lift-off");
        assert_eq!(other.await?, "lift-off");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_done_callback_finds_the_result_that_was_awaited() {
    run(async {
        let task = spawn(async { Ok(7) })?;
        let (sender, seen) = (Rc::new(std::cell::Cell::new(0)), 7);
        let setter = sender.clone();
        task.add_done_callback(move |task| {
            setter.set(task.result()?);
            Ok(())
        });
        assert_eq!(task.await?, 7);
        yield_now().await?;
        assert_eq!(sender.get(), seen);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_shared_task_resolves_to_one_value_in_the_same_round_for_all() {
    let event_loop = new_loop();
    event_loop
        .run_until_complete(async {
            let shared = spawn(async {
                sleep(ms(1)).await?;
                Ok(Once(7))
            })?
            .shared();
            assert_eq!(shared.result().unwrap_err().kind(), Kind::InvalidState);
            let others = [shared.clone(), shared.clone()].map(|shared| {
                spawn(async { Ok((shared.await?, tminus::EventLoop::running()?.rounds())) })
            });
            let mine = shared.await?;
            let round = tminus::EventLoop::running()?.rounds();
            for other in others {
                let (once, then) = other?.await?;
                assert!(Rc::ptr_eq(&once, &mine));
                assert_eq!(then, round);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_shared_task_raises_its_exception_in_all() {
    run(async {
        let shared = spawn(async { Err::<Once, _>(Exception::from(Kind::ValueError)) })?.shared();
        for one in [shared.clone(), shared] {
            assert_eq!(one.await.unwrap_err().kind(), Kind::ValueError);
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_result_that_is_not_clone_passes_through_wait_for_and_a_group() {
    run(async {
        let task = spawn(async { Ok(Once(1)) })?;
        assert_eq!(wait_for(task, ms(1)).await?, Once(1));
        let group = TaskGroup::new();
        let member = group
            .run(async { group.create_task(async { Ok(Once(2)) }) })
            .await?;
        assert_eq!(member.await?, Once(2));
        Ok(())
    })
    .unwrap();
}

#[test]
fn combinators_leave_the_results_of_other_handles_alone() {
    run(async {
        let task = spawn(async { Ok(1) })?;
        assert_eq!(gather([task.clone(), task.clone()]).await?, [1, 1]);
        assert_eq!(shield(&task).await?, 1);
        assert_eq!(task.await?, 1);
        Ok(())
    })
    .unwrap();
}

#[expect(
    clippy::mutable_key_type,
    reason = "a handle is hashed by its identity"
)]
#[test]
fn handles_are_equal_and_hash_alike_if_they_are_of_the_same_task() {
    use std::collections::HashSet;
    run(async {
        let (one, other) = (spawn(async { 1 })?, spawn(async { 2 })?);
        assert_eq!(HashSet::from([one.id(), other.id(), one.id()]).len(), 2);
        assert_eq!(
            HashSet::from([one.clone(), one.clone(), other.clone()]).len(),
            2
        );
        assert_eq!(HashSet::from([one.any(), one.any(), other.any()]).len(), 2);
        let futures = HashSet::from([one.as_future(), one.as_future(), other.as_future()]);
        assert_eq!(futures.len(), 2);
        assert!(one.id() < other.id());
        assert_eq!(one.get_loop(), tminus::EventLoop::running()?);
        assert_eq!(one.as_future().get_loop(), Some(other.get_loop()));
        let call = one.get_loop().call_soon(|| ())?;
        assert_eq!(HashSet::from([call.clone(), call]).len(), 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_handler_learns_of_the_handle_and_the_loop() {
    let event_loop = new_loop();
    let seen = Rc::new(std::cell::RefCell::new(None));
    let writer = seen.clone();
    event_loop.set_exception_handler(move |context| {
        *writer.borrow_mut() = Some((context.handle().cloned(), context.event_loop()));
    });
    let handle = event_loop
        .call_soon(|| Err(Kind::ValueError.into()))
        .unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(seen.take(), Some((Some(handle), Some(event_loop))));
}

/// That drop closes the loop, and no handle to the loop may come out of it.
#[test]
fn a_handler_learns_of_no_loop_while_the_last_handle_to_it_is_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("boom");
        }
    }
    let event_loop = new_loop();
    let seen = Rc::new(std::cell::RefCell::new(Vec::new()));
    let writer = seen.clone();
    event_loop.set_exception_handler(move |context| {
        let is_there = context.event_loop().is_some();
        let what = context.exception().message().to_string();
        writer.borrow_mut().push((what, is_there));
    });
    let bomb = Bomb;
    let task = event_loop.create_task(async move {
        let _bomb = bomb;
        Ok(())
    });
    drop(task);
    drop(event_loop);
    assert_eq!(seen.take(), [("boom".to_owned(), false)]);
}

#[test]
fn a_body_ends_with_a_plain_value_or_with_another_error_in_one_word() {
    let plain = run(async {
        let number = spawn(async { 6 })?;
        let nothing = spawn(async { drop(yield_now().await) })?;
        nothing.await?;
        number.await
    });
    assert_eq!(plain.unwrap(), 6);
    assert_eq!(run(async { "plain" }).unwrap(), "plain");
    let other = async { Err::<Once, _>(io::Error::other("no disk")) };
    let error = run(raising(other)).unwrap_err();
    assert!(error.is::<io::Error>());
}
