use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io::{Read, Write};
use std::rc::Rc;
use std::task::Poll;
use std::{pin::pin, time::Duration};

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson20_selector::Socket;
use tminus_lessons::lesson20_selector::echo::Listener;
use tminus_lessons::lesson20_selector::late::WakesLate;
use tminus_lessons::lesson20_selector::simulated::Network;

use crate::lesson20::{Executor, Loop, Source, relay};

/// What the tasks of a check say, line by line.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    /// Adds a line with the time.
    fn at(&self, on: &Loop, line: impl AsRef<str>) {
        let line = format!("{} ms: {}", on.now().as_millis(), line.as_ref());
        self.0.borrow_mut().push(line);
    }

    #[track_caller]
    fn check(&self, left: Vec<&str>, want: &[&str]) {
        let (got, want) = (self.0.borrow().join("\n  "), want.join("\n  "));
        assert!(
            got == want,
            "what your tasks said:\n  {got}\nexpected:\n  {want}"
        );
        let left = left.join(", ");
        assert!(left.is_empty(), "these tasks of yours are left: {left}");
    }
}

/// A loop on a network in memory.
fn on(network: &Network) -> (Executor, Rc<Loop>, Log) {
    let selector = network.selector().expect("a selector");
    let executor = Executor::new(selector).expect("an executor");
    let on = executor.handle();
    (executor, on, Log::default())
}

/// Reads until the socket is closed or `count` bytes have come, at most `size` at a time, and says what it got.
async fn says(on: Rc<Loop>, log: Log, stream: Rc<Source<Socket>>, size: usize, mut count: usize) {
    let mut buffer = vec![0; size];
    while count > 0 {
        let n = stream.when_ready(|io| io.read(&mut buffer)).await;
        let n = n.expect("a simulated socket does not fail");
        log.at(&on, String::from_utf8_lossy(&buffer[..n]));
        count = if n == 0 { 0 } else { count - n };
    }
}

#[test]
fn sleeps_end_by_deadline() {
    let (mut executor, on, log) = on(&Network::default());
    for (name, delay) in [("long", 30), ("short", 10), ("middle", 20)] {
        let (its_on, log) = (on.clone(), log.clone());
        on.spawn(name, async move {
            its_on.sleep(ms(delay)).await;
            log.at(&its_on, name);
        });
    }
    let left = executor.run();
    log.check(left, &["10 ms: short", "20 ms: middle", "30 ms: long"]);
}

#[test]
fn the_loop_waits_for_a_socket_and_for_a_timer_at_the_same_time() {
    let network = Network::default();
    let (mut executor, on, log) = on(&network);
    let (ours, _theirs) = network.pair();
    network.arrives(ms(30), &ours, b"go!");
    let ours = Rc::new(Source::new(&on, ours).unwrap());
    on.spawn("crew", says(on.clone(), log.clone(), ours, 16, 3));
    for delay in [10, 50] {
        let (its_on, log) = (on.clone(), log.clone());
        on.spawn("clock", async move {
            its_on.sleep(ms(delay)).await;
            log.at(&its_on, "tick");
        });
    }
    let left = executor.run();
    log.check(left, &["10 ms: tick", "30 ms: go!", "50 ms: tick"]);
}

#[test]
fn when_ready_tries_before_it_waits() {
    let network = Network::default();
    let (mut executor, on, log) = on(&network);
    let (ours, _theirs) = network.pair();
    network.arrives(ms(5), &ours, b"T-minus 3");
    let ours = Rc::new(Source::new(&on, ours).unwrap());
    on.spawn("crew", says(on.clone(), log.clone(), ours, 4, 9));
    let left = executor.run();
    log.check(left, &["5 ms: T-mi", "5 ms: nus ", "5 ms: 3"]);
}

#[test]
fn when_ready_tries_once_for_each_event() {
    let network = Network::default();
    let (mut executor, on, log) = on(&network);
    let ((first, _a), (second, _b)) = (network.pair(), network.pair());
    network.arrives(ms(5), &first, b"a");
    network.arrives(ms(10), &second, b"b");
    for (name, socket) in [("first", first), ("second", second)] {
        let source = Source::new(&on, socket).unwrap();
        let (its_on, log) = (on.clone(), log.clone());
        on.spawn(name, async move {
            let mut attempts = 0;
            let read = source.when_ready(|io| {
                attempts += 1;
                io.read(&mut [0; 4])
            });
            read.await.unwrap();
            log.at(&its_on, format!("{name}: {attempts} attempts"));
        });
    }
    let left = executor.run();
    log.check(
        left,
        &["5 ms: first: 2 attempts", "10 ms: second: 2 attempts"],
    );
}

#[test]
fn a_source_is_watched_for_room_and_for_bytes() {
    let network = Network::default();
    let (mut executor, on, log) = on(&network);
    let (ours, _theirs) = network.pair();
    network.full_until(ms(10), &ours);
    network.arrives(ms(20), &ours, b"ok!");
    let ours = Rc::new(Source::new(&on, ours).unwrap());
    let (its_on, its_log) = (on.clone(), log.clone());
    on.spawn("crew", async move {
        let sent = ours.when_ready(|io| io.write(b"go!")).await;
        its_log.at(&its_on, format!("sent {} bytes", sent.unwrap()));
        says(its_on, its_log, ours, 16, 3).await;
    });
    let left = executor.run();
    log.check(left, &["10 ms: sent 3 bytes", "20 ms: ok!"]);
}

#[test]
fn an_event_wakes_all_tasks_that_wait_for_the_source() {
    let network = Network::default();
    let (mut executor, on, log) = on(&network);
    let (ours, _theirs) = network.pair();
    network.arrives(ms(5), &ours, b"ab");
    let ours = Rc::new(Source::new(&on, ours).unwrap());
    for name in ["first", "second"] {
        on.spawn(name, says(on.clone(), log.clone(), ours.clone(), 1, 1));
    }
    let left = executor.run();
    log.check(left, &["5 ms: a", "5 ms: b"]);
}

#[test]
fn run_returns_the_tasks_that_wait_for_what_cannot_come() {
    let network = Network::default();
    let (mut executor, on, log) = on(&network);
    let (ours, _theirs) = network.pair();
    network.arrives(ms(5), &ours, b"go!");
    let ours = Rc::new(Source::new(&on, ours).unwrap());
    on.spawn("crew", says(on.clone(), log.clone(), ours, 16, 4));
    on.spawn("clock", async {});
    let left = executor.run().join(" ");
    assert!(
        left == "crew",
        "the tasks that are left with you: {left}, expected: crew"
    );
    log.check(Vec::new(), &["5 ms: go!"]);
}

#[test]
fn a_read_that_is_dropped_has_taken_nothing() {
    let network = Network::default();
    let (mut executor, on, log) = on(&network);
    let (ours, _theirs) = network.pair();
    network.arrives(ms(15), &ours, b"go!");
    let ours = Rc::new(Source::new(&on, ours).unwrap());
    let (its_on, its_log) = (on.clone(), log.clone());
    on.spawn("crew", async move {
        let mut buffer = [0; 16];
        {
            let mut read = pin!(ours.when_ready(|io| io.read(&mut buffer)));
            let polled = poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx).is_pending())).await;
            assert!(polled, "no byte is there at 0 ms");
        } // it is dropped here
        its_on.sleep(ms(20)).await;
        says(its_on, its_log, ours, 16, 3).await;
    });
    let left = executor.run();
    log.check(left, &["20 ms: go!"]);
}

#[test]
fn a_task_that_always_has_something_to_read_leaves_the_clock_a_turn() {
    let network = Network::new(Duration::from_micros(100));
    let (mut executor, on, log) = on(&network);
    let (ours, _theirs) = network.pair();
    network.arrives(ms(0), &ours, &[b'!'; 500]);
    let ours = Source::new(&on, ours).unwrap();
    let (its_on, its_log) = (on.clone(), log.clone());
    on.spawn("reader", async move {
        for _ in 0..500 {
            let read = ours.when_ready(|io| io.read(&mut [0; 1]));
            read.await.unwrap();
        }
        its_log.at(&its_on, "all is read");
    });
    let (its_on, its_log, in_time) = (on.clone(), log.clone(), Rc::new(Cell::new(false)));
    let is_in_time = in_time.clone();
    on.spawn("clock", async move {
        its_on.sleep(ms(10)).await;
        is_in_time.set(its_on.now() < ms(20));
        its_log.0.borrow_mut().push("tick".to_owned());
    });
    let left = executor.run();
    log.check(left, &["tick", "50 ms: all is read"]);
    assert!(in_time.get(), "the tick is due at 10 ms, and came after 20");
}

#[test]
fn a_task_that_was_woken_twice_has_one_turn() {
    let (mut executor, on, log) = on(&Network::default());
    for (name, wakes) in [("twice", 2), ("once", 1)] {
        let (its_on, its_log, mut turns) = (on.clone(), log.clone(), 0);
        on.spawn(
            name,
            poll_fn(move |cx| {
                its_log.at(&its_on, name);
                turns += 1;
                if turns == 3 {
                    return Poll::Ready(());
                }
                (0..wakes).for_each(|_| cx.waker().wake_by_ref());
                Poll::Pending
            }),
        );
    }
    let left = executor.run();
    log.check(left, &["0 ms: twice", "0 ms: once"].repeat(3));
}

#[test]
fn a_task_can_spawn_tasks() {
    let network = Network::default();
    let (mut executor, on, log) = on(&network);
    let listener = Source::new(&on, network.listen()).unwrap();
    let (its_on, its_log) = (on.clone(), log.clone());
    on.spawn("server", async move {
        for _ in 0..2 {
            let stream = listener.when_ready(|io| io.accept()).await.unwrap();
            let stream = Rc::new(Source::new(&its_on, stream).unwrap());
            let says = says(its_on.clone(), its_log.clone(), stream, 16, 4);
            its_on.spawn("connection", says);
        }
    });
    let mut clients = [network.connect(), network.connect()];
    for (client, word) in clients.iter_mut().zip(["crew", "base"]) {
        client.write_all(word.as_bytes()).unwrap();
    }
    let left = executor.run();
    log.check(left, &["5 ms: crew", "5 ms: base"]);
}

/// The wake comes after the loop has looked at its ready queue, and before it waits. If nobody rings the alarm, the
/// loop sleeps until its next deadline. The deadline keeps this from hanging, and is far away, so that a slow machine
/// does not reach it.
#[test]
fn a_waker_on_another_thread_ends_the_wait() {
    let (selector, place) = WakesLate::new().unwrap();
    let mut executor = Executor::new(selector).unwrap();
    let on = executor.handle();
    let (its_on, awake) = (on.clone(), Rc::new(Cell::new(None)));
    let woken_at = awake.clone();
    on.spawn("crew", async move {
        let mut sleep = pin!(its_on.sleep(Duration::from_secs(20)));
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            if polls == 1 {
                place.replace(Some(cx.waker().clone()));
                return sleep.as_mut().poll(cx);
            }
            Poll::Ready(())
        })
        .await;
        woken_at.set(Some(its_on.now()));
    });
    executor.run();
    let at = awake.get().expect("it has its second turn");
    let late = at >= Duration::from_secs(20);
    assert!(
        !late,
        "the wake came on another thread, and the loop slept on until its next deadline"
    );
}

// Exercise 2: `relay`.

/// Runs a relay between two sockets. Each word arrives at one of them; says what the relay has passed on.
fn relayed(words: &[(u64, bool, &str)], want: &[&str]) {
    let network = Network::default();
    let (mut executor, on, log) = on(&network);
    let ((left, crew), (right, tower)) = (network.pair(), network.pair());
    for (at, is_left, word) in words {
        let socket = if *is_left { &left } else { &right };
        network.arrives(ms(*at), socket, word.as_bytes());
    }
    let left = Source::new(&on, left).unwrap();
    let right = Source::new(&on, right).unwrap();
    on.spawn("relay", async move { relay(left, right).await.unwrap() });
    let crew = Rc::new(Source::new(&on, crew).unwrap());
    let tower = Rc::new(Source::new(&on, tower).unwrap());
    on.spawn("crew", says(on.clone(), log.clone(), crew, 16, 3));
    on.spawn("tower", says(on.clone(), log.clone(), tower, 16, 3));
    let left = executor.run();
    log.check(left, want);
}

#[test]
fn relay_passes_on_from_the_right() {
    relayed(
        &[(10, false, "go!"), (20, true, "ok!")],
        &["15 ms: go!", "25 ms: ok!"],
    );
}

#[test]
fn relay_passes_on_in_any_order() {
    relayed(
        &[
            (10, true, "o"),
            (11, false, "g"),
            (30, true, "k!"),
            (31, false, "o!"),
        ],
        &["15 ms: o", "16 ms: g", "35 ms: k!", "36 ms: o!"],
    );
}

/// Checks the order of what is heard, if one side always has bytes, the other side has one word, and a clock ticks.
fn flooded(flood_is_left: bool) {
    let network = Network::new(Duration::from_micros(100));
    let (mut executor, on, log) = on(&network);
    let (mut from_left, mut from_right) = (network.pair(), network.pair());
    if !flood_is_left {
        std::mem::swap(&mut from_left, &mut from_right);
    }
    let ((flood, hears_word), (word, hears_flood)) = (from_left, from_right);
    network.arrives(ms(0), &flood, &[b'!'; 8000]);
    network.arrives(ms(0), &word, b"go!");
    let flood = Source::new(&on, flood).unwrap();
    let word = Source::new(&on, word).unwrap();
    let (left, right) = match flood_is_left {
        true => (flood, word),
        false => (word, flood),
    };
    on.spawn("relay", async move { relay(left, right).await.unwrap() });
    for (line, socket, count) in [
        ("the word", hears_word, 3),
        ("the end of the flood", hears_flood, 8000),
    ] {
        let (socket, its_log) = (Source::new(&on, socket).unwrap(), log.clone());
        on.spawn(line, async move {
            let (mut left, mut buffer) = (count, [0; 1000]);
            while left > 0 {
                left -= socket.when_ready(|io| io.read(&mut buffer)).await.unwrap();
            }
            its_log.0.borrow_mut().push(line.to_owned());
        });
    }
    let (its_on, its_log) = (on.clone(), log.clone());
    on.spawn("clock", async move {
        its_on.sleep(ms(20)).await;
        its_log.0.borrow_mut().push("tick".to_owned());
    });
    let left = executor.run();
    log.check(left, &["the word", "tick", "the end of the flood"]);
}

#[test]
fn relay_hears_the_right_side_while_the_left_one_never_pauses() {
    flooded(true);
}

#[test]
fn relay_hears_the_left_side_while_the_right_one_never_pauses() {
    flooded(false);
}
