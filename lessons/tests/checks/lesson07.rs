use std::fmt;

use tminus_lessons::lesson07_averager::{Exception, Generator, averager};

use crate::lesson07::{drain, tally};

#[test]
fn drain_gives_the_items_and_the_result() {
    let launch: Generator<u32, (), &str> = Generator::new(async |co| {
        for n in [3, 2, 1] {
            co.yield_(n).await?;
        }
        Ok("Blast off!")
    });
    assert_eq!(drain(launch).unwrap(), (vec![3, 2, 1], "Blast off!"));
}

#[test]
fn drain_gives_the_result_of_one_that_is_resumed_already() {
    let mut average = averager();
    average.resume().unwrap();
    average.send(Some(3.0)).unwrap();
    assert_eq!(drain(average).unwrap(), (vec![], (1, 3.0)));
}

#[test]
fn drain_passes_on_what_goes_wrong() {
    let broken: Generator<u32> = Generator::new(async |co| {
        co.yield_(1).await?;
        Err(fmt::Error.into())
    });
    assert!(matches!(drain(broken), Err(Exception::Error(_))));
}

#[test]
fn tally_gives_its_result_when_it_is_closed() {
    let mut tally = tally().primed().unwrap();
    for term in [10.0, 30.0, 6.5] {
        tally.send(term).unwrap();
    }
    assert_eq!(tally.close().unwrap(), Some((3, 15.5)));
    assert_eq!(tally.close().unwrap(), None, "the result comes once");
}

#[test]
fn tally_takes_only_a_close_for_the_end() {
    let mut closed = tally().primed().unwrap();
    closed.send(4.0).unwrap();
    let mut thrown_into = tally().primed().unwrap();
    thrown_into.send(4.0).unwrap();
    assert_eq!(closed.close().unwrap(), Some((1, 4.0)));
    assert!(matches!(
        thrown_into.throw(fmt::Error),
        Err(Exception::Error(_))
    ));
}
