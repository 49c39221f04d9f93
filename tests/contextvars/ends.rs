//! When values are dropped, and what a panic leaves.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::{Rc, Weak},
};

use tminus::{
    Context, Exception, Kind,
    contextvars::{ContextVar, copy_context},
    event_loop::{EventLoop, TaskRef, current_task},
    spawn, yield_now,
};

use crate::{new_loop, shown, support::Log};

#[test]
fn a_task_drops_its_values_when_it_ends() -> Result<(), Exception> {
    static VALUE: ContextVar<Rc<()>> = ContextVar::new("value");
    new_loop().run(async {
        let value = Rc::new(());
        let weak: Weak<()> = Rc::downgrade(&value);
        let task = spawn(async move {
            VALUE.set(value);
            yield_now().await
        })?;
        yield_now().await?;
        assert!(weak.upgrade().is_some());
        task.clone().await?;
        assert!(weak.upgrade().is_none()); // with a handle to the task still there
        drop(task);
        Ok(())
    })
}

#[test]
fn a_task_that_holds_itself_in_its_context_keeps_no_loop() {
    static TASK: ContextVar<TaskRef> = ContextVar::new("task");
    let noted = Rc::new(());
    let weak = Rc::downgrade(&noted);
    let event_loop = new_loop();
    let task = event_loop.create_task(async move {
        TASK.set(current_task()?);
        let _noted = noted;
        let never = EventLoop::running()?.create_future::<()>(); // without the loop's handle, which would keep it
        never.await
    });
    assert!(event_loop.run_until_complete(yield_now()).is_ok());
    drop(task);
    assert!(weak.upgrade().is_some());
    drop(event_loop);
    assert!(weak.upgrade().is_none());
}

/// A drop of a value may use the loop and the variables.
#[test]
fn a_value_can_use_variables_while_it_is_dropped() -> Result<(), Exception> {
    static VALUE: ContextVar<Rc<SetsAtItsEnd>> = ContextVar::new("value");
    static LAST: ContextVar<u32> = ContextVar::with_default("last", || 0);
    struct SetsAtItsEnd(Log);
    impl Drop for SetsAtItsEnd {
        fn drop(&mut self) {
            self.0.add(format!("dropped, {}", LAST.get().unwrap()));
            LAST.set(9);
            drop(spawn(async { Ok(()) }));
        }
    }
    let log = Log::default();
    let value = SetsAtItsEnd(log.clone());
    new_loop().run(async move {
        spawn(async move {
            VALUE.set(Rc::new(value));
            VALUE.reset(VALUE.set(Rc::new(SetsAtItsEnd(Log::default()))))?;
            Ok(())
        })?
        .await?;
        assert_eq!(LAST.get()?, 0);
        Ok(())
    })?;
    assert_eq!(log.take(), ["dropped, 0"]);
    Ok(())
}

#[test]
fn a_panic_leaves_the_context() {
    let x = ContextVar::new("x");
    let context = Context::new();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        context.run(|| {
            x.set("inside".to_owned());
            panic!("no fuel");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(shown(&x), "nothing");
    assert_eq!(context.run(|| shown(&x)).unwrap(), "inside");
}

#[test]
fn a_callback_that_panics_leaves_nothing_to_the_next_one() -> Result<(), Exception> {
    let x = Rc::new(ContextVar::new("x"));
    let log = Log::default();
    let event_loop = new_loop();
    event_loop.set_exception_handler(|_| ());
    let its = x.clone();
    let panics = move || -> () {
        its.set("panicked".to_owned());
        panic!("no fuel");
    };
    event_loop.call_soon(panics)?;
    let (its, prints) = (x.clone(), log.clone());
    event_loop.call_soon(move || prints.add(shown(&its)))?;
    event_loop.run_until_complete(yield_now())?;
    assert_eq!(log.take(), ["nothing"]);
    Ok(())
}

#[test]
fn a_variable_can_be_moved() {
    let x = ContextVar::new("x");
    x.set("value".to_owned());
    let moved = Box::new(x);
    assert_eq!(shown(&moved), "value");
    let another = ContextVar::new("x"); // of the same name
    assert_eq!(shown(&another), "nothing");
}

#[test]
fn a_context_shows_its_variables() {
    let (x, y) = (ContextVar::new("x"), ContextVar::new("y"));
    let context = Context::new();
    assert!(context.is_empty());
    context.run(|| (x.set(1), y.set("two"))).unwrap();
    assert_eq!((context.len(), context.contains(&x)), (2, true));
    assert_eq!(
        format!("{context:?}"),
        r#"Context { variables: ["x", "y"] }"#
    );
    let error = context
        .run(|| context.run(copy_context))
        .unwrap()
        .unwrap_err();
    assert_eq!(error.kind(), Kind::RuntimeError);
    assert_eq!(
        error.message(),
        r#"cannot enter context: Context { variables: ["x", "y"] } is already entered"#
    );
}

#[test]
fn a_given_context_is_current_and_cannot_be_entered_again() -> Result<(), Exception> {
    let event_loop = new_loop();
    let context = Context::new();
    let its = context.clone();
    let main = event_loop.create_task_in(&context, async move {
        let refused = its.run(|| ()).unwrap_err();
        Ok(refused.kind())
    })?;
    assert_eq!(event_loop.run_until_complete(main)?, Kind::RuntimeError);
    Ok(())
}

/// What a callback sets is for the callbacks that it schedules, and for nobody else.
#[test]
fn an_exception_handler_and_wakers_can_use_variables() -> Result<(), Exception> {
    static LAST: ContextVar<u32> = ContextVar::with_default("last", || 0);
    let seen = Rc::new(RefCell::new(Vec::new()));
    let notes = seen.clone();
    let event_loop = new_loop();
    event_loop.set_exception_handler(move |_| {
        notes.borrow_mut().push(LAST.get().unwrap());
        LAST.set(1);
    });
    for _ in 0..2 {
        event_loop.call_soon(|| Err(Exception::from(Kind::ValueError)))?;
    }
    event_loop.run_until_complete(yield_now())?;
    assert_eq!(seen.take(), [0, 0]);
    assert_eq!(LAST.get()?, 0);
    Ok(())
}

#[test]
fn a_context_cannot_be_entered_again_below_another_one() -> Result<(), Exception> {
    let (outer, inner) = (Context::new(), Context::new());
    let again = outer.run(|| inner.run(|| outer.run(|| ())))??;
    assert_eq!(again.unwrap_err().kind(), Kind::RuntimeError);
    outer.run(|| ()) // it was left
}

#[test]
fn a_variable_without_a_value_is_named_in_the_error() {
    let speed = ContextVar::<u32>::new("speed");
    assert_eq!(speed.name(), "speed");
    assert_eq!(
        speed.get().unwrap_err().to_string(),
        "the context variable 'speed' has no value"
    );
}
