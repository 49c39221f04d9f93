//! Comparing exceptions with kinds, and results with results.

use tminus::{Error, Exception, ExceptionGroup, Generator, Kind, Step};

#[test]
fn an_exception_and_a_kind_are_compared_either_way_around() {
    let late = Exception::new(Kind::Timeout, "3 s");
    let borrowed = &late;
    assert_eq!([late == Kind::Timeout, Kind::Timeout == late], [true; 2]);
    assert_eq!(
        [borrowed == Kind::Timeout, Kind::Timeout == borrowed],
        [true; 2]
    );
    assert_eq!(
        [late != Kind::Cancelled, Kind::Cancelled != late],
        [true; 2]
    );
    assert_eq!(
        [borrowed != Kind::Cancelled, Kind::Cancelled != borrowed],
        [true; 2]
    );
    assert!(late.is_timeout() && !late.is_cancelled());
    assert!(Exception::from(Kind::Cancelled).is_cancelled());
    let error = Error::from(late);
    assert!(error == Kind::Timeout);
}

#[test]
fn the_results_of_a_generator_are_compared() {
    let mut generator = Generator::<u8>::new(async |co| {
        co.yield_(1).await?;
        Err(Exception::new(Kind::ValueError, "no 2"))
    });
    assert_eq!(generator.resume(), Ok(Step::Yielded(1)));
    assert_eq!(
        generator.resume(),
        Err(Exception::new(Kind::ValueError, "no 2"))
    );
    assert_eq!(generator.resume(), Err(Kind::StopIteration.into()));
}

#[test]
fn kind_and_message_are_compared_and_places_and_causes_are_not() {
    let plain = Exception::new(Kind::ValueError, "no 2");
    let caused = Exception::new(Kind::ValueError, String::from("no 2")).with_cause(Kind::Timeout);
    assert_eq!(plain, caused);
    assert_ne!(plain, Exception::new(Kind::ValueError, "no 3"));
    assert_ne!(plain, Exception::new(Kind::TypeError, "no 2"));
    assert_eq!(
        Exception::msg("text"),
        Exception::from(String::from("text"))
    );
}

#[test]
fn what_holds_more_than_a_message_equals_only_itself() {
    let group = || ExceptionGroup::new("one", [Kind::Timeout.into()]).unwrap();
    let makers: [fn() -> Exception; 2] =
        [|| std::fmt::Error.into(), || Exception::stop_iteration(3)];
    let pairs = makers.map(|make| (make(), make()));
    for (one, other) in pairs.into_iter().chain([(group().into(), group().into())]) {
        assert_eq!(one, one.clone());
        assert!(one.ptr_eq(&one.clone()));
        assert_ne!(one, other);
    }
}
