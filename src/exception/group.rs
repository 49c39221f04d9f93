//! Several exceptions at once.

use std::{collections::HashMap, mem, panic::Location, slice};

use super::{Exception, Kind, What};

/// Several exceptions that were raised at once: Python's `ExceptionGroup` and `BaseExceptionGroup`.
///
/// A [`TaskGroup`](crate::TaskGroup) raises it. `?` makes an exception of [`Kind::Error`] from it, as from an error of
/// yours, and [`Exception::downcast_ref`] finds it there. Its members are exceptions of any kind, or further groups.
///
/// ```
/// use tminus::{Exception, ExceptionGroup, Kind};
///
/// let parse: Exception = "x".parse::<u8>().unwrap_err().into();
/// let late = Exception::from(Kind::Timeout);
/// let group = ExceptionGroup::new("two went wrong", [parse, late])?;
/// assert_eq!(
///     group.to_string(),
///     "two went wrong (2 sub-exceptions: invalid digit found in string; Timeout)"
/// );
/// let (timeouts, others) = group.split(|one| one.kind() == Kind::Timeout);
/// assert_eq!(timeouts.unwrap().exceptions().len(), 1);
/// assert_eq!(others.unwrap().exceptions().len(), 1);
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone)]
pub struct ExceptionGroup {
    message: String,
    exceptions: Vec<Exception>,
}

impl ExceptionGroup {
    pub(super) const NAME: &str = "ExceptionGroup";

    /// Creates a group from a message and its members.
    ///
    /// ```
    /// use tminus::{ExceptionGroup, Kind};
    ///
    /// let nothing = ExceptionGroup::new("nothing went wrong", []);
    /// assert_eq!(nothing.unwrap_err().kind(), Kind::ValueError);
    /// ```
    ///
    /// # Errors
    ///
    /// - `ValueError` if there are no exceptions.
    pub fn new(
        message: impl Into<String>,
        exceptions: impl IntoIterator<Item = Exception>,
    ) -> Result<Self, Exception> {
        let group = Self::from_parts(message.into(), exceptions.into_iter().collect());
        group.ok_or_else(|| {
            Exception::new(
                Kind::ValueError,
                "second argument (exceptions) must be a non-empty sequence",
            )
        })
    }

    pub(super) fn from_parts(message: String, exceptions: Vec<Exception>) -> Option<Self> {
        exceptions.iter().for_each(Exception::set_inside);
        (!exceptions.is_empty()).then_some(Self {
            message,
            exceptions,
        })
    }

    /// Creates a group with the message of this one and other members: Python's `derive`.
    ///
    /// [`split`](ExceptionGroup::split) and [`subgroup`](ExceptionGroup::subgroup) build their results this way.
    ///
    /// # Errors
    ///
    /// - `ValueError` if there are no exceptions.
    pub fn derive(
        &self,
        exceptions: impl IntoIterator<Item = Exception>,
    ) -> Result<Self, Exception> {
        Self::new(&*self.message, exceptions)
    }

    /// Returns the message of the group itself.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the members, in the order in which they were given. Some may be groups.
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// Returns the exceptions that match as a group of the same shape, or `None` if there are none: Python's `subgroup`.
    ///
    /// It is the first half of what [`split`](ExceptionGroup::split) returns.
    pub fn subgroup(&self, matches: impl FnMut(&Exception) -> bool) -> Option<Self> {
        self.split(matches).0
    }

    /// Splits the group into the exceptions that match and the others: Python's `split`, which `except*` uses.
    ///
    /// Each half is a group of the same shape, or `None` if it would be empty. `matches` is called for this group first (as an
    /// exception of [`Kind::Error`]), then for its members in order. The members of a nested group follow right after that
    /// group. If a group matches, the whole group is taken, and its members are not checked. If a nested group is divided, both
    /// halves keep its message and its cause. A nested group that is a member several times is divided only once.
    ///
    /// The cause of this group itself belongs to the [`Exception`] from which the group was taken, and not to the group. Set
    /// the cause again to keep it:
    ///
    /// ```
    /// use tminus::{Exception, ExceptionGroup, Kind};
    ///
    /// let both = [Kind::Timeout, Kind::ValueError].map(Exception::from);
    /// let raised = Exception::from(ExceptionGroup::new("two went wrong", both)?).with_cause(Kind::Cancelled);
    ///
    /// let group = raised.downcast_ref::<ExceptionGroup>().unwrap();
    /// let (_, others) = group.split(|one| one.kind() == Kind::Timeout);
    /// let mut others = Exception::from(others.unwrap());
    /// if let Some(cause) = raised.cause() {
    ///     others = others.with_cause(cause.clone());
    /// }
    /// assert_eq!(
    ///     format!("{others:#}"),
    ///     "two went wrong (1 sub-exception: ValueError): Cancelled"
    /// );
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn split(
        &self,
        mut matches: impl FnMut(&Exception) -> bool,
    ) -> (Option<Self>, Option<Self>) {
        if matches(&Exception::from_what(
            What::Group(Box::new(self.clone())),
            None,
        )) {
            return (Some(self.clone()), None);
        }
        let mut outer: Vec<Halves> = Vec::new();
        let mut halves = Halves::of(self, None);
        // A nested group that is in many places is divided once: the number of paths to it may grow exponentially.
        let mut divided = HashMap::new();
        loop {
            let Some(exception) = halves.rest.next() else {
                let Some(around) = outer.pop() else {
                    return halves.into_groups();
                };
                let nested = mem::replace(&mut halves, around);
                let key = nested.raised.map(Exception::address);
                let both = nested.into_exceptions();
                halves.extend(&both);
                divided.insert(key, both);
                continue;
            };
            if matches(exception) {
                halves.matching.push(exception.clone());
            } else if let Some(nested) = exception.0.as_group() {
                match divided.get(&Some(exception.address())) {
                    Some(both) => halves.extend(both),
                    None => {
                        let nested = Halves::of(nested, Some(exception));
                        outer.push(mem::replace(&mut halves, nested));
                    }
                }
            } else {
                halves.others.push(exception.clone());
            }
        }
    }
}

/// A group that is being split.
struct Halves<'a> {
    group: &'a ExceptionGroup,
    /// The exception that the group is, unless it is the outermost one.
    raised: Option<&'a Exception>,
    rest: slice::Iter<'a, Exception>,
    matching: Vec<Exception>,
    others: Vec<Exception>,
}

impl<'a> Halves<'a> {
    fn of(group: &'a ExceptionGroup, raised: Option<&'a Exception>) -> Self {
        Self {
            group,
            raised,
            rest: group.exceptions.iter(),
            matching: Vec::new(),
            others: Vec::new(),
        }
    }

    fn extend(&mut self, (matching, others): &(Option<Exception>, Option<Exception>)) {
        self.matching.extend(matching.clone());
        self.others.extend(others.clone());
    }

    fn into_groups(self) -> (Option<ExceptionGroup>, Option<ExceptionGroup>) {
        let half = |exceptions| ExceptionGroup::from_parts(self.group.message.clone(), exceptions);
        (half(self.matching), half(self.others))
    }

    fn into_exceptions(self) -> (Option<Exception>, Option<Exception>) {
        let cause = self.raised.and_then(Exception::cause);
        let place = self.raised.and_then(Exception::location);
        let raised = |group| {
            let exception = Exception::from_what(What::Group(Box::new(group)), place);
            cause
                .into_iter()
                .fold(exception, |one, cause| one.with_cause(cause.clone()))
        };
        let (matching, others) = self.into_groups();
        (matching.map(raised), others.map(raised))
    }
}

impl From<ExceptionGroup> for Exception {
    #[track_caller]
    fn from(group: ExceptionGroup) -> Self {
        Self::from_what(What::Group(Box::new(group)), Some(Location::caller()))
    }
}
