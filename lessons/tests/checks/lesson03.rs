use std::{cell::RefCell, rc::Rc};

use crate::lesson03::{Generator, lines};

/// What happened, line by line.
type Trace = Rc<RefCell<Vec<String>>>;

/// Yields the sum so far, and notes when its body starts.
fn running_total(trace: &Trace) -> Generator<u32, u32> {
    let trace = trace.clone();
    Generator::new(async move |co| {
        note(&trace, "the body starts".to_owned());
        let mut total = 0;
        loop {
            total += co.yield_(total).await?;
        }
    })
}

/// Asks one question, notes the answer, and ends.
fn one_question(trace: &Trace) -> Generator<&'static str, &'static str> {
    let trace = trace.clone();
    Generator::new(async move |co| {
        let answer = co.yield_("name?").await?;
        note(&trace, format!("the body hears {answer:?}"));
        Ok(())
    })
}

fn note(trace: &Trace, line: String) {
    trace.borrow_mut().push(line);
}

#[test]
fn send_returns_the_answer_to_what_is_sent() {
    let trace = Trace::default();
    let mut total = running_total(&trace);
    note(&trace, format!("start: {:?}", total.start()));
    note(&trace, format!("send 3: {:?}", total.send(3)));
    note(&trace, format!("send 4: {:?}", total.send(4)));
    let want = [
        "the body starts",
        "start: Ok(0)",
        "send 3: Ok(3)",
        "send 4: Ok(7)",
    ];
    assert_eq!(*trace.borrow(), want, "a running total");
}

#[test]
fn a_send_before_the_start_is_refused_and_runs_nothing() {
    let trace = Trace::default();
    let mut total = running_total(&trace);
    note(&trace, format!("send 100: {:?}", total.send(100)));
    note(&trace, format!("start: {:?}", total.start()));
    note(&trace, format!("send 3: {:?}", total.send(3)));
    let want = [
        r#"send 100: Err(TypeError("can't send non-None value to a just-started generator"))"#,
        "the body starts",
        "start: Ok(0)",
        "send 3: Ok(3)",
    ];
    assert_eq!(*trace.borrow(), want, "a running total, sent to too early");
}

#[test]
fn a_second_start_is_refused_and_changes_nothing() {
    let trace = Trace::default();
    let mut total = running_total(&trace);
    note(&trace, format!("start: {:?}", total.start()));
    note(&trace, format!("send 3: {:?}", total.send(3)));
    note(&trace, format!("start: {:?}", total.start()));
    note(&trace, format!("send 4: {:?}", total.send(4)));
    let want = [
        "the body starts",
        "start: Ok(0)",
        "send 3: Ok(3)",
        r#"start: Err(TypeError("can't start a generator twice"))"#,
        "send 4: Ok(7)",
    ];
    assert_eq!(*trace.borrow(), want, "a running total, started twice");
}

#[test]
fn resume_starts_and_then_sends_the_default() {
    let trace = Trace::default();
    let mut question = one_question(&trace);
    note(&trace, format!("resume: {:?}", question.resume()));
    note(&trace, format!("resume: {:?}", question.resume()));
    let want = [
        r#"resume: Ok("name?")"#,
        r#"the body hears """#,
        "resume: Err(StopIteration)",
    ];
    assert_eq!(*trace.borrow(), want, "a question, resumed twice");
}

#[test]
fn primed_drops_the_first_value() {
    let trace = Trace::default();
    match one_question(&trace).primed() {
        Ok(mut question) => note(&trace, format!("send Ada: {:?}", question.send("Ada"))),
        Err(exception) => note(&trace, format!("primed: {exception:?}")),
    }
    let want = [r#"the body hears "Ada""#, "send Ada: Err(StopIteration)"];
    assert_eq!(*trace.borrow(), want, "a primed question");
}

#[test]
fn a_finished_generator_answers_all_three_with_stop_iteration() {
    let trace = Trace::default();
    let mut question = one_question(&trace);
    note(&trace, format!("start: {:?}", question.start()));
    note(&trace, format!("send Ada: {:?}", question.send("Ada")));
    note(&trace, format!("start: {:?}", question.start()));
    note(&trace, format!("send Bob: {:?}", question.send("Bob")));
    note(&trace, format!("resume: {:?}", question.resume()));
    let want = [
        r#"start: Ok("name?")"#,
        r#"the body hears "Ada""#,
        "send Ada: Err(StopIteration)",
        "start: Err(StopIteration)",
        "send Bob: Err(StopIteration)",
        "resume: Err(StopIteration)",
    ];
    assert_eq!(*trace.borrow(), want, "a question, asked after its end");
}

#[test]
fn a_generator_closed_before_its_start_answers_with_stop_iteration() {
    let trace = Trace::default();
    let (mut closed, mut other) = (one_question(&trace), one_question(&trace));
    note(&trace, format!("close the first: {:?}", closed.close()));
    note(&trace, format!("send: {:?}", closed.send("Ada")));
    note(&trace, format!("start: {:?}", closed.start()));
    note(&trace, format!("start the second: {:?}", other.start()));
    let want = [
        "close the first: Ok(())",
        "send: Err(StopIteration)",
        "start: Err(StopIteration)",
        r#"start the second: Ok("name?")"#,
    ];
    assert_eq!(*trace.borrow(), want, "two new generators, one closed");
}

#[test]
fn lines_are_put_together_from_their_pieces() {
    let want = [
        r#""count" completes []"#,
        r#""down\n10\n9" completes ["countdown", "10"]"#,
        r#""\n" completes ["9"]"#,
    ];
    assert_eq!(completed(&["count", "down\n10\n9", "\n"]), want);
}

#[test]
fn lines_can_be_empty_and_pieces_too() {
    let want = [
        r#""\n\na" completes ["", ""]"#,
        r#""" completes []"#,
        r#""\n" completes ["a"]"#,
    ];
    assert_eq!(completed(&["\n\na", "", "\n"]), want);
}

/// What `lines` yields for each of the pieces.
fn completed(pieces: &[&str]) -> Vec<String> {
    let mut lines = match lines().primed() {
        Ok(lines) => lines,
        Err(exception) => return vec![format!("lines().primed() raises {exception:?}")],
    };
    let each = pieces.iter();
    each.map(|piece| match lines.send((*piece).to_owned()) {
        Ok(complete) => format!("{piece:?} completes {complete:?}"),
        Err(exception) => format!("{piece:?} raises {exception:?}"),
    })
    .collect()
}
