//! Delegation by calls: steps 1 and 2 of the page. The body that delegates drives its sub-generator.

use tminus_lessons::lesson07_averager::{Co, Exception, Generator, Step};

/// What a body can do besides yielding: delegate to another generator.
pub trait YieldFrom<Y, S> {
    /// Lets `sub` take this body's place until it finishes, and returns its result.
    fn yield_from<R>(&self, sub: Generator<Y, S, R>) -> impl Future<Output = Result<R, Exception>>;
}

impl<Y, S: Default> YieldFrom<Y, S> for Co<Y, S> {
    async fn yield_from<R>(&self, mut sub: Generator<Y, S, R>) -> Result<R, Exception> {
        let mut step = sub.resume();
        loop {
            let value = match step? {
                Step::Yielded(value) => value,
                Step::Returned(result) => return Ok(result),
            };
            step = match self.yield_(value).await {
                Ok(sent) => sub.send(sent),
                Err(Exception::GeneratorExit) => {
                    return sub.close().and(Err(Exception::GeneratorExit));
                }
                Err(exception) => sub.throw(exception),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tminus_lessons::lesson08_yield_from::parts::iterate;

    /// Yields each value sent in, reports each error that it catches, and finishes when `None` is sent.
    fn echo() -> Generator<String, Option<&'static str>, usize> {
        Generator::new(async |co: Co<String, Option<&str>>| {
            let mut answer = "ready".to_owned();
            for count in 0.. {
                answer = match co.yield_(answer).await {
                    Ok(Some(word)) => word.to_owned(),
                    Ok(None) => return Ok(count),
                    Err(Exception::Error(error)) => format!("caught: {error}"),
                    Err(other) => return Err(other),
                }
            }
            Ok(0)
        })
    }

    fn through<Y: 'static, S: Default + 'static, R: 'static>(
        sub: Generator<Y, S, R>,
    ) -> Generator<Y, S, R> {
        Generator::new(async move |co| co.yield_from(sub).await)
    }

    fn yielded(word: &str) -> Step<String, usize> {
        Step::Yielded(word.to_owned())
    }

    #[test]
    fn send_throw_and_the_result_pass_through() {
        let mut g = through(through(echo()));
        assert_eq!(g.start().unwrap(), yielded("ready"));
        assert_eq!(g.send(Some("hello")).unwrap(), yielded("hello"));
        let caught = "caught: an error occurred when formatting an argument";
        assert_eq!(g.throw(std::fmt::Error).unwrap(), yielded(caught));
        assert_eq!(g.send(None).unwrap(), Step::Returned(2));
        assert!(matches!(g.resume(), Err(Exception::StopIteration)));
    }

    #[test]
    fn an_exception_that_nobody_catches_passes_outwards() {
        let mut g = through(through(iterate([1, 2])));
        assert_eq!(g.start().unwrap(), Step::Yielded(1));
        assert!(matches!(g.throw(std::fmt::Error), Err(Exception::Error(_))));
        assert!(matches!(g.resume(), Err(Exception::StopIteration)));
    }
}
