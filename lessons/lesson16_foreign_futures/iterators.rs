//! Small programs, which CPython and the demo run: async iterators. In Rust an async iterator is a `Stream`, with
//! `poll_next` for `__anext__`.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tminus::{Exception, sleep};
use tminus_lessons::{lesson11_timers::programs::ms, lesson16_foreign_futures::next};

/// Five numbers that are known already, so that no poll is pending.
#[derive(Default)]
pub struct AsyncIterable {
    count: usize,
}

impl Stream for AsyncIterable {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
        const DATA: [u32; 5] = [0, 8, 3, 9, 5];
        let data = DATA.get(self.count).copied();
        self.count += 1;
        Poll::Ready(data) // at the end `None`: Python's `StopAsyncIteration`
    }
}

/// Prints five numbers. The error at the end of the Python program is one of the compiler here: a type without
/// `poll_next` is no stream.
pub async fn async_for() -> Result<(), Exception> {
    let mut numbers = AsyncIterable::default();
    while let Some(data) = next(&mut numbers).await {
        println!("{data}");
    }
    Ok(())
}

/// Reads numbers, each of which takes 2 ms.
#[derive(Default)]
pub struct Reader {
    count: u32,
    reading: Option<ReadLine>, // the line that is being read
}

type ReadLine = Pin<Box<dyn Future<Output = Result<u32, Exception>>>>;

async fn readline(count: u32) -> Result<u32, Exception> {
    sleep(ms(2)).await?;
    Ok(count + 1)
}

impl Stream for Reader {
    type Item = Result<u32, Exception>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let count = self.count;
        let reading = self
            .reading
            .get_or_insert_with(|| Box::pin(readline(count)));
        let line = ready!(reading.as_mut().poll(cx)); // if it is pending, the next poll continues it
        self.reading = None;
        Poll::Ready(match line {
            Ok(10) => None,
            Ok(count) => {
                self.count = count;
                Some(Ok(count))
            }
            Err(exception) => Some(Err(exception)),
        })
    }
}

/// Prints the numbers that a reader reads.
pub async fn read_lines() -> Result<(), Exception> {
    let mut reader = Reader::default();
    while let Some(line) = next(&mut reader).await {
        println!("{}", line?);
    }
    Ok(())
}
