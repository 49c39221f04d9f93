//! Writing to a process and reading from it at the same time, so that neither waits for the other.

use std::{io::ErrorKind, rc::Rc};

use super::child::Child;
use crate::{
    Exception, gather, net,
    streams::{StreamReader, StreamWriter},
};

/// As in CPython: three tasks, and then the end of the process. What they have read is kept by the process until all is done, so
/// that it is not lost if this is cancelled.
pub(super) async fn communicate(
    child: Rc<Child>,
    stdin: Option<(StreamWriter, Vec<u8>)>,
    [stdout, stderr]: [Option<StreamReader>; 2],
) -> Result<(Vec<u8>, Vec<u8>), Exception> {
    let stdout = reads(stdout, child.clone(), 0);
    let stderr = reads(stderr, child.clone(), 1);
    gather((feeds(stdin), stdout, stderr)).await?;
    child.wait().await?;
    let [stdout, stderr] = &child.outputs;
    Ok((stdout.take(), stderr.take()))
}

async fn feeds(stdin: Option<(StreamWriter, Vec<u8>)>) -> Result<(), Exception> {
    let Some((stdin, input)) = stdin else {
        return Ok(());
    };
    if !input.is_empty() {
        stdin.write(input)?;
    }
    match stdin.drain().await {
        // The process did not want to read it all.
        Err(exception) if is_broken_pipe(&exception) => {}
        drained => drained?,
    }
    stdin.close();
    Ok(())
}

fn is_broken_pipe(exception: &Exception) -> bool {
    let kind = exception.downcast_ref().map(net::Error::kind);
    matches!(
        kind,
        Some(ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
    )
}

async fn reads(
    stream: Option<StreamReader>,
    child: Rc<Child>,
    which: usize,
) -> Result<(), Exception> {
    if let Some(stream) = stream {
        let read = stream.read_to_end().await?;
        child.outputs[which].borrow_mut().extend(read);
    }
    Ok(())
}
