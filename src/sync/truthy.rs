//! What predicates return.

/// A type that a predicate of [`Condition::wait_for`](super::Condition::wait_for) can return: `bool`, or an `Option` of the value
/// to wait for.
///
/// `true` and `Some` end the wait. Other types cannot implement this trait.
///
/// ```
/// use tminus::sync::{Condition, Truthy};
///
/// /// Waits on the first of two conditions if there is one.
/// async fn either<R: Truthy>(
///     first: Option<&Condition>,
///     second: &Condition,
///     predicate: impl FnMut() -> R,
/// ) -> Result<R::Value, tminus::Exception> {
///     first.unwrap_or(second).wait_for(predicate).await
/// }
///
/// let condition = Condition::new();
/// let value = tminus::run(async move { either(None, &condition, || Some(7)).await })?;
/// assert_eq!(value, 7);
/// # Ok::<(), tminus::Exception>(())
/// ```
pub trait Truthy: sealed::Sealed {
    /// The result of the wait: `()` for a `bool`, and `T` for an `Option<T>`.
    type Value;

    /// Returns the value if the wait is over.
    #[doc(hidden)]
    fn value(self) -> Option<Self::Value>;
}

impl Truthy for bool {
    type Value = ();

    fn value(self) -> Option<()> {
        self.then_some(())
    }
}

impl<T> Truthy for Option<T> {
    type Value = T;

    fn value(self) -> Option<T> {
        self
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for bool {}
    impl<T> Sealed for Option<T> {}
}
