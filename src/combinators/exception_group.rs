//! Several exceptions at once.

use std::{error::Error, fmt};

use crate::Exception;

/// Several exceptions that came at once: Python's `ExceptionGroup`.
///
/// A [`TaskGroup`](super::TaskGroup) raises it. It is an error like yours: see [`Exception::downcast_ref`].
///
/// ```
/// use tminus::{Exception, ExceptionGroup, Kind};
///
/// let parse: Exception = "x".parse::<u8>().unwrap_err().into();
/// let late = Exception::from(Kind::Timeout);
/// let group = ExceptionGroup::new("two went wrong", [parse, late]);
/// assert_eq!(
///     group.to_string(),
///     "two went wrong (2 sub-exceptions: invalid digit found in string; Timeout)"
/// );
/// let (timeouts, others) = group.split(|one| one.kind() == Kind::Timeout);
/// assert_eq!(timeouts.unwrap().exceptions().len(), 1);
/// assert_eq!(others.unwrap().exceptions().len(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct ExceptionGroup {
    message: String,
    exceptions: Vec<Exception>,
}

impl ExceptionGroup {
    /// A group of exceptions.
    pub fn new(
        message: impl Into<String>,
        exceptions: impl IntoIterator<Item = Exception>,
    ) -> Self {
        Self {
            message: message.into(),
            exceptions: exceptions.into_iter().collect(),
        }
    }

    /// What it says of them.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// They themselves, in the order in which they came. Some may be groups.
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// Those that match, and the others, each as a group of the same shape, if there are any: what Python's `except*` does.
    pub fn split(&self, matches: impl Fn(&Exception) -> bool) -> (Option<Self>, Option<Self>) {
        self.split_by(&matches)
    }

    fn split_by(&self, matches: &dyn Fn(&Exception) -> bool) -> (Option<Self>, Option<Self>) {
        let (mut matching, mut others) = (Vec::new(), Vec::new());
        for exception in &self.exceptions {
            match exception.downcast_ref::<Self>() {
                _ if matches(exception) => matching.push(exception.clone()),
                None => others.push(exception.clone()),
                Some(group) => {
                    let (inner_matching, inner_others) = group.split_by(matches);
                    matching.extend(inner_matching.map(Exception::from));
                    others.extend(inner_others.map(Exception::from));
                }
            }
        }
        let group = |exceptions: Vec<Exception>| {
            (!exceptions.is_empty()).then(|| Self::new(&self.message, exceptions))
        };
        (group(matching), group(others))
    }
}

impl fmt::Display for ExceptionGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.exceptions.len();
        let plural = if count == 1 { "" } else { "s" };
        write!(f, "{} ({count} sub-exception{plural}", self.message)?;
        for (index, exception) in self.exceptions.iter().enumerate() {
            let separator = if index == 0 { ": " } else { "; " };
            write!(f, "{separator}{exception}")?;
        }
        f.write_str(")")
    }
}

impl Error for ExceptionGroup {}
