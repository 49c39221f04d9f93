//! Generators that are not driven to their end.

use tminus::{AsyncGenerator, Exception, Kind, event_loop::Deadlock, run, spawn, yield_now};

use crate::{ms, new_loop, numbers, support::Log};

#[test]
fn one_that_main_drops_as_it_ends_is_closed_before_the_run_ends() -> Result<(), Exception> {
    let log = Log::default();
    let g = numbers("main's", &log);
    new_loop().run(async move { g.anext().await.map(drop) })?;
    assert_eq!(log.take(), ["main's cleaning", "main's clean"]);
    Ok(())
}

#[test]
fn one_of_a_task_that_is_cancelled_at_the_end_of_a_run_is_closed() -> Result<(), Exception> {
    let log = Log::default();
    let g = numbers("task's", &log);
    new_loop().run(async move {
        drop(spawn(async move {
            g.anext().await?;
            futures::future::pending::<()>().await; // nothing can be raised here
            drop(g);
            Ok(())
        })?);
        yield_now().await
    })?;
    assert_eq!(log.take(), ["task's cleaning", "task's clean"]);
    Ok(())
}

#[test]
fn one_that_is_dropped_between_two_runs_is_closed_in_the_next() -> Result<(), Exception> {
    let log = Log::default();
    let event_loop = new_loop();
    let g = std::rc::Rc::new(numbers("kept", &log));
    let shared = g.clone();
    event_loop.run_until_complete(async move { shared.anext().await })?;
    drop(g);
    assert!(log.take().is_empty());
    event_loop.run_until_complete(tminus::sleep(ms(5)))?;
    assert_eq!(log.take(), ["kept cleaning", "kept clean"]);
    Ok(())
}

#[test]
fn one_whose_loop_is_closed_is_just_dropped() -> Result<(), Exception> {
    let log = Log::default();
    let event_loop = new_loop();
    let g = std::rc::Rc::new(numbers("kept", &log));
    let shared = g.clone();
    event_loop.run_until_complete(async move { shared.anext().await })?;
    event_loop.close()?;
    drop(g);
    assert!(log.take().is_empty());
    Ok(())
}

#[test]
fn one_that_never_ran_is_just_dropped() -> Result<(), Exception> {
    let log = Log::default();
    drop(numbers("unstarted", &log));
    let g = numbers("unstarted", &log);
    run(async move {
        drop(g);
        Ok(())
    })?;
    assert!(log.take().is_empty());
    Ok(())
}

#[test]
fn what_a_dropped_body_raises_is_reported() -> Result<(), Exception> {
    let log = Log::default();
    let prints = log.clone();
    let event_loop = new_loop();
    event_loop.set_exception_handler(move |context| prints.add(context.to_string()));
    event_loop.run_until_complete(async {
        let g = AsyncGenerator::<u32>::new(async |co| {
            let _ = co.yield_(1).await;
            co.yield_(2).await
        });
        g.anext().await?;
        drop(g);
        yield_now().await?;
        yield_now().await
    })?;
    let text = "RuntimeError: async generator ignored GeneratorExit";
    let task = "Task exception was never retrieved: task \"Task-2\": ";
    assert_eq!(log.take(), [format!("{task}{text}")]);
    Ok(())
}

/// A clean-up that waits forever: the run says so, and ends.
#[test]
fn a_clean_up_that_is_stuck_does_not_hang_the_run() {
    let log = Log::default();
    let prints = log.clone();
    let event_loop = new_loop();
    let is_deadlock = move |context: &tminus::event_loop::ExceptionContext<'_>| {
        prints.add(context.exception().is::<Deadlock>().to_string());
    };
    event_loop.set_exception_handler(is_deadlock);
    let never = event_loop.create_future::<()>();
    let ended = event_loop.run(async move {
        let g = AsyncGenerator::<u32>::new(async move |co| {
            let _ = co.yield_(1).await;
            never.await
        });
        g.anext().await.map(drop)
    });
    assert!(ended.is_ok());
    assert_eq!(log.take(), ["true"]);
}

#[test]
fn generators_that_come_and_go_leave_nothing() -> Result<(), Exception> {
    let event_loop = new_loop();
    event_loop.run(async {
        for _ in 0..10_000 {
            let g = AsyncGenerator::<u32>::new(async |co| co.yield_(1).await);
            assert_eq!(g.anext().await?, Some(1));
            drop(g);
            yield_now().await?;
        }
        assert!(tminus::event_loop::all_tasks()?.len() <= 2);
        Ok(())
    })
}

/// Each holds the next one in a variable of its body.
#[test]
fn a_long_chain_is_dropped_without_the_stack() {
    let mut chain = AsyncGenerator::<u32>::new(async |co| co.yield_(0).await);
    for _ in 0..100_000 {
        let inner = chain;
        chain = AsyncGenerator::new(async move |co| {
            co.yield_(1).await?;
            drop(inner);
            Ok(())
        });
    }
    drop(chain);
}

#[test]
fn the_first_exception_is_the_runs_not_that_of_a_clean_up() {
    let failed = new_loop().run(async {
        let g = AsyncGenerator::<u32>::new(async |co| {
            let _ = co.yield_(1).await;
            Err(Exception::new(Kind::ValueError, "dirty"))
        });
        g.anext().await?;
        Err::<(), _>(Exception::new(Kind::RuntimeError, "main failed"))
    });
    assert_eq!(failed.unwrap_err().message(), "main failed");
}

#[test]
fn all_of_many_that_are_kept_open_clean_up_at_the_end_of_the_run() -> Result<(), Exception> {
    let log = Log::default();
    let kept: std::rc::Rc<Vec<_>> =
        std::rc::Rc::new((0..20).map(|_| numbers("kept", &log)).collect());
    let begun = kept.clone();
    new_loop().run(async move {
        for g in begun.iter() {
            g.anext().await?;
        }
        Ok(())
    })?;
    let clean = log
        .take()
        .iter()
        .filter(|line| **line == "kept clean")
        .count();
    assert_eq!(clean, 20);
    drop(kept);
    Ok(())
}

#[test]
fn one_that_has_finished_is_dropped_without_a_task() -> Result<(), Exception> {
    new_loop().run(async {
        let g = AsyncGenerator::<u32>::new(async |co| co.yield_(1).await);
        assert_eq!(g.anext().await?, Some(1));
        assert_eq!(g.anext().await?, None);
        drop(g);
        assert_eq!(tminus::event_loop::all_tasks()?.len(), 1);
        Ok(())
    })
}
