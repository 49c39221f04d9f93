//! Reads that end early, and one that does not end.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson20_selector::echo::reports;
use tminus_lessons::lesson20_selector::simulated::Network;
use tminus_lessons::lesson20_selector::{Executor, Loop, Socket, Source, naive};

/// Awaits a future, for `delay` at most. Returns `None` if the future is not done then: it is dropped.
pub async fn timeout<T>(on: &Loop, delay: Duration, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut sleep) = (pin!(future), pin!(on.sleep(delay)));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => sleep.as_mut().poll(cx).map(|()| None),
    })
    .await
}

/// Reads with a timeout of 10 ms, again and again.
pub async fn read_impatiently(on: Rc<Loop>, stream: Source<Socket>) -> io::Result<()> {
    let (mut word, mut buffer) = (Vec::new(), [0; 16]);
    while word.len() < 9 {
        match timeout(&on, ms(10), stream.read(&mut buffer)).await {
            Some(n) => word.extend_from_slice(&buffer[..n?]),
            None => println!("{} ms: cancelled", on.now().as_millis()),
        }
    }
    println!("crew: {}", String::from_utf8_lossy(&word));
    Ok(())
}

/// Reads all nine bytes of the word, with a timeout of 10 ms, until it is 60 ms.
pub async fn read_exact_impatiently(on: Rc<Loop>, stream: Source<Socket>) -> io::Result<()> {
    let mut word = [0; 9];
    while on.now() < ms(60) {
        match timeout(&on, ms(10), stream.read_exact(&mut word)).await {
            Some(result) => return result,
            None => println!("{} ms: cancelled", on.now().as_millis()),
        }
    }
    println!("crew: no word");
    Ok(())
}

/// Runs a task that reads from a socket. Each number is a time at which three bytes of the word arrive.
pub fn of_three<F: Future<Output = io::Result<()>> + 'static>(
    times: [u64; 3],
    task: impl FnOnce(Rc<Loop>, Source<Socket>) -> F,
) -> io::Result<()> {
    let network = Network::default();
    let mut executor = Executor::new(network.selector()?)?;
    let (ours, _theirs) = network.pair();
    for (at, bytes) in times.into_iter().zip(["T-m", "inu", "s 3"]) {
        network.arrives(ms(at), &ours, bytes.as_bytes());
    }
    let on = executor.handle();
    let stream = Source::new(&on, ours)?;
    on.spawn("crew", reports(task(on.clone(), stream)));
    for left in executor.run() {
        println!("{left} waits for something that cannot come");
    }
    Ok(())
}

/// Reads 8000 bytes, 16 at a time, while another task sleeps. A call of the system takes 0.1 ms here.
pub fn flood(by_turns: bool) -> io::Result<()> {
    let network = Network::new(Duration::from_micros(100));
    let mut executor = Executor::new(network.selector()?)?;
    let (ours, _theirs) = network.pair();
    network.arrives(ms(0), &ours, &[b'!'; 8000]);
    let on = executor.handle();
    let stream = Source::new(&on, ours)?;
    on.spawn("clock", naive::tick(on.clone()));
    let its_on = on.clone();
    on.spawn("reader", async move {
        let (mut left, mut buffer) = (8000, [0; 16]);
        while left > 0 {
            let read = match by_turns {
                true => stream.read(&mut buffer).await,
                false => naive::read_greedily(&stream, &mut buffer).await,
            };
            left -= read.expect("the connection is open");
        }
        println!("{} ms: all is read", its_on.now().as_millis());
    });
    executor.run();
    Ok(())
}
