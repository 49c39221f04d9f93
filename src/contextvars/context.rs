//! The values of variables.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    rc::Rc,
};

/// The values of all variables: Python's `contextvars.Context`. Clones are handles to the same context; see
/// [`copy`](Context::copy).
///
/// ```
/// use tminus::{Exception, contextvars::{Context, ContextVar, copy_context}};
///
/// static COLOUR: ContextVar<&str> = ContextVar::new("colour");
///
/// COLOUR.set("red");
/// let context = copy_context();
/// context.run(|| COLOUR.set("blue"))?; // only in there
/// assert_eq!(COLOUR.get()?, "red");
/// assert_eq!(context.get(&COLOUR), Some("blue"));
/// assert!(Context::new().run(|| COLOUR.get())?.is_err());
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Default)]
pub struct Context(Rc<Inner>);

#[derive(Default)]
struct Inner {
    /// Shared with the copies of this context until either changes.
    values: RefCell<Rc<Values>>,
    is_entered: Cell<bool>,
}

type Values = BTreeMap<u64, Entry>;

#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) value: Rc<dyn Any>,
}

impl Context {
    /// Creates a context without values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a copy of this context. What is set in one of them later is not set in the other.
    pub fn copy(&self) -> Self {
        Self(Rc::new(Inner {
            values: self.0.values.clone(),
            is_entered: Cell::new(false),
        }))
    }

    /// Returns the number of variables that have a value in this context.
    pub fn len(&self) -> usize {
        self.0.values.borrow().len()
    }

    /// Returns `true` if no variable has a value in this context.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of the variable with this id.
    pub(super) fn value(&self, variable: u64) -> Option<Rc<dyn Any>> {
        let values = self.0.values.borrow();
        values.get(&variable).map(|entry| entry.value.clone())
    }

    pub(super) fn set_entered(&self, is_entered: bool) {
        self.0.is_entered.set(is_entered);
    }

    pub(super) fn is_entered(&self) -> bool {
        self.0.is_entered.get()
    }

    /// Sets or removes a value. Returns the earlier value, which is dropped when the context is free.
    pub(super) fn replace(&self, variable: u64, entry: Option<Entry>) -> Option<Entry> {
        let mut values = self.0.values.borrow_mut();
        let values = Rc::make_mut(&mut values);
        match entry {
            Some(entry) => values.insert(variable, entry),
            None => values.remove(&variable),
        }
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.0.values.borrow().clone();
        let names: Vec<_> = values.values().map(|entry| entry.name).collect();
        f.debug_struct("Context")
            .field("variables", &names)
            .finish()
    }
}
