//! Kinds of a program's own.

use std::{cell::RefCell, collections::HashSet, rc::Rc, time::Duration};

use tminus::{
    EventLoop, Exception, ExceptionGroup, Generator, Kind, TaskGroup, clock::VirtualClock, gather,
    gather_results, sleep, spawn, yield_now,
};

use crate::{programs, support::Log};

const SHUTDOWN: Kind = Kind::exit("Shutdown");
const RATE_LIMITED: Kind = Kind::error("RateLimited");

#[test]
fn a_kind_of_the_programs_own_is_shown_and_matched_as_the_others_are() {
    let error = Exception::new(RATE_LIMITED, "wait 3 s");
    assert_eq!(error.to_string(), "RateLimited: wait 3 s");
    assert_eq!(error.name(), "RateLimited");
    assert_eq!(format!("{:?}", error.kind()), "RateLimited");
    let matched = match error.kind() {
        SHUTDOWN => 1,
        RATE_LIMITED => 2,
        _ => 3,
    };
    assert_eq!(matched, 2);
}

#[test]
fn names_and_exits_tell_kinds_apart() {
    let kinds = [
        SHUTDOWN,
        RATE_LIMITED,
        Kind::error("Shutdown"),
        Kind::error("Timeout"),
        Kind::Timeout,
        Kind::exit("Shutdown"),
    ];
    assert_eq!(HashSet::from(kinds).len(), 5);
    assert_eq!(
        kinds.map(Kind::is_exit),
        [true, false, false, false, false, true]
    );
}

#[test]
fn an_exit_goes_through_a_body_that_handles_every_error() {
    let mut generator = Generator::<u8>::new(async |co| {
        loop {
            match co.yield_(1).await {
                Err(exit) if exit.kind().is_exit() => return Err(exit),
                Err(_) | Ok(()) => {}
            }
        }
    });
    generator.resume().unwrap();
    assert!(generator.throw(RATE_LIMITED).is_ok());
    assert!(generator.throw(SHUTDOWN).unwrap_err() == SHUTDOWN);
}

/// `tests/programs/exit_kinds.py`, in Rust. Only a `KeyboardInterrupt` ends the run of the loop.
#[test]
fn the_loop_treats_exits_as_asyncio_does() {
    let log = Log::default();
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    event_loop
        .clone()
        .run(main(log.clone(), event_loop))
        .unwrap();
    assert_eq!(
        log.take(),
        programs::recorded("exit_kinds").lines().collect::<Vec<_>>()
    );
}

async fn stops() -> Result<(), Exception> {
    Err(Exception::new(SHUTDOWN, "now"))
}

async fn sleeps(log: Log) -> Result<(), Exception> {
    sleep(Duration::from_secs(1)).await.inspect_err(|error| {
        assert!(error.is_cancelled());
        log.add("cancelled");
    })
}

async fn main(log: Log, event_loop: EventLoop) -> Result<(), Exception> {
    in_a_task(&log).await?;
    in_a_callback(&log, &event_loop).await?;
    in_a_group(&log).await?;
    in_gather(&log).await
}

async fn in_a_task(log: &Log) -> Result<(), Exception> {
    let task = spawn(stops())?;
    yield_now().await?;
    yield_now().await?;
    log.add("the loop runs on");
    match task.await {
        Err(exit) if exit.kind().is_exit() => log.add(format!("awaiting raises {exit}")),
        _ => log.add("caught as an Exception"),
    }
    Ok(())
}

async fn in_a_callback(log: &Log, event_loop: &EventLoop) -> Result<(), Exception> {
    let handled = log.clone();
    event_loop.set_exception_handler(move |context| {
        let exception = context.exception();
        handled.add(format!(
            "handler: {}('{}')",
            exception.name(),
            exception.message()
        ));
    });
    event_loop.call_soon(|| Err::<(), _>(Exception::new(SHUTDOWN, "in a callback")))?;
    yield_now().await?;
    yield_now().await?;
    log.add("the loop runs on");
    Ok(())
}

async fn in_a_group(log: &Log) -> Result<(), Exception> {
    let group = TaskGroup::new();
    let sleeper = log.clone();
    let tasks = group.clone();
    let ended = group.run(async move {
        tasks.create_task(sleeps(sleeper))?;
        tasks.create_task(stops())?;
        Ok(())
    });
    let error = ended.await.unwrap_err();
    let members = error.downcast_ref::<ExceptionGroup>().unwrap().exceptions();
    let names: Vec<_> = members
        .iter()
        .map(|one| format!("'{}'", one.name()))
        .collect();
    log.add(format!("group: [{}]", names.join(", ")));
    Ok(())
}

async fn in_gather(log: &Log) -> Result<(), Exception> {
    let sleeping = spawn(sleeps(log.clone()))?;
    let error = gather((sleeping.clone(), stops())).await.unwrap_err();
    log.add(format!("gather raises {error}"));
    let done = if sleeping.done() { "True" } else { "False" };
    log.add(format!("the other is done: {done}"));
    let returned = gather_results(vec![stops()]).await?;
    log.add(format!(
        "gather returns {}",
        returned[0].as_ref().unwrap_err().name()
    ));
    Ok(())
}

/// Python has `SystemExit`, too. Here a program returns from `main`.
#[test]
fn a_keyboard_interrupt_ends_the_run() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let after = Rc::new(RefCell::new(0));
    let counted = after.clone();
    let ended = event_loop.run_until_complete(async move {
        let _task = spawn(async { Err::<(), _>(Exception::from(Kind::KeyboardInterrupt)) })?;
        yield_now().await?;
        yield_now().await?;
        *counted.borrow_mut() += 1;
        Ok(())
    });
    assert!(ended.unwrap_err() == Kind::KeyboardInterrupt);
    assert_eq!(*after.borrow(), 0);
}
