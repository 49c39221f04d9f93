//! The sockets of async-net, which bring a reactor on a thread of its own, under tasks of tminus.

use std::{net::Shutdown, time::Duration};

use async_net::{TcpListener, TcpStream};
use futures::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, StreamExt, io::BufReader};
use tminus::{Exception, Kind, event_loop::cancellable, gather, run, sleep, spawn, wait_for};

async fn shout(mut stream: TcpStream) -> Result<(), Exception> {
    let mut lines = BufReader::new(stream.clone()).lines();
    while let Some(line) = lines.next().await {
        let answer = line?.to_uppercase() + "\n";
        stream.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

async fn serve(listener: TcpListener) -> Result<(), Exception> {
    loop {
        let (stream, _) = listener.accept().await?;
        spawn(shout(stream))?;
    }
}

async fn client(mut stream: TcpStream) -> Result<String, Exception> {
    for n in (0..10).rev() {
        stream
            .write_all(format!("t-minus {n}\n").as_bytes())
            .await?;
        sleep(Duration::from_micros(100)).await?;
    }
    stream.shutdown(Shutdown::Write)?;
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await?;
    Ok(answers)
}

#[test]
fn fifty_clients_and_a_server() {
    let answers = run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        spawn(serve(listener))?;
        let clients =
            (0..50).map(|_| async move { client(TcpStream::connect(address).await?).await });
        gather(clients.collect::<Vec<_>>()).await
    })
    .unwrap();
    let expected: String = (0..10).rev().map(|n| format!("T-MINUS {n}\n")).collect();
    assert_eq!(answers, vec![expected; 50]);
}

#[test]
fn a_limit_drops_what_it_waits_for() {
    let late = run(async {
        let silent = TcpListener::bind("127.0.0.1:0").await?;
        let accept = async move { Ok(silent.accept().await?.1) };
        wait_for(accept, Duration::from_millis(10)).await
    });
    assert_eq!(late.unwrap_err().kind(), Kind::Timeout);
}

#[test]
fn a_cancellation_can_be_caught() {
    let caught = run(async {
        let silent = TcpListener::bind("127.0.0.1:0").await?;
        let waits = spawn(async move {
            match cancellable(silent.accept()).await {
                Err(cancelled) => Ok(cancelled.kind()),
                Ok(_) => unreachable!("nobody connects"),
            }
        })?;
        sleep(Duration::from_millis(1)).await?;
        waits.cancel();
        waits.await
    });
    assert_eq!(caught.unwrap(), Kind::Cancelled);
}
