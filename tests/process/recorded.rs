//! What CPython printed.

use std::{
    cell::RefCell,
    process::{Command, Stdio},
    rc::Rc,
};

use tminus::{
    Exception,
    process::create_subprocess_exec,
    run, spawn,
    streams::{open_connection, start_server},
    sync::{Event, Lock, Queue},
    yield_now,
};

use super::programs::recorded;

/// What a program prints.
#[derive(Clone, Default)]
struct Printed(Rc<RefCell<String>>);

impl Printed {
    fn line(&self, line: impl AsRef<str>) {
        let mut printed = self.0.borrow_mut();
        printed.push_str(line.as_ref().trim());
        printed.push('\n');
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn program_68_uses_a_stream_a_process_a_queue_a_lock_and_an_event() {
    let printed = Printed::default();
    run(program_68(printed.clone())).unwrap();
    assert_eq!(*printed.0.borrow(), recorded("68_high_level_api"));
}

async fn program_68(print: Printed) -> Result<(), Exception> {
    let echo = |reader: tminus::streams::StreamReader, writer: tminus::streams::StreamWriter| async move {
        loop {
            let line = reader.readline().await?;
            if line.is_empty() {
                writer.close();
                return Ok(());
            }
            writer.write(line.to_ascii_uppercase())?;
            writer.drain().await?;
        }
    };
    let server = start_server(echo, "127.0.0.1:0").await?;
    let (reader, writer) = open_connection(server.local_addrs()[0]).await?;
    writer.write(b"stream\n")?;
    print.line(text(&reader.readline().await?));
    writer.close();
    writer.wait_closed().await?;
    server.close();

    let mut cat = Command::new("cat");
    cat.stdin(Stdio::piped()).stdout(Stdio::piped());
    let process = create_subprocess_exec(cat).await?;
    let (out, _) = process.communicate(b"subprocess\n").await?;
    let returncode = process.returncode().unwrap();
    print.line(format!("{} {returncode}", text(&out).trim()));

    let queue = Queue::with_maxsize(1);
    let filled = queue.clone();
    let producer = spawn(async move {
        for n in 0..3 {
            filled.put(Some(n)).await?;
        }
        filled.put(None).await
    })?;
    while let Some(item) = queue.get().await? {
        print.line(format!("item {item}"));
    }
    producer.await?;

    let (lock, event) = (Lock::new(), Event::new());
    let (waits, out) = (event.clone(), print.clone());
    let waiter = spawn(async move {
        waits.wait().await?;
        let _guard = lock.acquire().await?;
        out.line("event seen, lock taken");
        Ok(())
    })?;
    yield_now().await?;
    event.set();
    waiter.await
}
