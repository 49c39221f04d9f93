use std::collections::VecDeque;
use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::{cell::Cell, cell::RefCell, rc::Rc};

use futures_core::Stream;
use tminus_lessons::lesson15_async_await::{Cancelled, Executor, WakeCounter, yield_now};

use crate::lesson16::{Items, Merge, cancellable, items, merge, next, oneshot};

fn poll<F: Future + Unpin>(future: &mut F, wakes: &Arc<WakeCounter>) -> Poll<F::Output> {
    let waker = Waker::from(wakes.clone());
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

fn poll_next<S: Stream + Unpin>(stream: &mut S, wakes: &Arc<WakeCounter>) -> Poll<Option<S::Item>> {
    let waker = Waker::from(wakes.clone());
    Pin::new(stream).poll_next(&mut Context::from_waker(&waker))
}

// Exercise 1: `oneshot`.

#[test]
fn oneshot_resolves_to_what_is_sent_later() {
    let wakes = Arc::default();
    let (sender, mut word) = oneshot();
    assert_eq!(poll(&mut word, &wakes), Poll::Pending, "nothing was sent");
    sender.send("go!");
    assert_eq!(wakes.count(), 1, "wakes after the send");
    let polled = poll(&mut word, &wakes);
    assert_eq!(polled, Poll::Ready(Some("go!")), "the poll after the send");
}

#[test]
fn oneshot_does_not_wait_for_what_was_sent_before() {
    let wakes = Arc::default();
    let (sender, mut word) = oneshot();
    sender.send("go!");
    let polled = poll(&mut word, &wakes);
    assert_eq!(polled, Poll::Ready(Some("go!")), "the value is there");
    assert_eq!(wakes.count(), 0, "wakes, though nothing had to wait");
}

#[test]
fn oneshot_wakes_when_the_sender_is_dropped() {
    let wakes = Arc::default();
    let (sender, mut word) = oneshot::<&str>();
    assert_eq!(
        poll(&mut word, &wakes),
        Poll::Pending,
        "the sender is there"
    );
    drop(sender);
    assert_eq!(wakes.count(), 1, "wakes after the sender was dropped");
    let polled = poll(&mut word, &wakes);
    assert_eq!(polled, Poll::Ready(None), "the poll after the drop");
}

#[test]
fn oneshot_wakes_the_task_that_polled_last() {
    let (before, now) = (Arc::default(), Arc::default());
    let (sender, mut word) = oneshot();
    let polled = [poll(&mut word, &before), poll(&mut word, &now)];
    assert_eq!(polled, [Poll::Pending; 2], "two polls before the send");
    sender.send("go!");
    let counts = (before.count(), now.count());
    assert_eq!(counts, (0, 1), "wakes of the first waker and of the last");
}

/// A waker that polls immediately, as foreign code can. The waker keeps nothing that could not go to another thread.
struct PollsAtOnce;

thread_local! {
    static POLLED: RefCell<Option<Box<dyn FnMut() -> String>>> = const { RefCell::new(None) };
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

impl Wake for PollsAtOnce {
    fn wake(self: Arc<Self>) {
        let seen = POLLED.with_borrow_mut(|poll| poll.as_mut().map(|poll| poll()));
        SEEN.with_borrow_mut(|all| all.extend(seen));
    }
}

/// Returns a waker that calls `poll`. What `poll` returns goes to `SEEN`.
fn polls_at_once(poll: impl FnMut() -> String + 'static) -> Waker {
    POLLED.set(Some(Box::new(poll)));
    Waker::from(Arc::new(PollsAtOnce))
}

#[test]
fn oneshot_calls_the_waker_without_holding_a_borrow() {
    let (sender, word) = oneshot::<&str>();
    let word = Rc::new(RefCell::new(word));
    let its_word = word.clone();
    let waker = polls_at_once(move || {
        let polled = poll(&mut *its_word.borrow_mut(), &Arc::default());
        format!("{polled:?}")
    });
    let first = Pin::new(&mut *word.borrow_mut()).poll(&mut Context::from_waker(&waker));
    assert_eq!(first, Poll::Pending, "nothing was sent");
    sender.send("go!");
    assert_eq!(
        SEEN.take().join("\n"),
        "Ready(Some(\"go!\"))",
        "what a waker sees that polls the receiver at once"
    );
}

// Exercise 1: `cancellable`.

/// What `crew` says about a foreign future, and which tasks are polled. `chief` comes after `crew`.
fn crew_and_chief(
    crew: impl Future<Output = String> + 'static,
    chief: impl FnOnce(tminus_lessons::lesson15_async_await::Task) + 'static,
) -> String {
    let said = Rc::new(RefCell::new(String::new()));
    let its_said = said.clone();
    let mut executor = Executor::default();
    let task = executor.spawn("crew", async move {
        let outcome = crew.await;
        its_said.replace(outcome);
    });
    executor.spawn("chief", async move { chief(task) });
    let polled = executor.run().join(" ");
    format!(
        "{}, polled: {polled}, left: {:?}",
        said.take(),
        executor.left()
    )
}

#[test]
fn cancellable_raises_a_cancellation() {
    let crew = async { format!("{:?}", cancellable(pending::<()>()).await) };
    assert_eq!(
        crew_and_chief(crew, |task| task.cancel()),
        "Err(Cancelled), polled: crew chief crew, left: []",
        "`chief` cancels `crew`, which awaits a foreign future"
    );
}

#[test]
fn cancellable_passes_on_the_result() {
    let (sender, word) = oneshot();
    let crew = async { format!("{:?}", cancellable(word).await) };
    assert_eq!(
        crew_and_chief(crew, |_| sender.send("go!")),
        "Ok(Some(\"go!\")), polled: crew chief crew, left: []",
        "`chief` sends the word for which `crew` waits"
    );
}

#[test]
fn cancellable_drops_the_future_and_the_task_can_continue() {
    let dropped = Rc::new(Cell::new(false));
    let its_dropped = dropped.clone();
    let crew = async move {
        let guard = SetOnDrop(its_dropped.clone());
        let first = cancellable(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        let first = first.await;
        let is_dropped = its_dropped.get();
        let (sender, word) = oneshot();
        sender.send("go!");
        let second: Result<Option<&str>, Cancelled> = cancellable(word).await;
        format!("{first:?}, dropped: {is_dropped}, then {second:?}")
    };
    assert_eq!(
        crew_and_chief(crew, |task| task.cancel()),
        "Err(Cancelled), dropped: true, then Ok(Some(\"go!\")), \
         polled: crew chief crew, left: []",
        "`crew` is cancelled, looks if the future was dropped, and awaits another one"
    );
    assert!(dropped.get(), "the first future is dropped");
}

struct SetOnDrop(Rc<Cell<bool>>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

// Exercise 1: `items` and `next`.

#[test]
fn items_yields_in_order_and_then_waits() {
    let wakes = Arc::default();
    let (sender, mut items) = items();
    sender.send(3);
    sender.send(2);
    let polled = [(); 3].map(|()| poll_next(&mut items, &wakes));
    let ready = |item| Poll::Ready(Some(item));
    assert_eq!(
        polled,
        [ready(3), ready(2), Poll::Pending],
        "three polls after two items"
    );
    assert_eq!(wakes.count(), 0, "wakes, though nothing had to wait");
}

#[test]
fn items_wakes_for_each_item() {
    let wakes = Arc::default();
    let (sender, mut items) = items();
    for (n, item) in [(1, "fuel"), (2, "crew")] {
        let polled = poll_next(&mut items, &wakes);
        assert_eq!(polled, Poll::Pending, "the poll before item {n}");
        assert_eq!(wakes.count(), n - 1, "wakes before item {n}");
        sender.send(item);
        assert_eq!(wakes.count(), n, "wakes after item {n}");
        let polled = poll_next(&mut items, &wakes);
        assert_eq!(polled, Poll::Ready(Some(item)), "the poll after item {n}");
    }
}

#[test]
fn items_wakes_when_the_sender_is_dropped() {
    let wakes = Arc::default();
    let (sender, mut items) = items::<u32>();
    let polled = poll_next(&mut items, &wakes);
    assert_eq!(polled, Poll::Pending, "the sender is there");
    drop(sender);
    assert_eq!(wakes.count(), 1, "wakes after the sender was dropped");
    let polled = poll_next(&mut items, &wakes);
    assert_eq!(polled, Poll::Ready(None), "the poll after the drop");
}

#[test]
fn items_calls_the_waker_without_holding_a_borrow() {
    let (sender, items) = items::<u32>();
    let items = Rc::new(RefCell::new(items));
    let its_items = items.clone();
    let waker = polls_at_once(move || {
        let polled = poll_next(&mut *its_items.borrow_mut(), &Arc::default());
        format!("{polled:?}")
    });
    let waits = || {
        let mut cx = Context::from_waker(&waker);
        let polled = Pin::new(&mut *items.borrow_mut()).poll_next(&mut cx);
        assert_eq!(polled, Poll::Pending, "there is no item");
    };
    waits();
    sender.send(1);
    waits();
    drop(sender);
    assert_eq!(
        SEEN.take().join(" "),
        "Ready(Some(1)) Ready(None)",
        "what a waker sees that polls the stream at once: after an item, and after the drop of the sender"
    );
}

#[test]
fn items_yields_what_was_sent_before_the_end() {
    let wakes = Arc::default();
    let (sender, mut items) = items();
    let polled = poll_next(&mut items, &wakes);
    assert_eq!(polled, Poll::Pending, "nothing was sent");
    sender.send(1);
    sender.send(0);
    drop(sender);
    let polled = [(); 3].map(|()| poll_next(&mut items, &wakes));
    assert_eq!(
        polled,
        [Some(1), Some(0), None].map(Poll::Ready),
        "three polls after two items and the drop of the sender"
    );
}

#[test]
fn items_wakes_the_task_that_polled_last() {
    let (before, now) = (Arc::default(), Arc::default());
    let (sender, mut items) = items();
    let polled = [poll_next(&mut items, &before), poll_next(&mut items, &now)];
    assert_eq!(polled, [Poll::Pending; 2], "two polls before the item");
    sender.send(1);
    let counts = (before.count(), now.count());
    assert_eq!(counts, (0, 1), "wakes of the first waker and of the last");
}

#[test]
fn next_waits_for_an_item_and_resolves_to_none_at_the_end() {
    let (sender, mut items) = items();
    let heard: Rc<RefCell<Vec<u32>>> = Rc::default();
    let its_heard = heard.clone();
    let mut executor = Executor::default();
    executor.spawn("crew", async move {
        while let Some(item) = next(&mut items).await {
            its_heard.borrow_mut().push(item);
        }
    });
    executor.spawn("sensor", async move {
        for i in (1..=3).rev() {
            sender.send(i);
            yield_now().await;
        }
    });
    let polled = executor.run().join(" ");
    assert_eq!(*heard.borrow(), [3, 2, 1], "the items");
    assert_eq!(
        polled, "crew sensor crew sensor crew sensor crew sensor crew",
        "the polls"
    );
    assert_eq!(executor.left(), [""; 0], "tasks that still wait");
}

#[test]
fn next_drops_no_item_if_it_is_dropped_itself() {
    let wakes = Arc::default();
    let (sender, mut items) = items();
    let waker = Waker::from(Arc::<WakeCounter>::clone(&wakes));
    {
        let mut waits = pin!(next(&mut items));
        let polled = waits.as_mut().poll(&mut Context::from_waker(&waker));
        assert_eq!(polled, Poll::Pending, "nothing was sent");
        sender.send(1);
    }
    let polled = poll_next(&mut items, &wakes);
    assert_eq!(
        polled,
        Poll::Ready(Some(1)),
        "the item that was sent while `next` waited"
    );
}

// Exercise 2: `merge`.

/// A stream filled by the check. The stream counts its polls, and panics if polled after its end.
#[derive(Clone, Default)]
struct Script(Rc<ScriptState>);

#[derive(Default)]
struct ScriptState {
    steps: RefCell<VecDeque<Poll<Option<u32>>>>,
    polls: Cell<u32>,
    has_ended: Cell<bool>,
}

fn script(steps: impl IntoIterator<Item = Poll<Option<u32>>>) -> Script {
    let script = Script::default();
    script.0.steps.borrow_mut().extend(steps);
    script
}

impl Stream for Script {
    type Item = u32;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
        assert!(!self.0.has_ended.get(), "a stream is polled after its end");
        self.0.polls.set(self.0.polls.get() + 1);
        let step = self.0.steps.borrow_mut().pop_front();
        let step = step.unwrap_or(Poll::Pending);
        self.0.has_ended.set(step == Poll::Ready(None));
        step
    }
}

fn item(item: u32) -> Poll<Option<u32>> {
    Poll::Ready(Some(item))
}

const END: Poll<Option<u32>> = Poll::Ready(None);

fn polls(merged: &mut Merge<Script>, times: usize) -> String {
    let polls = (0..times).map(|_| format!("{:?}", poll_next(merged, &Arc::default())));
    polls.collect::<Vec<_>>().join(" ")
}

#[test]
fn merge_lets_streams_that_have_items_take_turns() {
    let first = script([item(1), item(2), END]);
    let second = script([item(10), item(20), END]);
    assert_eq!(
        polls(&mut merge(vec![first, second]), 5),
        "Ready(Some(1)) Ready(Some(10)) Ready(Some(2)) Ready(Some(20)) Ready(None)",
        "one stream has 1 and 2, the other one 10 and 20"
    );
}

#[test]
fn merge_polls_every_stream_before_it_is_pending() {
    let streams = [script([]), script([]), script([])];
    let polled = polls(&mut merge(streams.to_vec()), 1);
    let counts = streams.map(|stream| stream.0.polls.get());
    assert_eq!(
        (polled.as_str(), counts),
        ("Pending", [1, 1, 1]),
        "what `merge` returns, and how often it polled each of the three streams: only then each has the waker"
    );
}

#[test]
fn merge_goes_past_a_stream_that_is_pending() {
    let first = script([Poll::Pending, Poll::Pending, item(1), END]);
    let second = script([item(10), item(20), END]);
    assert_eq!(
        polls(&mut merge(vec![first, second]), 4),
        "Ready(Some(10)) Ready(Some(20)) Ready(Some(1)) Ready(None)",
        "the first stream is pending twice"
    );
}

#[test]
fn merge_ends_when_all_have_ended() {
    let first = script([END]);
    let second = script([Poll::Pending, item(10), END]);
    assert_eq!(
        polls(&mut merge(vec![first, second]), 3),
        "Pending Ready(Some(10)) Ready(None)",
        "the first stream ends at once, the second one later"
    );
}

#[test]
fn merge_of_nothing_is_at_its_end() {
    let polled = polls(&mut merge(Vec::new()), 1);
    assert_eq!(polled, "Ready(None)", "a merge of no streams");
}

#[test]
fn merge_is_woken_by_each_of_its_streams() {
    let wakes = Arc::default();
    let ((fuel, fuels), (crew, crews)) = (items(), items());
    let mut merged: Merge<Items<&str>> = merge(vec![fuels, crews]);
    let mut polled = || format!("{:?}", poll_next(&mut merged, &wakes));
    assert_eq!(polled(), "Pending", "no stream has an item");
    crew.send("crew is aboard");
    assert_eq!(wakes.count(), 1, "wakes after an item of the second stream");
    let polls = [polled(), polled()].join(" ");
    let item = "Ready(Some(\"crew is aboard\")) Pending";
    assert_eq!(polls, item, "two polls after one item");
    fuel.send("200 litres");
    assert_eq!(wakes.count(), 2, "wakes after an item of the first stream");
    let item = "Ready(Some(\"200 litres\"))";
    assert_eq!(polled(), item, "the poll after the second item");
}
