//! Exceptions as ordinary errors, which can go to another thread and into other libraries.

use std::{
    borrow::Cow, collections::HashMap, error, fmt, hash::Hash, mem, panic::Location, sync::Arc,
};

use super::{Exception, ExceptionGroup, Kind, What};
use crate::dropping::drop_in_turn_and_report;

/// An exception as an ordinary error: it implements [`std::error::Error`], and is `Send`, `Sync` and `Clone`.
///
/// `anyhow`, `thiserror` and everything else that expects an error accepts it, and it can go to another thread. [`From`],
/// `?` and [`into_error`](super::ResultExt::into_error) create it from an [`Exception`]. `?` converts it back.
///
/// It keeps the kind, the name, the message, the causes (as [`source`](std::error::Error::source)), the members of a group,
/// and the place where the exception was created. If the exception was made from an error of your own, that error is kept if it
/// is `Send + Sync`, and otherwise its text is kept. The value of a `StopIteration` is dropped.
///
/// A request to stop (see [`Kind::is_exit`]) has one more source, before its causes, which reads `a request to stop`. By this
/// source, `?` recognizes a cancellation inside another error, even inside an `anyhow::Error`.
///
/// ```
/// use tminus::{Error, Exception, Kind, ResultExt};
///
/// fn load() -> Result<u8, Exception> {
///     "x".parse::<u8>().context("cannot load")
/// }
///
/// fn main_of_a_program() -> Result<(), Error> {
///     load()?;
///     Ok(())
/// }
///
/// let error = main_of_a_program().unwrap_err();
/// assert_eq!(error.kind(), Kind::RuntimeError);
/// assert_eq!(format!("{error:#}"), "RuntimeError: cannot load: invalid digit found in string");
/// let source = std::error::Error::source(&error).unwrap();
/// assert!(source.is::<std::num::ParseIntError>());
/// ```
#[derive(Clone)]
pub struct Error(Arc<Parts>);

struct Parts {
    content: Content,
    cause: Option<Error>,
    place: Option<&'static Location<'static>>,
    /// If this is a request to stop, and not a part of another error.
    exit: Option<Exit>,
}

enum Content {
    Text {
        kind: Kind,
        message: Cow<'static, str>,
    },
    User {
        error: Arc<Box<dyn error::Error + Send + Sync>>,
        name: &'static str,
    },
    Group {
        message: String,
        members: Vec<Error>,
    },
}

impl Error {
    /// Creates an error of a kind that the crate raises itself.
    pub(crate) fn raised(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self::whole(Self::from_content(
            Content::Text { kind, message },
            None,
            None,
        ))
    }

    fn from_content(
        content: Content,
        cause: Option<Error>,
        place: Option<&'static Location<'static>>,
    ) -> Self {
        Self(Arc::new(Parts {
            content,
            cause,
            place,
            exit: None,
        }))
    }

    /// Makes an error of a part, which until then is no request to stop, whatever its kind.
    fn whole(part: Self) -> Self {
        let Content::Text { kind, message } = &part.0.content else {
            return part;
        };
        if !kind.is_exit() {
            return part;
        }
        Self(Arc::new(Parts {
            content: Content::Text {
                kind: *kind,
                message: message.clone(),
            },
            cause: part.0.cause.clone(),
            place: part.0.place,
            exit: Some(Exit(part)),
        }))
    }

    /// Returns `true` if the error is a request to stop, and not the cause of another error or a member of a group.
    pub(super) fn is_exit(&self) -> bool {
        self.0.exit.is_some()
    }

    /// Returns the kind of the exception.
    ///
    /// ```
    /// use tminus::{Error, Exception, Kind};
    ///
    /// let error = Error::from(Exception::new(Kind::Timeout, "3 s"));
    /// assert_eq!((error.kind(), error.name(), &*error.message()), (Kind::Timeout, "Timeout", "3 s"));
    /// ```
    pub fn kind(&self) -> Kind {
        match self.0.content {
            Content::Text { kind, .. } => kind,
            Content::User { .. } | Content::Group { .. } => Kind::Error,
        }
    }

    /// Returns `true` if the exception is a cancellation, of [`Kind::Cancelled`].
    ///
    /// ```
    /// use tminus::{Error, Exception, Kind};
    ///
    /// assert!(Error::from(Exception::from(Kind::Cancelled)).is_cancelled());
    /// ```
    pub fn is_cancelled(&self) -> bool {
        *self == Kind::Cancelled
    }

    /// Returns `true` if the exception is of [`Kind::Timeout`].
    ///
    /// ```
    /// use tminus::{Error, Exception, Kind};
    ///
    /// assert!(Error::from(Exception::new(Kind::Timeout, "3 s")).is_timeout());
    /// ```
    pub fn is_timeout(&self) -> bool {
        *self == Kind::Timeout
    }

    /// Returns the name of the kind, or of the type of the program's own error.
    pub fn name(&self) -> &'static str {
        match self.0.content {
            Content::Text { kind, .. } => kind.name(),
            Content::User { name, .. } => name,
            Content::Group { .. } => ExceptionGroup::NAME,
        }
    }

    /// Returns the text without the name. It is empty if there is none.
    pub fn message(&self) -> Cow<'_, str> {
        match &self.0.content {
            Content::Text { message, .. } => Cow::Borrowed(message),
            Content::User { error, .. } => Cow::Owned(error.to_string()),
            Content::Group { .. } => Cow::Owned(self.to_string()),
        }
    }

    /// Returns the place where the exception was created, if it is known.
    pub fn location(&self) -> Option<&'static Location<'static>> {
        self.0.place
    }

    /// Returns a reference to the error from which the exception was made, if that error is an `E`.
    ///
    /// Like `std::io::Error`, a `tminus::Error` shows the text of that error as its own, and has that error's sources. So
    /// the error itself is not among the sources, but this method finds it:
    ///
    /// ```
    /// use std::num::ParseIntError;
    /// use tminus::{Error, Exception};
    ///
    /// let error = Error::from(Exception::from("x".parse::<u8>().unwrap_err()));
    /// assert_eq!(error.to_string(), "invalid digit found in string");
    /// assert!(error.downcast_ref::<ParseIntError>().is_some());
    /// ```
    pub fn downcast_ref<E: error::Error + 'static>(&self) -> Option<&E> {
        match &self.0.content {
            Content::User { error, .. } => error.downcast_ref(),
            Content::Text { .. } | Content::Group { .. } => None,
        }
    }

    /// Returns `true` if the exception was made from an error of type `E`.
    pub fn is<E: error::Error + 'static>(&self) -> bool {
        self.downcast_ref::<E>().is_some()
    }

    /// Returns the exception again.
    pub(super) fn into_exception(self) -> Exception {
        rebuilt(
            &self,
            |error| {
                let members = match &error.0.content {
                    Content::Group { members, .. } => &**members,
                    Content::Text { .. } | Content::User { .. } => &[],
                };
                error.0.cause.iter().chain(members)
            },
            |error| Arc::as_ptr(&error.0),
            |error, again| {
                let exception = Exception::from_what(error.0.content.what(again), error.0.place);
                match &error.0.cause {
                    Some(cause) => exception.with_cause(again(cause)),
                    None => exception,
                }
            },
        )
    }

    /// Returns the exception without its causes.
    fn without_causes(&self) -> Exception {
        let what = self.0.content.what(&|error| error.clone().into_exception());
        Exception::from_what(what, self.0.place)
    }
}

impl Content {
    fn what(&self, again: &dyn Fn(&Error) -> Exception) -> What {
        match self {
            Self::Text { kind, message } => What::Builtin {
                kind: *kind,
                message: message.clone(),
            },
            Self::User { error, name } => What::User {
                error: error.clone(),
                name,
            },
            Self::Group { message, members } => {
                let members = members.iter().map(again).collect();
                let group = ExceptionGroup::from_parts(message.clone(), members);
                What::Group(Box::new(group.expect("a group has members")))
            }
        }
    }
}

impl From<Exception> for Error {
    fn from(exception: Exception) -> Self {
        Self::from(&exception)
    }
}

impl From<&Exception> for Error {
    fn from(exception: &Exception) -> Self {
        let whole = rebuilt(
            exception,
            |exception| {
                let group = exception.0.as_group();
                let members = group.map(ExceptionGroup::exceptions).unwrap_or_default();
                exception.cause().into_iter().chain(members)
            },
            |exception| exception.address(),
            |exception, again| {
                let cause = exception.cause().map(again);
                Self::from_content(Content::of(exception, again), cause, exception.location())
            },
        );
        Self::whole(whole)
    }
}

impl Content {
    fn of(exception: &Exception, again: &dyn Fn(&Exception) -> Error) -> Self {
        match &exception.0.what {
            What::Builtin { kind, message } => Self::Text {
                kind: *kind,
                message: message.clone(),
            },
            What::StopIteration { .. } => Self::Text {
                kind: Kind::StopIteration,
                message: Cow::Borrowed(""),
            },
            What::User { error, name } => Self::User {
                error: error.clone(),
                name,
            },
            What::Local { name, .. } => Self::User {
                error: Arc::new(Box::new(Stayed(exception.message_or_panic().into_owned()))),
                name,
            },
            What::Group(group) => Self::Group {
                message: group.message().to_owned(),
                members: group.exceptions().iter().map(again).collect(),
            },
        }
    }
}

/// Rebuilds what `root` consists of, innermost parts first: causes and groups may be nested too deeply for the machine stack,
/// and a part that is in many places is rebuilt once.
fn rebuilt<'a, T, U: Clone, K: Hash + Eq, P: Iterator<Item = &'a T>>(
    root: &'a T,
    parts: impl Fn(&'a T) -> P,
    address: impl Fn(&T) -> K,
    rebuild: impl Fn(&T, &dyn Fn(&T) -> U) -> U,
) -> U {
    if parts(root).next().is_none() {
        return rebuild(root, &|_| unreachable!("it has no parts"));
    }
    let mut done: HashMap<K, U> = HashMap::new();
    let mut open = vec![root];
    while let Some(&next) = open.last() {
        if done.contains_key(&address(next)) {
            open.pop();
            continue;
        }
        let length = open.len();
        open.extend(parts(next).filter(|part| !done.contains_key(&address(part))));
        if open.len() == length {
            let rebuilt = rebuild(next, &|part| done[&address(part)].clone());
            done.insert(address(next), rebuilt);
            open.pop();
        }
    }
    done.remove(&address(root)).expect("the root was done last")
}

/// The text of the exception, without its causes. `{:#}` adds these on the same line.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            fmt::Display::fmt(&self.clone().into_exception(), f)
        } else {
            fmt::Display::fmt(&self.without_causes(), f)
        }
    }
}

/// What the exception itself shows: the text, the place and the causes.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.clone().into_exception(), f)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        if let Some(exit) = &self.0.exit {
            return Some(exit);
        }
        let Some(cause) = &self.0.cause else {
            return match &self.0.content {
                Content::User { error, .. } => error.source(),
                Content::Text { .. } | Content::Group { .. } => None,
            };
        };
        match &cause.0.content {
            // The error itself, so that a search among the sources finds it, unless it would hide a cause.
            Content::User { error, .. } if cause.0.cause.is_none() => Some(&***error),
            _ => Some(cause),
        }
    }
}

/// Two errors are equal if the exceptions from which they were made are: see [`Exception`].
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        let (this, that) = (&self.0.content, &other.0.content);
        match (this, that) {
            (
                Content::Text { kind, message },
                Content::Text {
                    kind: other_kind,
                    message: other_message,
                },
            ) => kind == other_kind && message == other_message,
            _ => Arc::ptr_eq(&self.0, &other.0),
        }
    }
}

impl Eq for Error {}

impl PartialEq<Kind> for Error {
    fn eq(&self, kind: &Kind) -> bool {
        self.kind() == *kind
    }
}

impl Drop for Parts {
    /// In turn, because a chain of causes may be long. See the `Drop` of an exception.
    fn drop(&mut self) {
        let cause = (self.cause.take(), self.exit.take());
        if matches!(cause, (None, None)) && matches!(self.content, Content::Text { .. }) {
            return;
        }
        let nothing = Content::Text {
            kind: Kind::Error,
            message: Cow::Borrowed(""),
        };
        drop_in_turn_and_report((mem::replace(&mut self.content, nothing), cause));
    }
}

/// The first source of an [`Error`] that is a request to stop, and a copy of that error.
///
/// A wrapper such as `#[error(transparent)]` or `anyhow::Error` shows the text and the sources of the inner error, and never the
/// inner error itself. So the request has to be among these sources.
pub(super) struct Exit(pub(super) Error);

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request to stop")
    }
}

impl fmt::Debug for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl error::Error for Exit {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source()
    }
}

/// The text of an error that has stayed on its thread.
struct Stayed(String);

impl fmt::Display for Stayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Stayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for Stayed {}
