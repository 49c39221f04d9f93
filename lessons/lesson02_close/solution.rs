//! One way to solve the exercises.
//!
//! **`write_list`.** This is `try` and `finally`. The `?` inside the inner `async` block leaves that block and no more,
//! so what stands behind it runs whichever way the block ends. Then `tried` is handed on: after the `]` the body still
//! ends with `GeneratorExit`, and an error would still be an error. A value with a `Drop` of its own could write the
//! `]` too. It could not tell anybody that the disk was full.
//!
//! **`close_all`.** A `?` in a loop means that the rest gets no turn. Here each gets its turn first, and `and` keeps
//! the first error of two. The others are lost, as one exception can only be one. An event loop that shuts down has
//! this problem with every task that it has.

use std::{cell::RefCell, rc::Rc};

use tminus_lessons::lesson02_close::{Exception, Generator};

/// Writes the items to `out` as `[1, 2, 3]`, and yields each one when it is written.
///
/// However it ends, by itself, by a close or by a drop, the list has its `]`. If it was never resumed, nothing is
/// written.
pub fn write_list(items: Vec<u32>, out: Rc<RefCell<String>>) -> Generator<u32> {
    Generator::new(async move |co| {
        out.borrow_mut().push('[');
        let tried = async {
            let mut separator = "";
            for item in items {
                out.borrow_mut().push_str(&format!("{separator}{item}"));
                separator = ", ";
                co.yield_(item).await?;
            }
            Ok(())
        }
        .await;
        out.borrow_mut().push(']');
        tried
    })
}

/// Closes all of them, also where one refuses. Gives the first error, if there is one.
pub fn close_all(generators: &mut [Generator<u32>]) -> Result<(), Exception> {
    let mut closed = Ok(());
    for generator in generators {
        closed = closed.and(generator.close());
    }
    closed
}
