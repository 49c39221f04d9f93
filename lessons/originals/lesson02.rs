//! Your turn. Both compile, and neither is right yet.

use std::{cell::RefCell, rc::Rc};

use tminus_lessons::lesson02_close::{Exception, Generator};

/// Writes the items to `out` as `[1, 2, 3]`, and yields each one when it is written.
///
/// However it ends, by itself, by a close or by a drop, the list has its `]`. If it was never resumed, nothing is
/// written.
pub fn write_list(items: Vec<u32>, out: Rc<RefCell<String>>) -> Generator<u32> {
    Generator::new(async move |co| {
        out.borrow_mut().push('[');
        let mut separator = "";
        for item in items {
            out.borrow_mut().push_str(&format!("{separator}{item}"));
            separator = ", ";
            co.yield_(item).await?;
        }
        // Something is missing, and it cannot just stand here.
        Ok(())
    })
}

/// Closes all of them, also where one refuses. Gives the first error, if there is one.
pub fn close_all(generators: &mut [Generator<u32>]) -> Result<(), Exception> {
    for generator in generators {
        // This leaves at the first that refuses.
        generator.close()?;
    }
    Ok(())
}
