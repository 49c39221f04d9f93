//! Exceptions as text.
//!
//! Causes and groups may be nested a hundred thousand deep, and one exception may be in many places. So nothing here
//! recurses, and what was shown once is only mentioned when it comes again: the text grows with the number of exceptions,
//! not with the number of paths to them.

use std::{
    borrow::Cow,
    collections::{HashSet, VecDeque},
    error::Error,
    fmt::{self, Write},
    iter::Enumerate,
    panic::Location,
    ptr, slice,
};

use tracing::field::{DisplayValue, display};

use super::{Exception, ExceptionGroup, Inner, Kind, What};
use crate::panics::caught;

/// The last line of Python's traceback, `RuntimeError: You're hosed!`; an error of your own prints as it always does. `{:#}`
/// adds the causes on the same line: `RuntimeError: cannot load: Timeout: 3 s`.
impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.0, f)
    }
}

/// The text, and below it the place where the exception was created and the causes: what `fn main() -> Result<(), Exception>`
/// shows.
///
/// ```text
/// RuntimeError: cannot load
///   at src/main.rs:12:9
///   caused by: Timeout: 3 s
///     at src/load.rs:30:5
/// ```
///
/// If the exception is a group, the places and the causes of its members follow. A panic in the `Display` of an error of yours is caught,
/// and its text is shown instead. (`Result::unwrap` formats the exception inside its own panic. A panic of `Display` in
/// there aborts the process, whatever the type of error.)
impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            write!(f, "{}", Plain(self))?;
            return self
                .sources()
                .try_for_each(|source| write!(f, ": {source}"));
        }
        Plain(self).fmt(f)
    }
}

/// The text without the causes, whatever the format asks for.
struct Plain<'a>(&'a Inner);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(exception) = self;
        match &exception.what {
            What::User { error, .. } => error.fmt(f),
            What::Local { error, .. } => error.fmt(f),
            What::Group(group) => group.fmt(f),
            What::Builtin { message, .. } if message.is_empty() => f.write_str(exception.name()),
            What::Builtin {
                kind: Kind::Error,
                message,
            } => f.write_str(message),
            What::Builtin { message, .. } => write!(f, "{}: {message}", exception.name()),
            What::StopIteration { .. } => f.write_str(exception.name()),
        }
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Report::new(f).exception(self)
    }
}

/// The message, and the texts of all members: `two went wrong (2 sub-exceptions: ValueError; Timeout)`.
///
/// A group that is a member twice is shown once, and then mentioned.
impl fmt::Display for ExceptionGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Groups::default().write(f, self, |f, member| write!(f, "{member}"))
    }
}

/// The text, and the causes of the members below it.
impl fmt::Debug for ExceptionGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Report::new(f).group(self)
    }
}

impl Exception {
    /// Returns the message, or if the `Display` of a user's error panics, a text that says so.
    ///
    /// The crate logs exceptions while it runs a round or drops a generator. A panic there would end more than one task.
    pub(crate) fn message_or_panic(&self) -> Cow<'_, str> {
        match &self.0.what {
            What::User { error, name } => Cow::Owned(text_or_panic(&***error, name)),
            What::Local { error, name } => Cow::Owned(text_or_panic(&**error, name)),
            What::Builtin { .. } | What::StopIteration { .. } => self.message(),
            What::Group(group) => Cow::Owned(text_or_panic(group, ExceptionGroup::NAME)),
        }
    }
}

impl Exception {
    /// Returns the place, as a field of a `tracing` event.
    pub(crate) fn place(&self) -> Option<DisplayValue<&'static Location<'static>>> {
        self.location().map(display)
    }

    /// Returns the text, its causes and the place in one line, for stderr. A panic in a user's `Display` is caught.
    pub(crate) fn line(&self) -> String {
        let mut line = self.name().to_owned();
        let text = self.message_or_panic();
        if !text.is_empty() {
            line.push_str(": ");
            line.push_str(&text);
        }
        for source in self.sources() {
            line.push_str(": ");
            line.push_str(&text_or_panic(source, "an error"));
        }
        match self.location() {
            Some(place) => format!("{line} (at {place})"),
            None => line,
        }
    }
}

fn text_or_panic<E: fmt::Display + ?Sized>(error: &E, name: &str) -> String {
    caught(|| error.to_string())
        .unwrap_or_else(|panic| format!("(the `Display` of {name} panicked: {panic})"))
}

/// The groups in a text.
#[derive(Default)]
struct Groups<'a> {
    /// Those whose members were shown. They are only mentioned from then on.
    shown: HashSet<*const ExceptionGroup>,
    /// The members that were shown, in order.
    members: VecDeque<&'a Inner>,
}

type Members<'a> = Enumerate<slice::Iter<'a, Exception>>;

impl<'a> Groups<'a> {
    /// Writes a group with its members, and theirs. `write_member` writes each member that is not a group.
    fn write(
        &mut self,
        f: &mut fmt::Formatter<'_>,
        group: &'a ExceptionGroup,
        write_member: impl Fn(&mut fmt::Formatter<'_>, &Inner) -> fmt::Result,
    ) -> fmt::Result {
        let mut open = Vec::from_iter(self.open(f, group)?);
        while let Some(level) = open.last_mut() {
            let Some((index, member)) = level.next() else {
                f.write_char(')')?;
                open.pop();
                continue;
            };
            f.write_str(if index == 0 { ": " } else { "; " })?;
            self.members.push_back(&member.0);
            match member.0.as_group() {
                Some(nested) => open.extend(self.open(f, nested)?),
                None => write_member(f, &member.0)?,
            }
        }
        Ok(())
    }

    /// Writes the head of a group. Returns its members, which are to follow, unless they were shown before.
    fn open(
        &mut self,
        f: &mut fmt::Formatter<'_>,
        group: &'a ExceptionGroup,
    ) -> Result<Option<Members<'a>>, fmt::Error> {
        write_head(f, group)?;
        if self.shown.insert(ptr::from_ref(group)) {
            return Ok(Some(group.exceptions().iter().enumerate()));
        }
        f.write_str(", shown above)")?;
        Ok(None)
    }
}

fn write_head(f: &mut fmt::Formatter<'_>, group: &ExceptionGroup) -> fmt::Result {
    let count = group.exceptions().len();
    let plural = if count == 1 { "" } else { "s" };
    write!(f, "{} ({count} sub-exception{plural}", group.message())
}

/// The `Debug` of an exception or of a group, while it is written.
struct Report<'a, 'f, 'b> {
    f: &'f mut fmt::Formatter<'b>,
    /// The groups so far. The causes of their members follow those of the exception itself.
    groups: Groups<'a>,
    /// The exceptions whose causes were shown. A chain that comes to one of them ends there, so a cycle is shown once.
    explained: HashSet<*const Inner>,
}

impl<'a, 'f, 'b> Report<'a, 'f, 'b> {
    fn new(f: &'f mut fmt::Formatter<'b>) -> Self {
        Self {
            f,
            groups: Groups::default(),
            explained: HashSet::new(),
        }
    }

    fn exception(mut self, exception: &'a Inner) -> fmt::Result {
        let is_named = matches!(&exception.what, What::Builtin { kind, message } if *kind != Kind::Error || message.is_empty());
        if !is_named && !matches!(exception.what, What::StopIteration { .. }) {
            write!(self.f, "{}: ", exception.name())?;
        }
        self.text(exception)?;
        self.place(exception, "  ")?;
        self.explained.insert(ptr::from_ref(exception));
        self.causes(exception.source(), "  ")?;
        self.causes_of_members()
    }

    fn group(mut self, group: &'a ExceptionGroup) -> fmt::Result {
        self.f.write_str("ExceptionGroup: ")?;
        self.text_of_group(group)?;
        self.causes_of_members()
    }

    fn causes_of_members(&mut self) -> fmt::Result {
        while let Some(member) = self.groups.members.pop_front() {
            let source = member.source();
            let is_leaf = member.as_group().is_none();
            let is_explained = source.is_none() && !(is_leaf && member.place.is_some());
            if is_explained || !self.explained.insert(ptr::from_ref(member)) {
                continue;
            }
            self.f.write_str("\n  ")?;
            match member.as_group() {
                Some(group) => {
                    write_head(self.f, group)?;
                    self.f.write_char(')')?;
                }
                None => self.text(member)?,
            }
            self.place(member, "    ")?;
            self.causes(source, "    ")?;
        }
        Ok(())
    }

    fn causes(
        &mut self,
        mut source: Option<&'a (dyn Error + 'static)>,
        indent: &str,
    ) -> fmt::Result {
        while let Some(error) = source {
            write!(self.f, "\n{indent}caused by: ")?;
            source = error.source();
            match Inner::behind(error) {
                Some(exception) => {
                    self.text(exception)?;
                    if source.is_some() && !self.explained.insert(ptr::from_ref(exception)) {
                        return self.f.write_str(" (its causes are shown above)");
                    }
                    self.place(exception, &format!("{indent}  "))?;
                }
                None => self.f.write_str(&text_or_panic(error, "an error"))?,
            }
        }
        Ok(())
    }

    fn text(&mut self, exception: &'a Inner) -> fmt::Result {
        match exception.as_group() {
            Some(group) => self.text_of_group(group),
            None => write_caught(self.f, exception),
        }
    }

    fn place(&mut self, exception: &Inner, indent: &str) -> fmt::Result {
        match exception.place {
            Some(place) => write!(self.f, "\n{indent}at {place}"),
            None => Ok(()),
        }
    }

    fn text_of_group(&mut self, group: &'a ExceptionGroup) -> fmt::Result {
        self.groups.write(self.f, group, write_caught)
    }
}

/// Writes the text of an exception that is not a group. A panic in a user's `Display` is caught.
fn write_caught(f: &mut fmt::Formatter<'_>, exception: &Inner) -> fmt::Result {
    match &exception.what {
        What::User { error, name } => f.write_str(&text_or_panic(&***error, name)),
        What::Local { error, name } => f.write_str(&text_or_panic(&**error, name)),
        What::Builtin { .. } | What::StopIteration { .. } | What::Group(_) => {
            write!(f, "{exception}")
        }
    }
}
