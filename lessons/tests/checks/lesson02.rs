use std::{cell::RefCell, rc::Rc};

use tminus_lessons::lesson02_close::{Exception, Generator, countdown, stubborn};

use crate::lesson02::{close_all, write_list};

#[test]
fn write_list_ends_its_list_when_it_is_done() {
    let out = Rc::new(RefCell::new(String::new()));
    assert!(write_list(vec![1, 2, 3], out.clone()).eq([Ok(1), Ok(2), Ok(3)]));
    assert_eq!(*out.borrow(), "[1, 2, 3]");
}

#[test]
fn write_list_ends_its_list_when_it_is_closed() {
    let out = Rc::new(RefCell::new(String::new()));
    let mut list = write_list(vec![1, 2, 3], out.clone());
    assert_eq!(list.resume(), Ok(1));
    assert_eq!(list.resume(), Ok(2));
    assert_eq!(list.close(), Ok(()));
    assert_eq!(*out.borrow(), "[1, 2]");
    drop(list);
    assert_eq!(*out.borrow(), "[1, 2]", "closed twice");
}

#[test]
fn write_list_ends_its_list_when_it_is_dropped() {
    let out = Rc::new(RefCell::new(String::new()));
    drop(write_list(vec![1, 2, 3], out.clone()));
    assert_eq!(*out.borrow(), "", "never resumed");
    let first: Vec<_> = write_list(vec![1, 2, 3], out.clone()).take(1).collect();
    assert_eq!(first, [Ok(1)]);
    assert_eq!(*out.borrow(), "[1]");
}

#[test]
fn close_all_closes_those_behind_one_that_refuses() {
    let mut all = [countdown(9), stubborn(), countdown(9), fails_to_clean_up()];
    for generator in &mut all {
        generator.resume().expect("it yields");
    }
    let refused = Err(Exception::RuntimeError("generator ignored GeneratorExit"));
    assert_eq!(close_all(&mut all), refused, "the first error of two");
    assert_eq!(all[0].resume(), Err(Exception::StopIteration));
    assert_eq!(all[2].resume(), Err(Exception::StopIteration));
}

/// Ends with an error of its own when it is closed.
fn fails_to_clean_up() -> Generator<u32> {
    Generator::new(async |co| {
        let full = |_| Exception::RuntimeError("the disk is full");
        co.yield_(1).await.map_err(full)
    })
}

#[test]
fn close_all_can_be_asked_again() {
    let mut all = [stubborn(), countdown(9)];
    for generator in &mut all {
        generator.resume().expect("it yields");
    }
    assert!(close_all(&mut all).is_err());
    assert_eq!(all[1].resume(), Err(Exception::StopIteration));
    assert_eq!(close_all(&mut all), Ok(()), "all are closed by now");
}
