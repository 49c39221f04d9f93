//! Where exceptions were created.

use std::{error::Error, panic::Location};

use tminus::{Exception, ExceptionGroup, Generator, Kind, ResultExt, run};

#[track_caller]
fn here() -> &'static Location<'static> {
    Location::caller()
}

#[test]
fn each_constructor_remembers_its_caller() {
    let failed = || Err::<(), _>(std::fmt::Error);
    let group = || ExceptionGroup::new("one", [Kind::Timeout.into()]).unwrap();
    let boxed = || Box::<dyn Error>::from("text");
    #[rustfmt::skip]
    let created = [
        (Exception::new(Kind::Timeout, ""), here()),
        (Exception::from(Kind::Timeout), here()),
        (Kind::Timeout.into(), here()),
        (Exception::msg("text"), here()),
        (Exception::from("text"), here()),
        (Exception::from(std::fmt::Error), here()),
        (Exception::from(group()), here()),
        (Exception::from_boxed(boxed()), here()),
        (Exception::stop_iteration(3), here()),
        (failed().context("text").unwrap_err(), here()),
        (failed().with_context(|| "text").unwrap_err(), here()),
        (failed().context("text").unwrap_err().cause().unwrap().clone(), here()),
        (None::<u8>.context("text").unwrap_err(), here()),
        (None::<u8>.with_context(|| "text").unwrap_err(), here()),
        (Exception::msg("").with_cause(Kind::Timeout).cause().unwrap().clone(), here()),
        (failed().into_error().unwrap_err().into(), here()),
    ];
    for (exception, place) in created {
        let found = exception.location().expect("the caller's place");
        assert_eq!((found.file(), found.line()), (place.file(), place.line()));
    }
}

#[test]
fn a_question_mark_is_a_place() {
    fn fails() -> Result<u8, Exception> {
        Ok("x".parse::<u8>()?)
    }
    let place = fails().unwrap_err().location().unwrap();
    assert_eq!((place.file(), place.line()), (file!(), line!() - 3));
}

#[test]
fn a_clone_in_a_box_and_what_comes_out_of_a_task_keep_the_place() {
    let error = Exception::from(Kind::Timeout);
    let place = error.location();
    let boxed: Box<dyn Error> = error.clone().into();
    assert_eq!(Exception::from_boxed(boxed).location(), place);
    let raised = error.clone();
    let ended = run(async { Err::<(), _>(raised) }).unwrap_err();
    assert_eq!(ended.location(), place);
    let error = tminus::Error::from(error);
    assert_eq!(error.location(), place);
    assert_eq!(Exception::from(error).location(), place);
}

#[test]
fn the_crate_has_no_place() {
    let mut generator = Generator::<u8>::new(async |_| Err(Exception::stop_iteration(3)));
    let raised = generator.resume().unwrap_err();
    assert_eq!(raised.location(), None);
    assert!(raised.cause().unwrap().location().is_some());
}

#[test]
fn debug_shows_the_places_of_causes_and_members() {
    #[rustfmt::skip]
    let (member, line) = (Exception::from(Kind::Timeout).with_cause(std::fmt::Error), line!());
    let group = ExceptionGroup::new("one", [member]).unwrap();
    let error = Exception::msg("text").with_cause(group);
    let file = file!();
    let second = line + 2;
    assert_eq!(
        format!("{error:?}"),
        format!(
            "Error: text\n  at {file}:{second}:17\n  \
             caused by: one (1 sub-exception: Timeout)\n    at {file}:{second}:40\n  \
             Timeout\n    at {file}:{line}:27\n    \
             caused by: {}\n      at {file}:{line}:58",
            std::fmt::Error
        )
    );
}

#[test]
fn an_exception_of_the_crates_kinds_is_one_pointer_to_at_most_16_bytes_more() {
    assert_eq!(size_of::<Exception>(), size_of::<usize>());
    assert_eq!(size_of::<Kind>(), 3 * size_of::<usize>());
}

#[test]
fn the_alternate_form_has_the_causes_on_one_line() {
    let io = std::io::Error::other("disk on fire");
    let error = Exception::new(Kind::ValueError, "bad page").with_cause(io);
    let error = Exception::new(Kind::RuntimeError, "cannot load").with_cause(error);
    assert_eq!(
        format!("{error:#}"),
        "RuntimeError: cannot load: ValueError: bad page: disk on fire"
    );
    assert_eq!(
        format!("{:#}", tminus::Error::from(error)),
        "RuntimeError: cannot load: ValueError: bad page: disk on fire"
    );
    assert_eq!(format!("{:#}", Exception::msg("alone")), "alone");
}
