use tminus_lessons::lesson07_averager::{Exception, Generator, Step, averager};

use crate::programs::{demo, recorded};

#[test]
fn the_program_prints_what_cpython_printed() {
    let ours = demo("lesson07");
    let ours: Vec<&str> = ours.lines().skip(4).collect(); // the first four are not Python's
    assert_eq!(ours, [recorded("45_averager").trim_end()]);
}

#[test]
fn the_result_comes_once() {
    let mut average = averager().primed().unwrap();
    average.send(Some(10.0)).unwrap();
    assert_eq!(average.send(None).unwrap(), Step::Returned((1, 10.0)));
    assert!(matches!(average.send(None), Err(Exception::StopIteration)));
}

#[test]
fn a_loop_sends_none_and_drops_the_result() {
    let mut average = averager();
    let yielded: Vec<()> = average.by_ref().map(Result::unwrap).collect();
    assert_eq!(yielded.len(), 1);
    assert!(matches!(average.resume(), Err(Exception::StopIteration)));
}

#[test]
fn an_averager_that_is_closed_has_no_result() {
    let mut average = averager().primed().unwrap();
    average.send(Some(10.0)).unwrap();
    assert_eq!(average.close().unwrap(), None);
}

#[test]
fn a_new_generator_has_nobody_to_give_a_result_when_it_is_closed() {
    let mut eager: Generator<(), (), u32> = Generator::new(async |_| Ok(5));
    assert_eq!(eager.close().unwrap(), None);
}
