//! A request to stop inside of another error is still a request to stop after a conversion.

use std::error::Error as _;

use tminus::{Error, Exception, Kind, ResultExt};

const SHUTDOWN: Kind = Kind::exit("Shutdown");

#[derive(Debug, thiserror::Error)]
enum JobError {
    #[error("the job's task failed")]
    Task(#[from] tminus::Error),
    #[error(transparent)]
    Transparent(tminus::Error),
    #[error("the job failed")]
    Nested(#[source] Box<JobError>),
}

/// An error that stays on its thread.
#[derive(Debug, thiserror::Error)]
#[error("the job failed")]
struct Local(#[source] Box<dyn std::error::Error>);

fn error(kind: Kind) -> Error {
    Exception::new(kind, "why").into()
}

#[test]
fn every_kind_of_exit_comes_out_of_an_error_as_itself() {
    for kind in [
        Kind::Cancelled,
        Kind::GeneratorExit,
        Kind::KeyboardInterrupt,
        SHUTDOWN,
    ] {
        let nested = || JobError::Nested(JobError::Task(error(kind)).into());
        let raised = [
            Exception::from(JobError::Task(error(kind))),
            Exception::from(JobError::Transparent(error(kind))),
            Exception::from(Error::from(Exception::from(JobError::Task(error(kind))))),
        ];
        for exception in raised {
            assert_eq!(exception, Exception::new(kind, "why"));
        }
        assert_eq!(
            Exception::from_boxed(Local(nested().into())),
            Exception::new(kind, "why")
        );
    }
}

#[test]
fn place_and_causes_come_out_too() {
    let cancelled = Exception::new(Kind::Cancelled, "why").with_cause(Kind::ValueError);
    let place = cancelled.location();
    for wrapped in [JobError::Task, JobError::Transparent] {
        let again = Exception::from(wrapped(Error::from(&cancelled)));
        assert_eq!(again.location(), place);
        assert_eq!(format!("{again:#}"), "Cancelled: why: ValueError");
    }
}

#[test]
fn an_exception_in_a_plain_box_comes_out_as_the_same_one() {
    let cancelled = Exception::from(Kind::Cancelled);
    let again = Exception::from_boxed(Local(cancelled.clone().into()));
    assert!(again.ptr_eq(&cancelled));
}

#[test]
fn errors_stay_errors_although_a_request_to_stop_has_caused_them() {
    let late = || Error::from(Exception::from(Kind::Timeout).with_cause(Kind::Cancelled));
    for raised in [JobError::Task(late()), JobError::Transparent(late())] {
        let exception = Exception::from(raised);
        assert!(exception == Kind::Error && exception.is::<JobError>());
    }
    let boxed = Local(
        Exception::from(Kind::Timeout)
            .with_cause(Kind::Cancelled)
            .into(),
    );
    assert!(Exception::from_boxed(boxed).is::<Local>());
    let group = tminus::ExceptionGroup::new("two", [Kind::Cancelled.into(), Kind::Timeout.into()]);
    let group = Error::from(Exception::from(group.unwrap()));
    assert!(Exception::from(JobError::Task(group)).is::<JobError>());
}

#[test]
fn an_anyhow_error_reveals_a_cancellation() {
    let plain = anyhow::Error::from(error(Kind::Cancelled));
    assert!(Exception::from(plain).is_cancelled());
    let in_context = anyhow::Error::from(error(Kind::Cancelled)).context("cannot load");
    assert!(Exception::from(in_context).is_cancelled());
    let late = anyhow::Error::from(error(Kind::Timeout));
    assert_eq!(Exception::from(late), Kind::Error);
}

#[test]
fn a_context_is_for_errors_and_not_for_requests_to_stop() {
    let cancelled = Err::<(), _>(JobError::Task(error(Kind::Cancelled)));
    assert!(cancelled.context("cannot load").unwrap_err().is_cancelled());
    let stopped = Err::<(), Exception>(SHUTDOWN.into());
    assert_eq!(stopped.with_context(|| "cannot load"), Err(SHUTDOWN.into()));
}

#[test]
fn the_request_is_the_first_source() {
    let cancelled = error(Kind::Cancelled);
    let source = cancelled.source().unwrap();
    assert_eq!(source.to_string(), "a request to stop");
    assert!(source.source().is_none());
    let caused = Error::from(Exception::from(SHUTDOWN).with_cause(Kind::ValueError));
    let cause = caused.source().unwrap().source().unwrap();
    assert_eq!(cause.to_string(), "ValueError");
    assert!(error(Kind::Timeout).source().is_none());
}

#[test]
fn kinds_of_errors_have_names_of_their_own() {
    assert!(error(Kind::Cancelled).is_cancelled() && !error(Kind::Timeout).is_cancelled());
    assert!(error(Kind::Timeout).is_timeout() && !error(Kind::Cancelled).is_timeout());
}
