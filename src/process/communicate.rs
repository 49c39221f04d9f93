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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Kind, net::UnixStream, simulation::Simulation, spawn, streams::from_socket, yield_now,
    };

    /// So the task learns of it, and a later `communicate` can write more.
    #[test]
    fn a_cancellation_while_the_input_is_written_is_raised_and_leaves_it_open() {
        let program = async {
            let (input, _nobody_reads) = UnixStream::pair()?;
            let (_, writer) = from_socket(input).await?;
            let feeds = spawn(feeds(Some((writer.clone(), vec![0; 1 << 20]))))?;
            yield_now().await?;
            assert!(writer.get_write_buffer_size() > 0);
            feeds.cancel();
            assert_eq!(feeds.await.unwrap_err().kind(), Kind::Cancelled);
            assert!(!writer.is_closing());
            Ok(())
        };
        Simulation::new(1).run(program).0.unwrap();
    }
}
