//! `tminus::Error`: exceptions as ordinary errors.

use std::{error::Error as _, io, num::ParseIntError, rc::Rc, thread};

use tminus::{Error, Exception, ExceptionGroup, Kind};

const DEEP: usize = 100_000;

fn parse() -> ParseIntError {
    "x".parse::<u8>().unwrap_err()
}

#[test]
fn is_an_error_for_any_thread() {
    fn check<E: std::error::Error + Send + Sync + Clone + 'static>() {}
    check::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}

#[test]
fn kind_name_and_text_cross_to_another_thread_and_so_does_the_error_itself() {
    let late = Exception::new(Kind::Timeout, "3 s").with_cause(parse());
    let late = Error::from(late);
    let there = thread::spawn(move || {
        let late = Exception::from(late);
        assert_eq!(
            format!("{late:#}"),
            "Timeout: 3 s: invalid digit found in string"
        );
        assert!(late.cause().unwrap().is::<ParseIntError>());
        Error::from(Exception::from(parse()))
    });
    let parsed = there.join().unwrap();
    assert_eq!(
        (parsed.kind(), parsed.name()),
        (Kind::Error, "ParseIntError")
    );
    assert_eq!(parsed.downcast_ref(), Some(&parse()));
    let again = Exception::from(parsed);
    assert_eq!(again.name(), "ParseIntError");
    assert_eq!(again.downcast::<ParseIntError>().unwrap(), parse());
}

#[test]
fn what_is_not_send_crosses_as_its_text() {
    #[derive(Debug)]
    struct Local(#[allow(dead_code)] Rc<()>);
    impl std::fmt::Display for Local {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("local")
        }
    }
    impl std::error::Error for Local {}
    let error = Error::from(Exception::from_boxed(Local(Rc::new(()))));
    assert_eq!(
        (error.name(), error.to_string().as_str()),
        ("Local", "local")
    );
    let again = Exception::from(error);
    assert_eq!((again.kind(), again.name()), (Kind::Error, "Local"));
    assert!(!again.is::<Local>());
}

#[test]
fn the_value_of_a_stop_iteration_stays() {
    let stop = Error::from(Exception::stop_iteration(3));
    assert_eq!(stop.kind(), Kind::StopIteration);
    assert_eq!(Exception::from(stop).value::<i32>(), None);
}

#[test]
fn sources_are_the_causes_and_end_with_the_error_itself() {
    let io = Exception::from(io::Error::other("disk on fire"));
    let error =
        Exception::msg("cannot load").with_cause(Exception::from(Kind::Timeout).with_cause(io));
    let error = Error::from(error);
    let first = error.source().unwrap();
    assert_eq!(first.downcast_ref::<Error>().unwrap().kind(), Kind::Timeout);
    let second = first.source().unwrap();
    assert!(second.is::<io::Error>() && second.source().is_none());
}

#[test]
fn an_error_with_a_cause_is_found_in_its_link_of_the_chain() {
    let middle = Exception::from(parse()).with_cause(Kind::Timeout);
    let error = Error::from(Exception::msg("cannot load").with_cause(middle));
    let middle = error.source().unwrap();
    assert!(
        middle
            .downcast_ref::<Error>()
            .unwrap()
            .is::<ParseIntError>()
    );
    assert_eq!(middle.source().unwrap().to_string(), "Timeout");
}

#[test]
fn debug_and_display_are_those_of_the_exception() {
    let member = Exception::from(Kind::Timeout).with_cause(parse());
    let group = ExceptionGroup::new("one", [member, Kind::ValueError.into()]).unwrap();
    let exception = Exception::from(group).with_cause(Kind::Cancelled);
    let error = Error::from(exception.clone());
    assert_eq!(error.to_string(), exception.to_string());
    assert_eq!(error.message(), exception.message());
    assert_eq!(format!("{error:?}"), format!("{exception:?}"));
    assert_eq!(format!("{error:#}"), format!("{exception:#}"));
    assert_eq!(
        (error.kind(), error.name()),
        (Kind::Error, "ExceptionGroup")
    );
}

#[test]
fn a_group_comes_back_with_its_members() {
    let shared = Exception::from(Kind::Timeout);
    let inner = ExceptionGroup::new("inner", [shared.clone()]).unwrap();
    let outer = ExceptionGroup::new("outer", [inner.into(), shared]).unwrap();
    let again = Exception::from(Error::from(Exception::from(outer)));
    let outer = again.downcast::<ExceptionGroup>().unwrap();
    let [inner, shared] = outer.exceptions() else {
        panic!("two members");
    };
    let inner = inner.downcast_ref::<ExceptionGroup>().unwrap();
    assert_eq!((outer.message(), inner.message()), ("outer", "inner"));
    assert!(inner.exceptions()[0].ptr_eq(shared)); // it was one exception in two places, and is again
}

#[test]
fn deep_chains_and_groups_are_converted_there_and_back_and_dropped() {
    let chain = (0..DEEP).fold(Exception::msg("root"), |cause, _| {
        Exception::from(Kind::RuntimeError).with_cause(cause)
    });
    let groups = (0..DEEP).fold(chain, |inner, _| {
        ExceptionGroup::new("g", [inner.clone(), inner])
            .unwrap()
            .into()
    });
    let error = Error::from(groups);
    let again = Exception::from(error.clone());
    assert_eq!(again.to_string().matches("g (2").count(), 2 * DEEP - 1);
    drop(error);
}

#[test]
fn errors_are_compared_as_exceptions_are() {
    let late = |text: &'static str| Error::from(Exception::new(Kind::Timeout, text));
    assert_eq!(late("3 s"), late("3 s"));
    assert_ne!(late("3 s"), late("4 s"));
    let parsed = Error::from(Exception::from(parse()));
    assert_eq!(parsed, parsed.clone());
    assert_ne!(parsed, Error::from(Exception::from(parse())));
}

#[test]
fn an_error_tells_which_type_it_was_made_from() {
    let error = Error::from(Exception::from("x".parse::<u8>().unwrap_err()));
    assert!(error.is::<ParseIntError>() && !error.is::<io::Error>());
    assert!(!Error::from(Exception::from(Kind::Timeout)).is::<ParseIntError>());
}
