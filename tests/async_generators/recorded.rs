//! The programs of `programs.py`, and what CPython printed.

use std::{fmt::Display, rc::Rc};

use tminus::{
    AsyncGenerator, EventLoop, Exception, Kind, event_loop::next, gather, sleep, spawn, yield_now,
};

use crate::{ms, new_loop, numbers, support::Log};

/// One test a program.
macro_rules! programs {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                let log = Log::default();
                new_loop().run(programs::$name(log.clone())).unwrap();
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
    yields_and_awaits sending throwing never_started closing closing_fails closing_ignored closing_answered escaping
    already_running cancelled_inside cancelled_through dropped left_open left_open_and_failing in_each_other
}

fn recorded(name: &str) -> Vec<&'static str> {
    let lines = include_str!("programs.out").lines();
    let program = lines.skip_while(|line| line.strip_prefix("== ") != Some(name));
    program
        .skip(1)
        .take_while(|line| !line.starts_with("== "))
        .collect()
}

/// How an operation ends.
trait Told {
    fn told(self) -> String;
}

impl<Y: Display> Told for Result<Option<Y>, Exception> {
    fn told(self) -> String {
        match self {
            Ok(Some(value)) => value.to_string(),
            Ok(None) => "the end".into(),
            Err(exception) => format!("{} {}", exception.name(), exception.message()),
        }
    }
}

impl Told for Result<(), Exception> {
    fn told(self) -> String {
        self.map(|()| None::<u32>).told()
    }
}

fn value_error(text: &'static str) -> Exception {
    Exception::new(Kind::ValueError, text)
}

mod programs {
    use super::*;

    pub async fn yields_and_awaits(log: Log) -> Result<(), Exception> {
        let prints = log.clone();
        let mut countdown = AsyncGenerator::<u32>::new(async move |co| {
            for i in (1..=3).rev() {
                co.yield_(i).await?;
                yield_now().await?;
            }
            prints.add("lift-off");
            Ok(())
        });
        while let Some(i) = next(&mut countdown).await {
            log.add(i?.to_string());
        }
        Ok(())
    }

    pub async fn sending(log: Log) -> Result<(), Exception> {
        let prints = log.clone();
        let echo = AsyncGenerator::<String, Option<u32>>::new(async move |co| {
            let shown = |got: Option<u32>| got.map_or("None".into(), |got| got.to_string());
            let mut got = None;
            for _ in 0..2 {
                got = co.yield_(shown(got)).await?;
                prints.add(format!("got {}", shown(got)));
                yield_now().await?;
            }
            Ok(())
        });
        log.add(format!("first: {}", echo.asend(Some(1)).await.told()));
        log.add(format!("started: {}", echo.asend(None).await.told()));
        for (n, name) in [(2, "second"), (3, "third"), (4, "fourth")] {
            log.add(format!("{name}: {}", echo.asend(Some(n)).await.told()));
        }
        Ok(())
    }

    fn catches(log: &Log) -> AsyncGenerator<u32> {
        let log = log.clone();
        AsyncGenerator::new(async move |co| {
            for i in 0..2 {
                match co.yield_(i).await {
                    Err(error) if error.kind() == Kind::ValueError => {
                        log.add(format!("caught {}", error.message()));
                        yield_now().await?;
                    }
                    other => other?,
                }
            }
            Ok(())
        })
    }

    pub async fn throwing(log: Log) -> Result<(), Exception> {
        let g = catches(&log);
        log.add(format!("anext: {}", g.anext().await.told()));
        let thrown = g.athrow(value_error("one")).await.told();
        log.add(format!("athrow: {thrown}"));
        let two = Exception::new(Kind::RuntimeError, "two");
        log.add(format!("athrow: {}", g.athrow(two).await.told()));
        log.add(format!("anext: {}", g.anext().await.told()));
        let g = catches(&log);
        g.anext().await?;
        g.anext().await?;
        let last = g.athrow(value_error("three")).await.told();
        log.add(format!("last: {last}"));
        let after = g.athrow(value_error("four")).await.told();
        log.add(format!("after: {after}"));
        Ok(())
    }

    pub async fn never_started(log: Log) -> Result<(), Exception> {
        let body = || {
            let prints = log.clone();
            AsyncGenerator::<u32, Option<u32>>::new(async move |co| {
                prints.add("runs");
                co.yield_(1).await.map(drop)
            })
        };
        let g = body();
        let early = g.athrow(value_error("early")).await.told();
        log.add(format!("athrow: {early}"));
        log.add(format!("anext: {}", g.anext().await.told()));
        let g = body();
        log.add(format!("aclose: {}", g.aclose().await.told()));
        log.add(format!("anext: {}", g.anext().await.told()));
        log.add(format!("asend: {}", g.asend(Some(5)).await.told()));
        let late = g.athrow(value_error("late")).await.told();
        log.add(format!("athrow: {late}"));
        log.add(format!("aclose: {}", g.aclose().await.told()));
        Ok(())
    }

    pub async fn closing(log: Log) -> Result<(), Exception> {
        let prints = log.clone();
        let g = AsyncGenerator::<u32>::new(async move |co| {
            let result = co.yield_(1).await;
            prints.add("cleaning");
            yield_now().await?;
            prints.add("clean");
            result
        });
        g.anext().await?;
        log.add(format!("aclose: {}", g.aclose().await.told()));
        log.add(format!("anext: {}", g.anext().await.told()));
        Ok(())
    }

    pub async fn closing_fails(log: Log) -> Result<(), Exception> {
        let g = AsyncGenerator::<u32>::new(async move |co| {
            let _ = co.yield_(1).await;
            yield_now().await?;
            Err(value_error("dirty"))
        });
        g.anext().await?;
        log.add(format!("aclose: {}", g.aclose().await.told()));
        log.add(format!("aclose: {}", g.aclose().await.told()));
        Ok(())
    }

    pub async fn closing_ignored(log: Log) -> Result<(), Exception> {
        let g = AsyncGenerator::<u32>::new(async move |co| {
            if co.yield_(1).await.is_err() {
                co.yield_(2).await?;
            }
            co.yield_(3).await
        });
        log.add(format!("anext: {}", g.anext().await.told()));
        log.add(format!("aclose: {}", g.aclose().await.told()));
        log.add(format!("anext: {}", g.anext().await.told()));
        let unheard = g.athrow(value_error("unheard")).await.told();
        log.add(format!("athrow: {unheard}"));
        log.add(format!("anext: {}", g.anext().await.told()));
        Ok(())
    }

    pub async fn closing_answered(log: Log) -> Result<(), Exception> {
        let returns = AsyncGenerator::<u32>::new(async move |co| {
            let _ = co.yield_(1).await;
            Ok(())
        });
        returns.anext().await?;
        log.add(format!("returns: {}", returns.aclose().await.told()));
        let raises = AsyncGenerator::<u32>::new(async move |co| co.yield_(1).await);
        raises.anext().await?;
        let thrown = raises.athrow(Kind::GeneratorExit).await.told();
        log.add(format!("thrown: {thrown}"));
        log.add(format!("anext: {}", raises.anext().await.told()));
        Ok(())
    }

    pub async fn escaping(log: Log) -> Result<(), Exception> {
        let g = AsyncGenerator::<u32>::new(async move |co| {
            co.yield_(1).await?;
            Err(Exception::stop_iteration(2))
        });
        g.anext().await?;
        log.add(format!("anext: {}", g.anext().await.told()));
        log.add(format!("anext: {}", g.anext().await.told()));
        Ok(())
    }

    pub async fn already_running(log: Log) -> Result<(), Exception> {
        let g = Rc::new(AsyncGenerator::<&str, Option<u32>>::new(async move |co| {
            sleep(ms(1)).await?;
            co.yield_("done").await.map(drop)
        }));
        let tell = |operation: &'static str| {
            let (log, g) = (log.clone(), g.clone());
            async move {
                let told = match operation {
                    "anext" => g.anext().await.told(),
                    "asend" => g.asend(None).await.told(),
                    "athrow" => g.athrow(value_error("no")).await.told(),
                    _ => g.aclose().await.told(),
                };
                log.add(format!("{operation}: {told}"));
                Ok(())
            }
        };
        gather(["anext", "anext", "asend", "athrow", "aclose"].map(tell)).await?;
        log.add(format!("anext: {}", g.anext().await.told()));
        Ok(())
    }

    pub async fn cancelled_inside(log: Log) -> Result<(), Exception> {
        let prints = log.clone();
        let g = AsyncGenerator::<u32>::new(async move |co| {
            co.yield_(1).await?;
            if sleep(ms(3_600_000)).await.is_err() {
                prints.add("cancelled inside");
                yield_now().await?;
                co.yield_(2).await?;
            }
            co.yield_(3).await
        });
        g.anext().await?;
        let g = is_cancelled_in_anext(g, &log).await?;
        log.add(format!("anext: {}", g.anext().await.told()));
        log.add(format!("anext: {}", g.anext().await.told()));
        Ok(())
    }

    pub async fn cancelled_through(log: Log) -> Result<(), Exception> {
        let prints = log.clone();
        let g = AsyncGenerator::<u32>::new(async move |co| {
            let waits = async {
                co.yield_(1).await?;
                sleep(ms(3_600_000)).await
            };
            let result = waits.await;
            yield_now().await?;
            prints.add("clean");
            result
        });
        g.anext().await?;
        let g = is_cancelled_in_anext(g, &log).await?;
        log.add(format!("anext: {}", g.anext().await.told()));
        Ok(())
    }

    async fn is_cancelled_in_anext(
        g: AsyncGenerator<u32>,
        log: &Log,
    ) -> Result<Rc<AsyncGenerator<u32>>, Exception> {
        let (g, log) = (Rc::new(g), log.clone());
        let shared = g.clone();
        let task = spawn(async move {
            log.add(format!("anext: {}", shared.anext().await.told()));
            Ok(())
        })?;
        yield_now().await?;
        task.cancel();
        task.await?;
        Ok(g)
    }

    pub async fn dropped(log: Log) -> Result<(), Exception> {
        let mut g = numbers("dropped", &log);
        if let Some(i) = next(&mut g).await {
            log.add(i?.to_string());
        }
        drop(g);
        log.add("after the loop");
        sleep(ms(10)).await?;
        log.add("main goes on");
        Ok(())
    }

    pub async fn left_open(log: Log) -> Result<(), Exception> {
        let kept = numbers("kept", &log);
        log.add(kept.anext().await.told());
        let unstarted = numbers("unstarted", &log);
        drop(unstarted);
        log.add("main ends");
        std::mem::forget(kept); // as if it were in a global variable
        Ok(())
    }

    pub async fn left_open_and_failing(log: Log) -> Result<(), Exception> {
        let fails = || {
            AsyncGenerator::<u32>::new(async move |co| {
                let _ = co.yield_(1).await;
                Err(value_error("dirty"))
            })
        };
        let prints = log.clone();
        EventLoop::running()?.set_exception_handler(move |context| {
            prints.add(format!(
                "{} - {}",
                context.message(),
                context.exception().message()
            ));
        });
        let kept = fails();
        kept.anext().await?;
        let other = fails();
        other.anext().await?;
        drop(other);
        sleep(ms(1)).await?;
        log.add("main ends");
        std::mem::forget(kept);
        Ok(())
    }

    pub async fn in_each_other(log: Log) -> Result<(), Exception> {
        let prints = log.clone();
        let mut outer = AsyncGenerator::<u32>::new(async move |co| {
            let mut inner = numbers("inner", &prints);
            let tens = async {
                while let Some(i) = next(&mut inner).await {
                    co.yield_(i? * 10).await?;
                }
                Ok(())
            };
            let result = tens.await;
            prints.add("outer cleaning");
            result
        });
        while let Some(i) = next(&mut outer).await {
            let i = i?;
            log.add(i.to_string());
            if i == 10 {
                break;
            }
        }
        drop(outer);
        sleep(ms(10)).await?;
        log.add("main ends");
        Ok(())
    }
}
