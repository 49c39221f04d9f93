//! One exception: what it is made from, and what can be taken out of it.

use std::{error::Error, num::ParseIntError};

use tminus::{Exception, ExceptionGroup, Kind};

use crate::shown;

#[test]
fn is_one_pointer_wide() {
    assert_eq!(size_of::<Exception>(), size_of::<usize>());
    assert_eq!(size_of::<Result<(), Exception>>(), size_of::<usize>());
}

#[test]
fn debug_lists_the_causes() {
    let root = std::io::Error::other("disk on fire");
    let middle = Exception::new(Kind::ValueError, "bad page").with_cause(root);
    let error = Exception::new(Kind::RuntimeError, "cannot load").with_cause(middle);
    assert_eq!(
        shown(&error),
        "RuntimeError: cannot load\n  caused by: ValueError: bad page\n  caused by: disk on fire"
    );
    assert_eq!(error.sources().count(), 2);
}

#[test]
fn debug_names_the_type_of_an_error() {
    let error = Exception::from("x".parse::<u8>().unwrap_err());
    assert_eq!(
        shown(&error),
        "ParseIntError: invalid digit found in string"
    );
}

#[test]
fn the_first_cause_stays() {
    let error = Exception::from(Kind::RuntimeError).with_cause(Kind::Timeout);
    let error = error.with_cause(Kind::ValueError);
    assert_eq!(error.cause().unwrap().kind(), Kind::Timeout);
}

#[test]
fn an_error_keeps_its_type_and_its_sources() {
    let parse = "x".parse::<u8>().unwrap_err();
    let mut error = Exception::from(parse.clone());
    assert_eq!(error.name(), "ParseIntError");
    assert_eq!(error.downcast_ref::<ParseIntError>(), Some(&parse));
    error = error.downcast::<std::fmt::Error>().unwrap_err();
    let second = error.clone();
    error = error.downcast::<ParseIntError>().expect_err("still shared");
    drop(second);
    assert_eq!(error.downcast::<ParseIntError>().unwrap(), parse);
}

#[test]
fn the_value_of_stop_iteration_can_be_taken_once_there_are_no_clones() {
    let stop = Exception::stop_iteration(String::from("Result"));
    let other = stop.clone();
    let stop = stop.into_value::<String>().expect_err("shared");
    drop(other);
    let stop = stop.into_value::<u8>().expect_err("a String");
    assert_eq!(stop.into_value::<String>().unwrap(), "Result");
}

#[test]
fn what_is_taken_out_has_left_its_cause_behind() {
    let stop = Exception::stop_iteration(7).with_cause(Kind::Timeout);
    assert_eq!(stop.into_value::<i32>().unwrap(), 7);
    let error = Exception::from(std::fmt::Error).with_cause(Kind::Timeout);
    assert_eq!(
        error.downcast::<std::fmt::Error>().unwrap(),
        std::fmt::Error
    );
}

/// The kind would be lost if the box were taken for an error of the program's own.
#[test]
fn turns_into_a_boxed_error_and_back_into_itself() {
    let timeout = Exception::new(Kind::Timeout, "3 s").with_cause(Kind::Cancelled);
    let boxed: Box<dyn Error> = timeout.into();
    assert_eq!(boxed.to_string(), "Timeout: 3 s");
    assert_eq!(boxed.source().unwrap().to_string(), "Cancelled");
    let timeout = Exception::from_boxed(boxed);
    assert_eq!(timeout.kind(), Kind::Timeout);
    assert_eq!(timeout.cause().unwrap().kind(), Kind::Cancelled);
    let stop: Box<dyn Error> = Exception::stop_iteration(7).into();
    assert_eq!(Exception::from_boxed(stop).value(), Some(&7));
}

#[test]
fn a_clone_in_a_box_is_the_same_exception() {
    let error = Exception::from(Kind::RuntimeError);
    let boxed: Box<dyn Error> = error.clone().into();
    let same = Exception::from_boxed(boxed).with_cause(Kind::Timeout);
    drop(same);
    assert_eq!(error.cause().unwrap().kind(), Kind::Timeout);
}

#[test]
fn a_box_of_an_error_without_a_cause_is_that_error() {
    let boxed: Box<dyn Error> = Exception::from(std::fmt::Error).into();
    assert!(boxed.is::<std::fmt::Error>());
    let group = ExceptionGroup::new("one", [Kind::Timeout.into()]).unwrap();
    let boxed: Box<dyn Error> = Exception::from(group).into();
    assert!(Exception::from_boxed(boxed).is::<ExceptionGroup>());
}
