use std::{cell::Cell, io, rc::Rc, thread};

use tminus_lessons::lesson08_yield_from::{
    Co, Exception, Generator, StackCo, Stacked, Step, YieldFrom, parts::iterate, polls,
};

use crate::programs::{demo, recorded};

#[test]
fn the_programs_print_what_cpython_printed() {
    let demo = demo("lesson08");
    let ours = demo.lines().skip_while(|line| *line != "== Four programs");
    let ours: Vec<&str> = ours
        .skip(1)
        .take_while(|line| !line.starts_with("== "))
        .collect();
    let theirs = [
        recorded("46_chain"),
        recorded("47_flatten"),
        recorded("48_grouper"),
        recorded("69_yield_from_protocol"),
    ]
    .concat();
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(ours, theirs);
}

/// A generator that answers a close with a result: legal, but it swallows `GeneratorExit`.
fn calm() -> Generator<&'static str, (), &'static str> {
    Generator::new(async |co| {
        co.yield_("calm").await.ok();
        Ok("closed calmly")
    })
}

/// `yield_from` without its line for `GeneratorExit`.
async fn careless_yield_from<Y, S: Default, R>(
    co: &Co<Y, S>,
    mut sub: Generator<Y, S, R>,
) -> Result<R, Exception> {
    let mut step = sub.resume();
    loop {
        let value = match step? {
            Step::Yielded(value) => value,
            Step::Returned(result) => return Ok(result),
        };
        step = match co.yield_(value).await {
            Ok(sent) => sub.send(sent),
            Err(exception) => sub.throw(exception),
        };
    }
}

#[test]
fn without_its_line_for_the_exit_a_generator_goes_on_when_it_is_closed() {
    let mut outer: Generator<&str> = Generator::new(async |co| {
        let result = careless_yield_from(&co, calm()).await?;
        co.yield_(result).await
    });
    assert_eq!(outer.resume().unwrap(), Step::Yielded("calm"));
    let ignored = outer.close().unwrap_err();
    assert_eq!(
        ignored.to_string(),
        "RuntimeError: generator ignored GeneratorExit"
    );
}

#[test]
fn with_it_the_exit_goes_on_whatever_the_sub_generator_returns() {
    let mut outer: Generator<&str> = Generator::new(async |co| {
        let result = co.yield_from(calm()).await?;
        co.yield_(result).await
    });
    assert_eq!(outer.resume().unwrap(), Step::Yielded("calm"));
    assert_eq!(outer.close().unwrap(), None);
}

#[test]
fn the_sub_generator_is_closed_first() {
    let said = Rc::new(Cell::new(Vec::new()));
    let say = |said: &Cell<Vec<&'static str>>, what| {
        let mut all = said.take();
        all.push(what);
        said.set(all);
    };
    let inner_said = said.clone();
    let inner = Generator::new(async move |co| {
        let closed = co.yield_(1).await;
        say(&inner_said, "inner");
        closed
    });
    let outer_said = said.clone();
    let mut outer: Generator<u32> = Generator::new(async move |co| {
        let closed = co.yield_from(inner).await;
        say(&outer_said, "outer");
        closed
    });
    outer.resume().unwrap();
    drop(outer);
    assert_eq!(said.take(), ["inner", "outer"]);
}

#[test]
fn a_loop_does_not_pass_on_what_is_thrown_in() {
    let mut outer: Generator<u32> = Generator::new(async |co| {
        let catcher: Generator<u32> = Generator::new(async |co| {
            co.yield_(1).await.ok();
            co.yield_(2).await
        });
        for item in catcher {
            co.yield_(item?).await?;
        }
        Ok(())
    });
    assert_eq!(outer.resume().unwrap(), Step::Yielded(1));
    assert!(outer.throw(io::Error::other("thrown")).is_err());
}

#[test]
fn a_forgotten_await_delegates_to_nobody() {
    let mut outer: Generator<u32> = Generator::new(async |co| {
        #[expect(unused_must_use, reason = "the `.await` is what we forget")]
        co.yield_from(iterate([1, 2]));
        co.yield_(3).await
    });
    assert_eq!(outer.resume().unwrap(), Step::Yielded(3));
}

#[test]
fn a_thousand_generators_take_a_thousand_polls_by_calls() {
    let roomy = thread::Builder::new().stack_size(64 << 20);
    let polls = roomy.spawn(|| {
        let polls = Rc::new(Cell::new(0));
        let mut chain = polls::by_calls(1_000, polls.clone());
        polls::per_item(&polls, || chain.resume())
    });
    assert_eq!(polls.unwrap().join().unwrap(), 1_000);
}

/// The page says the same of 1,000 levels: 500,500.
#[test]
fn a_hundred_items_on_as_many_levels_take_5050_polls() {
    let polls = Rc::new(Cell::new(0));
    let per_item = (1..=100).map(|level| {
        let mut chain = polls::by_calls(level, polls.clone());
        polls::per_item(&polls, || chain.resume())
    });
    assert_eq!(per_item.sum::<u32>(), 5_050);
}

#[test]
fn a_hundred_thousand_take_one_on_a_stack_and_in_the_crate() {
    let polls = Rc::new(Cell::new(0));
    let mut chain = polls::on_a_stack(100_000, polls.clone());
    assert_eq!(polls::per_item(&polls, || chain.resume()), 1);
    let mut chain = polls::in_the_crate(100_000, polls.clone());
    assert_eq!(polls::per_item(&polls, || chain.resume()), 1);
}

#[test]
fn a_refused_send_leaves_a_stacked_generator_usable() {
    let mut doubler: Stacked<u32, u32> = Stacked::new(async |co: StackCo<u32, u32>| {
        let number = co.yield_(0).await?;
        co.yield_(2 * number).await.map(drop)
    });
    assert!(matches!(doubler.send(3), Err(Exception::TypeError(_))));
    assert_eq!(doubler.resume().unwrap(), Step::Yielded(0));
    assert_eq!(doubler.send(3).unwrap(), Step::Yielded(6));
}

#[test]
fn a_stacked_generator_gives_its_result_once_and_to_close_too() {
    let mut calm: Stacked<u32, (), &str> = Stacked::new(async |co: StackCo<u32>| {
        co.yield_(1).await.ok();
        Ok("closed calmly")
    });
    assert_eq!(calm.resume().unwrap(), Step::Yielded(1));
    assert_eq!(calm.close().unwrap(), Some("closed calmly"));
    assert_eq!(calm.close().unwrap(), None);
    assert!(matches!(calm.resume(), Err(Exception::StopIteration)));
}

#[test]
fn a_stop_iteration_must_not_escape_from_a_body_on_a_stack() {
    let mut outer: Stacked<u32> = Stacked::new(async |co: StackCo<u32>| {
        let mut finished: Stacked<u32> = Stacked::new(async |_| Ok(()));
        assert_eq!(finished.resume().unwrap(), Step::Returned(()));
        co.yield_from(finished).await
    });
    let escaped = outer.resume().unwrap_err();
    assert_eq!(
        escaped.to_string(),
        "RuntimeError: generator raised StopIteration"
    );
}

#[test]
fn a_body_can_delegate_while_it_cleans_up() {
    let said = Rc::new(Cell::new(0));
    let log = said.clone();
    let inner: Stacked<u32> = Stacked::new(async move |co: StackCo<u32>| {
        let exit = co.yield_(1).await;
        let clean_up: Stacked<u32, (), u32> = Stacked::new(async |_| Ok(15));
        log.set(co.yield_from(clean_up).await?);
        exit
    });
    let mut outer: Stacked<u32> = Stacked::new(async |co: StackCo<u32>| co.yield_from(inner).await);
    assert_eq!(outer.resume().unwrap(), Step::Yielded(1));
    drop(outer);
    assert_eq!(said.get(), 15);
}
