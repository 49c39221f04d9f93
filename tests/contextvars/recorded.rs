//! The programs of `programs.py`, and what CPython printed.

use std::rc::Rc;

use futures::{FutureExt, future::LocalBoxFuture};
use tminus::{
    AsyncGenerator, Context, EventLoop, Exception, Generator, Kind, TaskGroup,
    contextvars::{ContextVar, copy_context},
    event_loop::spawn_in,
    gather, sleep, spawn, timeout, wait_for, yield_now,
};

use crate::{ms, new_loop, shown, support::Log};

/// One test a program. Each is on a thread of its own, and so in a context of its own.
macro_rules! programs {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                let log = Log::default();
                programs::$name(log.clone()).unwrap();
                assert_eq!(log.take(), recorded(stringify!($name)));
            }
        )*

        #[test]
        fn every_recording_is_compared() {
            let recorded = include_str!("programs.out").lines().filter_map(|line| line.strip_prefix("== "));
            assert_eq!(recorded.collect::<Vec<_>>(), [$(stringify!($name)),*]);
        }
    };
}

programs! {
    defaults tokens wrong_tokens copies entering failing_in_a_context tasks_copy_when_they_are_spawned
    tasks_without_any_value awaiting_shares callbacks done_callbacks a_given_context generators
    a_token_of_another_task groups runs_copy
}

fn recorded(name: &str) -> Vec<&'static str> {
    let lines = include_str!("programs.out").lines();
    let program = lines.skip_while(|line| line.strip_prefix("== ") != Some(name));
    let program = program.skip(1).take_while(|line| !line.starts_with("== "));
    program.collect()
}

type Text = Rc<ContextVar<String>>;

fn variable() -> Text {
    Rc::new(ContextVar::new("x"))
}

fn runs<F: Future<Output = Result<(), Exception>> + 'static>(main: F) -> Result<(), Exception> {
    new_loop().run(main)
}

/// `show_and_set` of the Python program.
async fn shows_and_sets(x: Text, log: Log, name: &str) -> Result<(), Exception> {
    log.add(format!("{name} {}", shown(&x)));
    x.set(name.into());
    Ok(())
}

/// `set_to` of the Python program.
fn set_to(x: &Text, value: &'static str) -> LocalBoxFuture<'static, Result<(), Exception>> {
    let x = x.clone();
    async move {
        yield_now().await?;
        x.set(value.into());
        Ok(())
    }
    .boxed_local()
}

mod programs {
    use super::*;

    pub fn defaults(log: Log) -> Result<(), Exception> {
        static PLAIN: ContextVar<u32> = ContextVar::new("plain");
        static DEFAULT: ContextVar<u32> = ContextVar::with_default("default", || 3);
        let error = Exception::from(PLAIN.get().unwrap_err());
        let (default, plain) = (DEFAULT.get()?, PLAIN.get().unwrap_or(5));
        log.add(format!("{} {default} {plain}", error.name()));
        DEFAULT.set(4);
        log.add(DEFAULT.get()?.to_string());
        Ok(())
    }

    pub fn tokens(log: Log) -> Result<(), Exception> {
        let x = variable();
        let first = x.set("1".into());
        let second = x.set("2".into());
        let is_missing = if first.old_value().is_none() {
            "True"
        } else {
            "False"
        };
        log.add(format!("{is_missing} {}", second.old_value().unwrap()));
        x.reset(second)?;
        log.add(shown(&x));
        x.reset(first)?;
        log.add(shown(&x));
        Ok(())
    }

    pub fn wrong_tokens(log: Log) -> Result<(), Exception> {
        let (x, y) = (variable(), ContextVar::new("y"));
        let token = x.set("1".into());
        log.add(y.reset(token).unwrap_err().to_string());
        let token = x.set("1".into());
        let refused = copy_context().run(|| x.reset(token))?;
        log.add(refused.unwrap_err().to_string());
        Ok(())
    }

    pub fn copies(log: Log) -> Result<(), Exception> {
        let x = variable();
        x.set("1".into());
        let context = copy_context();
        x.set("2".into());
        let (value, copy) = (context.get(&x).unwrap(), context.copy().get(&x).unwrap());
        let is_in_new = if Context::new().contains(&x) {
            "True"
        } else {
            "False"
        };
        log.add(format!("{value} {} {copy} {is_in_new}", shown(&x)));
        Ok(())
    }

    pub fn entering(log: Log) -> Result<(), Exception> {
        let (x, context) = (variable(), Context::new());
        context.run(|| x.set("7".into()))?;
        let (value, outside, inside) = (
            context.get(&x).unwrap(),
            shown(&x),
            context.run(|| shown(&x))?,
        );
        log.add(format!("{value} {outside} {inside}"));
        let refused = context.run(|| context.run(|| ()))?;
        log.add(refused.unwrap_err().name());
        log.add(context.run(|| context.copy().run(|| shown(&x)))??);
        Ok(())
    }

    pub fn failing_in_a_context(log: Log) -> Result<(), Exception> {
        let (x, context) = (variable(), Context::new());
        let failed: Result<(), _> = context.run(|| {
            x.set("8".into());
            Err(Exception::new(Kind::ValueError, "failed"))
        })?;
        let value = context.get(&x).unwrap();
        log.add(format!("{} {value} {}", failed.unwrap_err(), shown(&x)));
        log.add(context.run(|| shown(&x))?);
        Ok(())
    }

    async fn sees_twice(x: Text, log: Log, name: &str) -> Result<(), Exception> {
        log.add(format!("{name} sees {}", shown(&x)));
        x.set(name.into());
        yield_now().await?;
        log.add(format!("{name} sees {}", shown(&x)));
        Ok(())
    }

    pub fn tasks_copy_when_they_are_spawned(log: Log) -> Result<(), Exception> {
        let x = variable();
        runs(async move {
            x.set("main".into());
            let first = spawn(sees_twice(x.clone(), log.clone(), "first"))?;
            x.set("later".into());
            let second = spawn(sees_twice(x.clone(), log.clone(), "second"))?;
            first.await?;
            second.await?;
            log.add(format!("main sees {}", shown(&x)));
            Ok(())
        })
    }

    pub fn tasks_without_any_value(log: Log) -> Result<(), Exception> {
        let x = variable();
        runs(async move {
            gather(["a", "b"].map(|name| sees_twice(x.clone(), log.clone(), name))).await?;
            log.add(format!("main sees {}", shown(&x)));
            Ok(())
        })
    }

    pub fn awaiting_shares(log: Log) -> Result<(), Exception> {
        let x = variable();
        runs(async move {
            set_to(&x, "inner").await?;
            log.add(shown(&x));
            wait_for(set_to(&x, "limited"), ms(10)).await?;
            log.add(shown(&x));
            let block = async {
                x.set("in a timeout".into());
                Ok(())
            };
            timeout(ms(10)).run(block).await?;
            log.add(shown(&x));
            spawn(set_to(&x, "task"))?.await?;
            log.add(shown(&x));
            Ok(())
        })
    }

    pub fn callbacks(log: Log) -> Result<(), Exception> {
        let x = variable();
        runs(async move {
            let event_loop = EventLoop::running()?;
            let callback = |name: &'static str| {
                let (x, log, event_loop) = (x.clone(), log.clone(), event_loop.clone());
                move || {
                    log.add(format!("{name} sees {}", shown(&x)));
                    x.set(name.into());
                    let below = move || log.add(format!("below {name} {}", shown(&x)));
                    event_loop.call_soon(below).map(drop)
                }
            };
            event_loop.call_soon(callback("without a value"))?;
            event_loop.call_soon(callback("without a value, too"))?;
            x.set("1".into());
            event_loop.call_soon(callback("first"))?;
            event_loop.call_later(ms(1), callback("timer"))?;
            x.set("2".into());
            event_loop.call_soon(callback("second"))?;
            sleep(ms(10)).await?;
            log.add(format!("main sees {}", shown(&x)));
            Ok(())
        })
    }

    pub fn done_callbacks(log: Log) -> Result<(), Exception> {
        let x = variable();
        runs(async move {
            let future = EventLoop::running()?.create_future::<()>();
            let shows = |name: &'static str| {
                let (x, log) = (x.clone(), log.clone());
                move || log.add(format!("{name}: {}", shown(&x)))
            };
            let show = shows("added without a value");
            future.add_done_callback(move |_| show());
            x.set("added".into());
            let show = shows("future");
            future.add_done_callback(move |_| show());
            let task = spawn(set_to(&x, "task"))?;
            let show = shows("task");
            task.add_done_callback(move |_| show());
            x.set("set".into());
            future.set_result(())?;
            task.await?;
            yield_now().await?;
            let show = shows("too late");
            future.add_done_callback(move |_| show());
            yield_now().await
        })
    }

    pub fn a_given_context(log: Log) -> Result<(), Exception> {
        static SUM: ContextVar<u32> = ContextVar::new("sum");
        runs(async move {
            let context = copy_context();
            let adds = |n| async move {
                for _ in 0..2 {
                    SUM.set(SUM.get().unwrap_or(0) + n);
                    yield_now().await?;
                }
                Ok(())
            };
            let first = spawn_in(&context, adds(1))?;
            let second = EventLoop::running()?.create_task_in(&context, adds(10))?;
            first.await?;
            second.await?;
            let outside = if SUM.get().is_err() {
                "nothing"
            } else {
                "something"
            };
            log.add(format!("{} {outside}", context.get(&SUM).unwrap()));
            Ok(())
        })
    }

    pub fn generators(log: Log) -> Result<(), Exception> {
        let x = variable();
        runs(async move {
            let its = x.clone();
            let mut generator = Generator::<String>::new(async move |co| {
                loop {
                    its.set(shown(&its) + "!");
                    co.yield_(shown(&its)).await?;
                }
            });
            let its = x.clone();
            let agenerator = Rc::new(AsyncGenerator::<String>::new(async move |co| {
                loop {
                    its.set(shown(&its) + "?");
                    yield_now().await?;
                    co.yield_(shown(&its)).await?;
                }
            }));
            x.set("main".into());
            let (first, second) = (generator.resume()?, agenerator.anext().await?);
            let (first, second) = (first.yielded().unwrap(), second.unwrap());
            log.add(format!("{first} {second} {}", shown(&x)));
            let context = Context::new();
            let other = context.run(|| {
                x.set("other".into());
                generator.resume()
            })??;
            let (other, inside) = (other.yielded().unwrap(), context.get(&x).unwrap());
            log.add(format!("{other} {inside} {}", shown(&x)));
            let (its, shared) = (x.clone(), agenerator.clone());
            let task = spawn(async move {
                its.set("task".into());
                shared.anext().await
            })?;
            log.add(format!("{} {}", task.await?.unwrap(), shown(&x)));
            agenerator.aclose().await
        })
    }

    pub fn a_token_of_another_task(log: Log) -> Result<(), Exception> {
        let x = variable();
        runs(async move {
            let token = x.set("1".into());
            let (its, prints) = (x.clone(), log.clone());
            let task = spawn(async move {
                prints.add(its.reset(token).unwrap_err().to_string());
                prints.add(shown(&its));
                Ok(())
            })?;
            task.await?;
            log.add(shown(&x));
            Ok(())
        })
    }

    pub fn groups(log: Log) -> Result<(), Exception> {
        let x = variable();
        runs(async move {
            x.set("main".into());
            let group = TaskGroup::new();
            let block = async {
                group.create_task(shows_and_sets(x.clone(), log.clone(), "a"))?;
                x.set("in the group".into());
                group.create_task(shows_and_sets(x.clone(), log.clone(), "b"))?;
                Ok(())
            };
            group.run(block).await?;
            log.add(shown(&x));
            Ok(())
        })
    }

    pub fn runs_copy(log: Log) -> Result<(), Exception> {
        let x = variable();
        x.set("thread".into());
        let main = || {
            let (x, log) = (x.clone(), log.clone());
            async move {
                log.add(shown(&x));
                x.set("main".into());
                Ok(())
            }
        };
        runs(main())?;
        log.add(shown(&x));
        Context::new().run(|| runs(main()))??;
        log.add(shown(&x));
        Ok(())
    }
}
