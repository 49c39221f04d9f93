//! Servers, and how they end.

use std::{cell::RefCell, rc::Rc, time::Duration};

use tminus::{
    EventLoop, Exception, Kind, TaskGroup,
    event_loop::{TaskRef, current_task, next},
    gather, sleep, spawn,
    streams::{StreamReader, StreamWriter, open_unix_connection, start_unix_server},
    wait, wait_for, yield_now,
};

use crate::log::{Log, broken, in_time, ms, name, py, say, shown, text};

pub async fn an_echo_server(log: Log) -> Result<(), Exception> {
    let serves = log.clone();
    let server = start_unix_server(
        move |reader, writer| {
            let log = serves.clone();
            async move {
                say!(log, "connected");
                loop {
                    let line = reader.readline().await?;
                    if line.is_empty() {
                        break;
                    }
                    writer.write(line.to_ascii_uppercase())?;
                    writer.drain().await?;
                }
                writer.close();
                writer.wait_closed().await?;
                say!(log, "served");
                Ok(())
            }
        },
        "tower.sock",
    )
    .await?;
    let clients = (0..3).map(|number| {
        let log = log.clone();
        async move {
            let (reader, writer) = open_unix_connection("tower.sock").await?;
            say!(log, "open {number}");
            for word in ["alpha", "beta"] {
                writer.write(format!("{word} {number}\n"))?;
                say!(log, "echo {}", shown(&reader.readline().await?));
            }
            writer.close();
            writer.wait_closed().await?;
            say!(log, "closed {number}");
            Ok(())
        }
    });
    gather(clients.collect::<Vec<_>>()).await?;
    say!(log, "serving {}", py(server.is_serving()));
    server.close();
    server.wait_closed().await?;
    say!(log, "serving {}", py(server.is_serving()));
    Ok(())
}

pub async fn a_server_waits_for_its_clients(log: Log) -> Result<(), Exception> {
    let serves = log.clone();
    let server = start_unix_server(
        move |reader, writer| {
            let log = serves.clone();
            async move {
                say!(log, "request {}", shown(&reader.readline().await?));
                sleep(ms(5)).await?;
                writer.write("done\n")?;
                writer.close();
                Ok(())
            }
        },
        "tower.sock",
    )
    .await?;
    let (reader, writer) = open_unix_connection("tower.sock").await?;
    writer.write("slow\n")?;
    sleep(ms(1)).await?;
    server.close();
    server.close();
    say!(log, "closed {}", py(server.is_serving()));
    let waits = |number| {
        let (log, server) = (log.clone(), server.clone());
        async move {
            server.wait_closed().await?;
            say!(log, "over {number}");
            Ok(())
        }
    };
    let waiting = vec![spawn(waits(0))?, spawn(waits(1))?];
    say!(log, "answer {}", shown(&reader.read_to_end().await?));
    writer.close();
    gather(waiting).await?;
    waits(2).await
}

pub async fn close_clients(log: Log) -> Result<(), Exception> {
    let serves = log.clone();
    let server = start_unix_server(
        move |reader, writer| {
            let log = serves.clone();
            async move {
                writer.write("welcome\n")?;
                say!(log, "handler got {}", shown(&reader.read_to_end().await?));
                Ok(())
            }
        },
        "tower.sock",
    )
    .await?;
    let (reader, writer) = open_unix_connection("tower.sock").await?;
    say!(log, "client got {}", shown(&reader.readline().await?));
    server.close_clients();
    server.close();
    say!(log, "closing");
    server.wait_closed().await?;
    say!(log, "over");
    say!(log, "client got {}", shown(&reader.read_to_end().await?));
    writer.close();
    writer.wait_closed().await
}

pub async fn abort_clients(log: Log) -> Result<(), Exception> {
    let serves = log.clone();
    let server = start_unix_server(
        move |reader, writer| {
            let log = serves.clone();
            async move {
                sleep(ms(2)).await?;
                say!(log, "handler got {}", shown(&reader.read(100).await?));
                if let Err(error) = broken(writer.drain().await)? {
                    say!(log, "handler {} {}", name(&error), text(&error));
                }
                Ok(())
            }
        },
        "tower.sock",
    )
    .await?;
    let (reader, writer) = open_unix_connection("tower.sock").await?;
    writer.write("hello")?;
    sleep(ms(1)).await?;
    server.abort_clients();
    server.close();
    server.wait_closed().await?;
    say!(log, "over");
    match broken(reader.read(100).await)? {
        Ok(data) => say!(log, "client got {}", shown(&data)),
        Err(error) => say!(log, "client {}", name(&error)),
    }
    writer.close();
    sleep(ms(5)).await
}

pub async fn serve_forever_cancelled(log: Log) -> Result<(), Exception> {
    let serves = log.clone();
    let server = start_unix_server(
        move |reader, writer| {
            let log = serves.clone();
            async move {
                say!(log, "request {}", shown(&reader.readline().await?));
                sleep(ms(10)).await?;
                writer.write("bye\n")?;
                writer.close();
                Ok(())
            }
        },
        "tower.sock",
    )
    .await?;
    let (forever, serves) = (log.clone(), server.clone());
    let serving = spawn(async move {
        let ended = serves.serve_forever().await;
        if let Err(error) = &ended
            && error.kind() == Kind::Cancelled
        {
            say!(forever, "cancelled {}", py(serves.is_serving()));
        }
        ended
    })?;
    let (reader, writer) = open_unix_connection("tower.sock").await?;
    writer.write("please\n")?;
    sleep(ms(2)).await?;
    say!(
        log,
        "twice: {}",
        name(&server.serve_forever().await.unwrap_err())
    );
    serving.cancel();
    say!(log, "answer {}", shown(&reader.read_to_end().await?));
    writer.close();
    wait([&serving]).await?;
    say!(log, "over {}", py(serving.cancelled()));
    say!(
        log,
        "closed: {}",
        name(&server.serve_forever().await.unwrap_err())
    );
    Ok(())
}

pub async fn a_closed_server_refuses(log: Log) -> Result<(), Exception> {
    let early = open_unix_connection("tower.sock")
        .await
        .map(drop)
        .unwrap_err();
    say!(log, "early: {}", name(&early));
    let serves = log.clone();
    let server = start_unix_server(
        move |_reader, writer| {
            let log = serves.clone();
            async move {
                say!(log, "accepted");
                writer.close();
                Ok(())
            }
        },
        "tower.sock",
    )
    .await?;
    let (reader, writer) = open_unix_connection("tower.sock").await?;
    say!(log, "first {}", shown(&reader.read_to_end().await?));
    writer.close();
    let client = |number: u32| {
        let log = log.clone();
        spawn(async move {
            let visit = async {
                let (reader, _writer) = open_unix_connection("tower.sock").await?;
                say!(log, "open {number}");
                say!(log, "got {number} {}", shown(&reader.read_to_end().await?));
                Ok(())
            };
            if let Err(error) = broken(visit.await)? {
                say!(log, "late {number} {}", name(&error));
            }
            Ok(())
        })
    };
    let late = [client(0)?, client(1)?];
    yield_now().await?;
    server.close();
    say!(log, "closed");
    let [first, second] = late;
    gather((server_closed(server), first, second, client(2)?)).await?;
    say!(log, "over");
    Ok(())
}

async fn server_closed(server: tminus::streams::Server) -> Result<(), Exception> {
    server.wait_closed().await
}

pub async fn a_handler_fails(log: Log) -> Result<(), Exception> {
    let reports = log.clone();
    EventLoop::running()?.set_exception_handler(move |context| {
        let error = context.exception();
        say!(
            reports,
            "{}: {} {}",
            context.message(),
            name(error),
            text(error)
        );
    });
    // It is the end of the task that closes the connection, and not that of the writer.
    let writers: Rc<RefCell<Vec<StreamWriter>>> = Rc::default();
    let handler = move |reader: StreamReader, writer| {
        writers.borrow_mut().push(writer);
        async move {
            let line = reader.readline().await?;
            Err(Exception::new(Kind::ValueError, shown(&line)))
        }
    };
    let server = start_unix_server(handler, "tower.sock").await?;
    for number in 0..2 {
        let (reader, writer) = open_unix_connection("tower.sock").await?;
        writer.write(format!("bad {number}\n"))?;
        say!(log, "client got {}", shown(&reader.read_to_end().await?));
        writer.close();
        writer.wait_closed().await?;
    }
    server.close();
    server.wait_closed().await?;
    say!(log, "over");
    Ok(())
}

pub async fn a_handler_is_cancelled(log: Log) -> Result<(), Exception> {
    let reports = log.clone();
    EventLoop::running()?.set_exception_handler(move |context| {
        say!(reports, "reported {}", context.message());
    });
    let handlers: Rc<RefCell<Vec<TaskRef>>> = Rc::default();
    let writers: RefCell<Vec<StreamWriter>> = RefCell::default();
    let (serves, running) = (log.clone(), handlers.clone());
    let server = start_unix_server(
        move |reader, writer| {
            let (log, running) = (serves.clone(), running.clone());
            writers.borrow_mut().push(writer);
            async move {
                running.borrow_mut().push(current_task()?);
                let line = reader.readline().await;
                say!(log, "left");
                line.map(drop)
            }
        },
        "tower.sock",
    )
    .await?;
    let (reader, writer) = open_unix_connection("tower.sock").await?;
    sleep(ms(1)).await?;
    handlers.borrow()[0].cancel();
    say!(log, "client got {}", shown(&reader.read_to_end().await?));
    writer.close();
    writer.wait_closed().await?;
    server.close();
    server.wait_closed().await?;
    say!(log, "over");
    Ok(())
}

pub async fn a_relay(log: Log) -> Result<(), Exception> {
    let writers: Rc<RefCell<Vec<(u32, StreamWriter)>>> = Rc::default();
    let count = Rc::new(std::cell::Cell::new(0));
    let server = start_unix_server(
        move |reader, writer| {
            let (writers, own) = (writers.clone(), count.get());
            count.set(own + 1);
            async move {
                writers.borrow_mut().push((own, writer.clone()));
                let mut lines = reader.lines();
                while let Some(line) = next(&mut lines).await {
                    let line = line?;
                    for (other, writer) in writers.borrow().iter() {
                        if *other != own {
                            writer.write(&line)?;
                        }
                    }
                }
                writers.borrow_mut().retain(|(other, _)| *other != own);
                writer.close();
                Ok(())
            }
        },
        "tower.sock",
    )
    .await?;
    let group = TaskGroup::new();
    let block = async {
        for number in 0..3 {
            let log = log.clone();
            group.create_task(async move {
                let (reader, writer) = open_unix_connection("tower.sock").await?;
                sleep(ms(number + 1)).await?;
                writer.write(format!("{number} is here\n"))?;
                let limit = Duration::from_micros(4500 + 100 * number);
                while let Some(line) = in_time(wait_for(reader.readline(), limit).await)? {
                    say!(log, "{number} hears {}", shown(&line));
                }
                writer.close();
                say!(log, "{number} leaves");
                Ok(())
            })?;
        }
        Ok(())
    };
    group.run(block).await?;
    server.close();
    server.wait_closed().await?;
    say!(log, "over");
    Ok(())
}
