//! What the programs share: their log, pairs of streams, and Python's names.

use std::{cell::RefCell, io::ErrorKind, rc::Rc, time::Duration};

use tminus::{
    EventLoop, Exception, Kind,
    net::{self, UnixStream},
    streams::{StreamReader, StreamWriter, from_socket},
};

/// No program says more. One of them would forever, if its task that is expected to end it were cancelled.
const MOST_LINES: usize = 1000;

/// What a program has said.
#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<Vec<Line>>>);

struct Line {
    milliseconds: u128,
    round: u64,
    text: String,
}

impl Log {
    pub fn say(&self, text: String) {
        let event_loop = EventLoop::running().expect("a program runs in a loop");
        assert!(self.0.borrow().len() < MOST_LINES, "it says this forever");
        self.0.borrow_mut().push(Line {
            milliseconds: event_loop.time().as_millis(),
            round: event_loop.rounds(),
            text,
        });
    }

    /// Returns `true` if no task that could say something is left.
    #[allow(dead_code, reason = "not every test uses it")]
    pub fn is_only_handle(&self) -> bool {
        Rc::strong_count(&self.0) == 1
    }

    /// As the recorder writes them: the rounds count from the first line.
    #[allow(dead_code, reason = "likewise")]
    pub fn lines(&self) -> Vec<String> {
        let lines = self.0.borrow();
        let first = lines.first().map_or(0, |line| line.round);
        let line = |line: &Line| {
            let (milliseconds, round) = (line.milliseconds, line.round - first);
            format!("{milliseconds} {round} {}", line.text)
        };
        lines.iter().map(line).collect()
    }
}

/// Says something like `println!`.
macro_rules! say {
    ($log:expr, $($text:tt)*) => { $log.say(format!($($text)*)) };
}
pub(crate) use say;

pub type Stream = (StreamReader, StreamWriter);

/// Two connected ends.
pub async fn pair(limit: usize) -> Result<(Stream, Stream), Exception> {
    let (left, right) = UnixStream::pair()?;
    let left = from_socket(left).limit(limit).await?;
    Ok((left, from_socket(right).limit(limit).await?))
}

/// asyncio's limit of a reader.
pub const LIMIT: usize = 1 << 16;

pub fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub fn shown(data: &[u8]) -> String {
    data.escape_ascii().to_string()
}

/// Python's `True` and `False`.
pub fn py(is_so: bool) -> &'static str {
    if is_so { "True" } else { "False" }
}

/// `type(e).__name__`
pub fn name(exception: &Exception) -> &str {
    match exception.downcast_ref::<net::Error>().map(net::Error::kind) {
        Some(ErrorKind::BrokenPipe) => "BrokenPipeError",
        Some(ErrorKind::ConnectionReset) => "ConnectionResetError",
        Some(ErrorKind::ConnectionRefused) => "ConnectionRefusedError",
        Some(ErrorKind::NotFound) => "FileNotFoundError",
        Some(_) | None => exception.name(),
    }
}

/// `str(e)`: an error of the network says here with whom it was, too.
pub fn text(exception: &Exception) -> String {
    let text = exception.message().into_owned();
    match exception.is::<net::Error>() {
        true => text.rsplit(": ").next().unwrap_or_default().to_owned(),
        false => text,
    }
}

/// Returns the exception if it is an error of the network, which Python's programs catch as `ConnectionError`.
pub fn broken<T>(result: Result<T, Exception>) -> Result<Result<T, Exception>, Exception> {
    match result {
        Err(exception) if !exception.is::<net::Error>() => Err(exception),
        result => Ok(result),
    }
}

/// Returns `None` if the time is up.
pub fn in_time<T>(result: Result<T, Exception>) -> Result<Option<T>, Exception> {
    match result {
        Ok(result) => Ok(Some(result)),
        Err(exception) if exception.kind() == Kind::Timeout => Ok(None),
        Err(exception) => Err(exception),
    }
}
