//! Variables, and the tokens that reset them.

use std::{
    any::Any,
    error::Error,
    fmt,
    rc::Rc,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{
    context::{Context, Entry},
    current::{current, current_or_new},
};
use crate::{Exception, Kind};

/// A variable whose value depends on the current [`Context`]: Python's `contextvars.ContextVar`.
///
/// Declare it as a `static`. Its type need be neither `Send` nor `Sync`: each thread has its own values.
///
/// ```
/// use std::rc::Rc;
/// use tminus::{Exception, contextvars::ContextVar};
///
/// static USER: ContextVar<Rc<str>> = ContextVar::new("user");
/// static RETRIES: ContextVar<u32> = ContextVar::with_default("retries", || 3);
///
/// assert!(USER.get().is_err());
/// assert_eq!(RETRIES.get()?, 3);
/// let token = USER.set("ada".into());
/// assert_eq!(&*USER.get()?, "ada");
/// USER.reset(token)?;
/// assert!(USER.get().is_err());
/// # Ok::<(), Exception>(())
/// ```
pub struct ContextVar<T: 'static> {
    name: &'static str,
    default: Option<fn() -> T>,
    /// 0 until it is first used: a `static` cannot count.
    id: AtomicU64,
}

impl<T> ContextVar<T> {
    /// Creates a variable without a default. The name is for messages.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            default: None,
            id: AtomicU64::new(0),
        }
    }

    /// Creates a variable with a default, which [`get`](ContextVar::get) creates and returns if no value is set.
    pub const fn with_default(name: &'static str, default: fn() -> T) -> Self {
        Self {
            name,
            default: Some(default),
            id: AtomicU64::new(0),
        }
    }

    /// Returns the variable's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns a clone of the value in the current context, or the default.
    ///
    /// # Errors
    ///
    /// - [`LookupError`] if the variable has neither. `REQUEST.get().unwrap_or(0)` is Python's `REQUEST.get(0)`.
    pub fn get(&self) -> Result<T, LookupError>
    where
        T: Clone,
    {
        let value = current().and_then(|context| context.value(self.id()));
        match (value, self.default) {
            (Some(value), _) => Ok(downcast::<T>(value).as_ref().clone()),
            (None, Some(default)) => Ok(default()),
            (None, None) => Err(LookupError { name: self.name }),
        }
    }

    /// Sets the value in the current context. Returns a token with which [`reset`](ContextVar::reset) restores what was
    /// there before.
    pub fn set(&self, value: T) -> Token<T> {
        let context = current_or_new();
        let entry = Entry {
            name: self.name,
            value: Rc::new(value),
        };
        let old = context.replace(self.id(), Some(entry));
        Token {
            variable: self.id(),
            name: self.name,
            context,
            old: old.map(|entry| downcast(entry.value)),
        }
    }

    /// Restores the value that the variable had before the [`set`](ContextVar::set) that returned the token.
    ///
    /// # Errors
    ///
    /// - `ValueError` if the token is another variable's, or was created in another context.
    pub fn reset(&self, token: Token<T>) -> Result<(), Exception> {
        let refused = if token.variable != self.id() {
            "by a different ContextVar"
        } else if !current().is_some_and(|current| current.is(&token.context)) {
            "in a different Context"
        } else {
            let old = token.old.map(|value| Entry {
                name: self.name,
                value,
            });
            token.context.replace(self.id(), old);
            return Ok(());
        };
        let name = token.name;
        Err(Exception::new(
            Kind::ValueError,
            format!("<Token var=<ContextVar name='{name}'>> was created {refused}"),
        ))
    }

    /// What identifies the variable, wherever it is moved.
    fn id(&self) -> u64 {
        static VARIABLES: AtomicU64 = AtomicU64::new(1);
        match self.id.load(Ordering::Relaxed) {
            0 => {
                let new = VARIABLES.fetch_add(1, Ordering::Relaxed);
                let set = self
                    .id
                    .compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed);
                set.map_or_else(|other_thread| other_thread, |_| new)
            }
            id => id,
        }
    }
}

impl<T> fmt::Debug for ContextVar<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextVar")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What [`ContextVar::set`] returns, to undo it: Python's `contextvars.Token`.
///
/// Resetting a variable takes the token, so no token can be used twice. Dropping a token leaves the variable as it is.
///
/// ```
/// use tminus::{Exception, contextvars::ContextVar};
///
/// static DEPTH: ContextVar<u32> = ContextVar::new("depth");
///
/// let first = DEPTH.set(1);
/// assert_eq!(first.old_value(), None);
/// let second = DEPTH.set(2);
/// assert_eq!(second.old_value(), Some(&1));
/// DEPTH.reset(second)?;
/// assert_eq!(DEPTH.get()?, 1);
/// # Ok::<(), Exception>(())
/// ```
pub struct Token<T> {
    variable: u64,
    name: &'static str,
    context: Context,
    old: Option<Rc<T>>,
}

impl<T> Token<T> {
    /// Returns the value that the variable had before, or `None` if it had none: Python's `Token.MISSING`.
    pub fn old_value(&self) -> Option<&T> {
        self.old.as_deref()
    }
}

impl<T> fmt::Debug for Token<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("variable", &self.name)
            .finish_non_exhaustive()
    }
}

/// The error of [`ContextVar::get`] for a variable that has neither a value nor a default: Python's `LookupError`.
///
/// ```
/// use tminus::{Exception, contextvars::{ContextVar, LookupError}};
///
/// static REQUEST: ContextVar<u32> = ContextVar::new("request");
///
/// let error = Exception::from(REQUEST.get().unwrap_err());
/// assert!(error.is::<LookupError>());
/// assert_eq!(error.to_string(), "the context variable 'request' has no value");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupError {
    name: &'static str,
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the context variable '{}' has no value", self.name)
    }
}

impl Error for LookupError {}

impl Context {
    /// Returns a clone of a variable's value in this context, without regard to its default.
    pub fn get<T: Clone>(&self, variable: &ContextVar<T>) -> Option<T> {
        let value = self.value(variable.id());
        value.map(|value| downcast::<T>(value).as_ref().clone())
    }

    /// Returns `true` if the variable has a value in this context.
    pub fn contains<T>(&self, variable: &ContextVar<T>) -> bool {
        self.value(variable.id()).is_some()
    }
}

fn downcast<T: 'static>(value: Rc<dyn Any>) -> Rc<T> {
    let value = value.downcast();
    value.unwrap_or_else(|_| unreachable!("only the variable sets its values"))
}
