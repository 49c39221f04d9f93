//! Catching the panics of code that is not the crate's, such as a task's body or the `Drop` of a user's error.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Runs `run`, and returns the text of its panic if it panics.
#[inline]
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(text_of)
}

#[cold]
fn text_of(payload: Box<dyn Any + Send>) -> String {
    let literal = payload.downcast_ref::<&str>().copied();
    let text = literal.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("a panic without a text").to_owned();
    // The payload is the panicking code's own value, so even its drop may panic, and so may the drop of that payload.
    // Forgetting the second one ends the chain.
    if let Err(worse) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(worse);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    #[test]
    fn the_text_is_that_of_the_panic() {
        assert_eq!(caught(|| 3), Ok(3));
        assert_eq!(
            caught(|| panic!("a literal")),
            Err::<(), _>("a literal".into())
        );
        assert_eq!(
            caught(|| panic!("number {}", 4)),
            Err::<(), _>("number 4".into())
        );
        let unknown = caught(|| panic_any(5_u8));
        assert_eq!(unknown, Err::<(), _>("a panic without a text".into()));
    }

    #[test]
    fn a_payload_may_panic_in_its_drop_and_so_may_the_payload_of_that() {
        struct Bomb(u8);
        impl Drop for Bomb {
            fn drop(&mut self) {
                if self.0 > 0 {
                    panic_any(Bomb(self.0 - 1));
                }
            }
        }
        let text = caught(|| panic_any(Bomb(2)));
        assert_eq!(text, Err::<(), _>("a panic without a text".into()));
    }
}
