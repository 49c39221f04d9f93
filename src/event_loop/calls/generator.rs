//! Generators as tasks.

use std::pin::Pin;

use super::sleep::yield_now;
use crate::{Exception, Generator, Step};

/// As a task, a generator yields to the loop at each of its yields. What cancels the task is thrown into it.
impl<R: 'static> IntoFuture for Generator<(), (), R> {
    type Output = Result<R, Exception>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<R, Exception>>>>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut step = self.resume()?;
            loop {
                step = match step {
                    Step::Returned(result) => return Ok(result),
                    Step::Yielded(()) => match yield_now().await {
                        Ok(()) => self.resume()?,
                        Err(exception) => self.throw(exception)?,
                    },
                };
            }
        })
    }
}
