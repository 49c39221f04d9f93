use tminus_lessons::lesson07_averager::{Exception, Generator, Step, averager};

use crate::programs::{demo, recorded};

#[test]
fn the_program_prints_what_cpython_printed() {
    let demo = demo("lesson07");
    let (_, ours) = demo
        .split_once("== The average of three numbers\n")
        .unwrap();
    assert_eq!(ours, recorded("45_averager"));
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
fn a_new_generator_runs_nothing_when_it_is_closed_and_has_no_result() {
    let mut eager: Generator<(), (), u32> = Generator::new(async |_| Ok(5));
    assert_eq!(eager.close().unwrap(), None);
}
