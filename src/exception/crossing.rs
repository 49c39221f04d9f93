//! Exceptions on their way to another thread.

use std::{error::Error, fmt};

use super::{Exception, Kind, What};

/// What crosses to another thread of an exception: its kind, its name and its text.
///
/// The exception itself stays on its thread, because it can hold anything, and so does its cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Crossing {
    kind: Kind,
    name: &'static str,
    text: String,
}

impl Crossing {
    pub(crate) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            name: kind.name(),
            text: text.into(),
        }
    }
}

impl From<&Exception> for Crossing {
    fn from(exception: &Exception) -> Self {
        Self {
            kind: exception.kind(),
            name: exception.name(),
            text: exception.message_or_panic().into_owned(),
        }
    }
}

impl From<Crossing> for Exception {
    fn from(crossing: Crossing) -> Self {
        match crossing.kind {
            Kind::Error => Self::from_what(What::User {
                type_name: crossing.name,
                error: Box::new(Crossed(crossing.text)),
            }),
            kind => Self::new(kind, crossing.text),
        }
    }
}

/// The text of an error that has stayed on its thread.
#[derive(Debug)]
struct Crossed(String);

impl fmt::Display for Crossed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Crossed {}

#[cfg(test)]
mod tests {
    use super::*;

    fn crossed(exception: &Exception) -> Exception {
        Crossing::from(exception).into()
    }

    #[test]
    fn kind_name_and_text_cross() {
        let late = crossed(&Exception::new(Kind::Timeout, "3 s"));
        assert_eq!(late.kind(), Kind::Timeout);
        assert_eq!(late.to_string(), "Timeout: 3 s");
        let parsed = Exception::from("ten".parse::<u8>().unwrap_err());
        let there = crossed(&parsed);
        assert_eq!((there.kind(), there.name()), (Kind::Error, "ParseIntError"));
        assert_eq!(there.to_string(), parsed.to_string());
        assert!(!there.is::<std::num::ParseIntError>());
        let again = crossed(&there);
        assert_eq!(
            (again.name(), again.to_string()),
            (there.name(), there.to_string())
        );
    }

    #[test]
    fn the_value_of_a_stop_iteration_and_a_cause_stay() {
        let stop = Exception::stop_iteration(3).with_cause(Kind::Timeout);
        let there = crossed(&stop);
        assert_eq!(there.kind(), Kind::StopIteration);
        assert_eq!(there.value::<i32>(), None);
        assert!(there.cause().is_none());
    }
}
