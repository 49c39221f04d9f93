//! `async for` and `async with`.

use futures::{StreamExt, channel::mpsc, stream};
use tminus::{
    Exception, Kind,
    event_loop::{AsyncContext, EventLoop, next, with},
    sleep, spawn, yield_now,
};

use crate::{error, ms, new_loop, support::Log};

#[test]
fn an_async_iterator_gives_items_until_its_end() {
    let event_loop = new_loop();
    let main = async {
        let mut ticks = Box::pin(stream::iter([1, 2, 3]).then(|i| async move {
            sleep(ms(i)).await?;
            Ok::<_, Exception>(i)
        }));
        let mut sum = 0;
        while let Some(tick) = next(&mut ticks).await {
            sum += tick?;
        }
        Ok(sum)
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), 6);
    assert_eq!(event_loop.time(), ms(6));
}

#[test]
fn an_async_iterator_can_be_fed_by_another_task() {
    let event_loop = new_loop();
    let main = async {
        let (sender, mut receiver) = mpsc::unbounded();
        spawn(async move {
            for i in 0..3 {
                sleep(ms(1)).await?;
                sender.unbounded_send(i)?;
            }
            Ok(())
        })?;
        let mut got = Vec::new();
        while let Some(item) = next(&mut receiver).await {
            got.push(item);
        }
        Ok(got)
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), [0, 1, 2]);
}

/// Logs what happens to it; to enter and to leave takes a millisecond each.
struct Noted {
    log: Log,
    name: &'static str,
    swallows: Option<Kind>,
}

impl Noted {
    fn new(log: &Log, name: &'static str) -> Self {
        Self {
            log: log.clone(),
            name,
            swallows: None,
        }
    }
}

impl AsyncContext for Noted {
    type Value = &'static str;

    async fn enter(&mut self) -> Result<&'static str, Exception> {
        self.log.add(format!("enter {}", self.name));
        sleep(ms(1)).await?;
        Ok(self.name)
    }

    async fn exit(&mut self, error: Option<&Exception>) -> Result<bool, Exception> {
        sleep(ms(1)).await?;
        let how = error.map_or("well".into(), ToString::to_string);
        self.log.add(format!("exit {}: {how}", self.name));
        Ok(error.is_some_and(|error| Some(error.kind()) == self.swallows))
    }
}

fn run<T: Clone + 'static>(
    main: impl Future<Output = Result<T, Exception>> + 'static,
) -> (Result<T, Exception>, EventLoop) {
    let event_loop = new_loop();
    (event_loop.run_until_complete(main), event_loop)
}

#[test]
fn a_context_is_entered_and_left_around_its_block() {
    let log = Log::default();
    let (outer, inner, block) = (
        Noted::new(&log, "outer"),
        Noted::new(&log, "inner"),
        log.clone(),
    );
    let (result, event_loop) = run(with(outer, async move |outer| {
        let inner = with(inner, async move |inner| {
            block.add("block");
            Ok(inner)
        });
        Ok((outer, inner.await?))
    }));
    assert_eq!(result.unwrap(), Some(("outer", Some("inner"))));
    assert_eq!(
        log.take(),
        [
            "enter outer",
            "enter inner",
            "block",
            "exit inner: well",
            "exit outer: well"
        ]
    );
    assert_eq!(event_loop.time(), ms(4));
}

#[test]
fn an_error_in_the_block_leaves_it_and_goes_on() {
    let log = Log::default();
    let block = async |_| Err::<(), _>(error("no"));
    let (result, _) = run(with(Noted::new(&log, "it"), block));
    assert_eq!(result.unwrap_err().to_string(), "ValueError: no");
    assert_eq!(log.take(), ["enter it", "exit it: ValueError: no"]);
}

#[test]
fn a_context_may_swallow_the_error() {
    let log = Log::default();
    let mut context = Noted::new(&log, "it");
    context.swallows = Some(Kind::ValueError);
    let (result, _) = run(with(context, async |_| Err::<(), _>(error("no"))));
    assert_eq!(result.unwrap(), None);
    assert_eq!(log.take(), ["enter it", "exit it: ValueError: no"]);
}

#[test]
fn a_context_that_cannot_be_entered_is_not_left() {
    struct Shut;
    impl AsyncContext for Shut {
        type Value = ();
        async fn enter(&mut self) -> Result<(), Exception> {
            Err(error("shut"))
        }
        async fn exit(&mut self, _: Option<&Exception>) -> Result<bool, Exception> {
            unreachable!("it was not entered")
        }
    }
    let (result, _) = run(with(Shut, async |()| Ok(())));
    assert_eq!(result.unwrap_err().to_string(), "ValueError: shut");
}

#[test]
fn an_error_in_leaving_takes_the_place_of_the_blocks() {
    struct Jams;
    impl AsyncContext for Jams {
        type Value = ();
        async fn enter(&mut self) -> Result<(), Exception> {
            Ok(())
        }
        async fn exit(&mut self, _: Option<&Exception>) -> Result<bool, Exception> {
            Err(error("jams"))
        }
    }
    for block in [Ok(()), Err(error("no"))] {
        let (result, _) = run(with(Jams, async move |()| block));
        assert_eq!(result.unwrap_err().to_string(), "ValueError: jams");
    }
}

#[test]
fn a_cancellation_leaves_all_contexts_in_order_and_the_clean_up_may_wait() {
    let log = Log::default();
    let event_loop = new_loop();
    let (outer, inner) = (Noted::new(&log, "outer"), Noted::new(&log, "inner"));
    let task = event_loop.create_task(with(outer, async move |_| {
        with(inner, async |_| sleep(ms(1000)).await).await
    }));
    let task = task.unwrap();
    event_loop.run_until_complete(sleep(ms(5))).unwrap();
    task.cancel_with("enough");
    let end = event_loop.run_until_complete(task.clone()).unwrap_err();
    assert_eq!(end.to_string(), "Cancelled: enough");
    assert!(task.cancelled());
    assert_eq!(
        log.take(),
        [
            "enter outer",
            "enter inner",
            "exit inner: Cancelled: enough",
            "exit outer: Cancelled: enough"
        ]
    );
    assert_eq!(event_loop.time(), ms(7));
    event_loop.run_until_complete(yield_now()).unwrap();
}
