use std::{cell::RefCell, rc::Rc};

use tminus_lessons::lesson02_close::Exception;

use crate::lesson02::{Generator, write_list};

/// What happened, line by line.
type Trace = Rc<RefCell<Vec<String>>>;

/// Yields 1 and 2, lets every exception pass, and notes when its body starts.
fn two_numbers(trace: &Trace) -> Generator<u32> {
    let trace = trace.clone();
    Generator::new(async move |co| {
        trace.borrow_mut().push("the body starts".to_owned());
        co.yield_(1).await?;
        co.yield_(2).await?;
        Ok(())
    })
}

/// Yields 1 and 2, and notes what each of its yields receives. Answers a close at the first one with the 2.
fn deaf(trace: &Trace) -> Generator<u32> {
    let trace = trace.clone();
    Generator::new(async move |co| {
        for n in [1, 2] {
            let message = co.yield_(n).await;
            trace
                .borrow_mut()
                .push(format!("yield_({n}) receives {message:?}"));
        }
        Ok(())
    })
}

fn note(trace: &Trace, line: String) {
    trace.borrow_mut().push(line);
}

#[test]
fn resume_runs_to_the_next_yield_and_can_be_called_after_the_end() {
    let trace = Trace::default();
    let mut g = two_numbers(&trace);
    for resume in 1..=4 {
        note(&trace, format!("resume {resume}: {:?}", g.resume()));
    }
    let want = [
        "the body starts",
        "resume 1: Ok(1)",
        "resume 2: Ok(2)",
        "resume 3: Err(StopIteration)",
        "resume 4: Err(StopIteration)",
    ];
    assert_eq!(*trace.borrow(), want, "a body that yields 1 and 2");
}

#[test]
fn close_is_fine_if_the_body_lets_generator_exit_pass() {
    let trace = Trace::default();
    let mut g = two_numbers(&trace);
    note(&trace, format!("resume: {:?}", g.resume()));
    note(&trace, format!("close: {:?}", g.close()));
    note(&trace, format!("resume: {:?}", g.resume()));
    let want = [
        "the body starts",
        "resume: Ok(1)",
        "close: Ok(())",
        "resume: Err(StopIteration)",
    ];
    assert_eq!(*trace.borrow(), want, "a body that yields 1 and 2");
}

#[test]
fn close_is_fine_if_the_body_catches_generator_exit_and_returns() {
    let trace = Trace::default();
    let in_the_body = trace.clone();
    let mut g = Generator::new(async move |co| {
        let message = co.yield_(1).await;
        note(&in_the_body, format!("yield_(1) receives {message:?}"));
        Ok(())
    });
    note(&trace, format!("resume: {:?}", g.resume()));
    note(&trace, format!("close: {:?}", g.close()));
    note(&trace, format!("close again: {:?}", g.close()));
    let want = [
        "resume: Ok(1)",
        "yield_(1) receives Err(GeneratorExit)",
        "close: Ok(())",
        "close again: Ok(())",
    ];
    assert_eq!(*trace.borrow(), want, "a body that returns after a close");
}

#[test]
fn closing_a_new_generator_runs_nothing() {
    let trace = Trace::default();
    let mut closed = two_numbers(&trace);
    let mut other = two_numbers(&trace);
    note(&trace, format!("close the first: {:?}", closed.close()));
    note(&trace, format!("resume the first: {:?}", closed.resume()));
    note(&trace, format!("resume the second: {:?}", other.resume()));
    let want = [
        "close the first: Ok(())",
        "resume the first: Err(StopIteration)",
        "the body starts",
        "resume the second: Ok(1)",
    ];
    assert_eq!(*trace.borrow(), want, "two new generators, one closed");
}

#[test]
fn a_body_that_yields_again_is_reported_and_stays_alive() {
    let trace = Trace::default();
    let mut g = deaf(&trace);
    note(&trace, format!("resume: {:?}", g.resume()));
    note(&trace, format!("close: {:?}", g.close()));
    note(&trace, format!("close again: {:?}", g.close()));
    note(&trace, format!("resume: {:?}", g.resume()));
    let want = [
        "resume: Ok(1)",
        "yield_(1) receives Err(GeneratorExit)",
        "close: Err(RuntimeError(\"generator ignored GeneratorExit\"))",
        "yield_(2) receives Err(GeneratorExit)",
        "close again: Ok(())",
        "resume: Err(StopIteration)",
    ];
    assert_eq!(
        *trace.borrow(),
        want,
        "a body that answers the first close with a 2"
    );
}

#[test]
fn a_clean_up_that_fails_is_reported() {
    let full = |_| Exception::RuntimeError("the disk is full");
    let mut g = Generator::new(async move |co| co.yield_(1).await.map_err(full));
    let trace = [
        format!("resume: {:?}", g.resume()),
        format!("close: {:?}", g.close()),
        format!("close again: {:?}", g.close()),
    ];
    let want = [
        "resume: Ok(1)",
        "close: Err(RuntimeError(\"the disk is full\"))",
        "close again: Ok(())",
    ];
    assert_eq!(trace, want, "a body whose clean-up fails");
}

#[test]
fn a_drop_closes_unless_the_generator_is_new() {
    let trace = Trace::default();
    drop(deaf(&trace));
    note(&trace, "the new one is dropped".to_owned());
    let mut g = deaf(&trace);
    note(&trace, format!("resume: {:?}", g.resume()));
    drop(g);
    note(&trace, "the started one is dropped".to_owned());
    let want = [
        "the new one is dropped",
        "resume: Ok(1)",
        "yield_(1) receives Err(GeneratorExit)",
        "the started one is dropped",
    ];
    assert_eq!(*trace.borrow(), want, "one new and one started generator");
}

/// What `write_list` of 1, 2, 3 has written after a number of resumes, and after what is done to it then.
fn written(resumes: usize, then: fn(Generator<u32>)) -> String {
    let out = Rc::new(RefCell::new(String::new()));
    let mut list = write_list(vec![1, 2, 3], out.clone());
    let yielded: Vec<_> = (0..resumes).map(|_| list.resume()).collect();
    then(list);
    format!("yielded {yielded:?}, written '{}'", out.borrow())
}

#[test]
fn write_list_ends_its_list_at_the_end() {
    let want = "yielded [Ok(1), Ok(2), Ok(3), Err(StopIteration)], written '[1, 2, 3]'";
    assert_eq!(written(4, drop), want, "four resumes, drop");
}

#[test]
fn write_list_ends_its_list_once_when_it_is_closed() {
    let close = |mut list: Generator<u32>| {
        assert_eq!(list.close(), Ok(()), "close() after two resumes");
        assert_eq!(list.close(), Ok(()), "close() again");
    };
    let want = "yielded [Ok(1), Ok(2)], written '[1, 2]'";
    assert_eq!(written(2, close), want, "two resumes, close");
}

#[test]
fn write_list_ends_its_list_when_it_is_dropped() {
    let want = "yielded [Ok(1)], written '[1]'";
    assert_eq!(written(1, drop), want, "one resume, drop");
    assert_eq!(
        written(0, drop),
        "yielded [], written ''",
        "no resume, drop"
    );
}
