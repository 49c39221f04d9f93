//! A hub that passes messages on to subscribers, through a queue for each. A supervisor restarts the subscribers that fail.
//!
//! ```console
//! cargo run --example pubsub
//! ```
//!
//! The clock is virtual: it jumps from one timer to the next, so the program is done at once.

use std::{collections::VecDeque, pin::Pin, rc::Rc, time::Duration};

use tminus::{
    EventLoop, Exception, Kind, ReturnWhen, Task, TaskGroup, clock::VirtualClock, sleep,
    spawn_named, sync::Queue, wait,
};

struct Message {
    topic: &'static str,
    text: String,
}

/// What the hub does when a subscriber's queue is full.
enum WhenFull {
    Wait,
    DropNewest,
    DropOldest,
}

struct Subscription {
    topic: &'static str,
    queue: Queue<Rc<Message>>,
    when_full: WhenFull,
}

#[derive(Default)]
struct Hub {
    subscriptions: Vec<Subscription>,
    dropped: u32,
}

impl Hub {
    /// Returns the queue of a new subscriber. A `size` of 0 means no limit.
    fn subscribe(
        &mut self,
        topic: &'static str,
        size: usize,
        when_full: WhenFull,
    ) -> Queue<Rc<Message>> {
        let queue = Queue::with_maxsize(size);
        self.subscriptions.push(Subscription {
            topic,
            queue: queue.clone(),
            when_full,
        });
        queue
    }

    async fn publish(&mut self, message: Message) -> Result<(), Exception> {
        let message = Rc::new(message);
        let interested = |one: &&Subscription| one.topic == message.topic;
        for Subscription {
            queue, when_full, ..
        } in self.subscriptions.iter().filter(interested)
        {
            match when_full {
                WhenFull::Wait => queue.put(message.clone()).await?,
                WhenFull::DropNewest => match queue.put_nowait(message.clone()) {
                    Err(full) if full == Kind::QueueFull => self.dropped += 1,
                    other => other?,
                },
                WhenFull::DropOldest => {
                    if queue.is_full() {
                        queue.get_nowait()?;
                        self.dropped += 1;
                    }
                    queue.put_nowait(message.clone())?;
                }
            }
        }
        Ok(())
    }

    /// Ends the loops of the subscribers, once they have received what is in their queues.
    fn close(&self) {
        for one in &self.subscriptions {
            one.queue.shutdown();
        }
    }
}

/// The supervisor restarts a child at most `RESTARTS` times in a period of `WITHIN`.
const RESTARTS: usize = 3;
const WITHIN: Duration = Duration::from_secs(10);

/// Creates the body of a child again for each restart.
type Child = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), Exception>>>>>;

/// Restarts each child that fails, and only that one.
#[derive(Default)]
struct Supervisor {
    children: Vec<(&'static str, Child)>,
}

impl Supervisor {
    fn child<F>(&mut self, name: &'static str, body: impl Fn() -> F + 'static)
    where
        F: Future<Output = Result<(), Exception>> + 'static,
    {
        let body = move || -> Pin<Box<dyn Future<Output = _>>> { Box::pin(body()) };
        self.children.push((name, Box::new(body)));
    }

    /// Returns the children in the order in which they ended, each with the exception of its last failure if it failed too often.
    async fn run(self) -> Result<Vec<(&'static str, Result<(), Exception>)>, Exception> {
        // The running tasks, and which child each is. (Not a `HashMap`: its order would change from run to run.)
        let mut tasks: Vec<(Task<()>, usize)> = Vec::new();
        let mut restarts = vec![VecDeque::new(); self.children.len()];
        let mut ended = Vec::new();
        for (index, (name, body)) in self.children.iter().enumerate() {
            tasks.push((spawn_named(name, body())?, index));
        }
        while !tasks.is_empty() {
            let running = tasks.iter().map(|(task, _)| task.clone());
            let first = wait(running).return_when(ReturnWhen::FirstCompleted);
            let (done, _) = first.await?;
            for task in done {
                // All handles of a task are equal.
                let place = tasks.iter().position(|(other, _)| *other == task);
                let (_, index) = tasks.remove(place.expect("it is one of these tasks"));
                let (name, body) = &self.children[index];
                let result = task.await;
                let now = EventLoop::running()?.time();
                let times = &mut restarts[index];
                times.retain(|&time| now - time < WITHIN);
                if result.is_ok() || times.len() == RESTARTS {
                    ended.push((*name, result));
                    continue;
                }
                times.push_back(now);
                tasks.push((spawn_named(name, body())?, index));
            }
        }
        Ok(ended)
    }
}

async fn counts(queue: Queue<Rc<Message>>) -> Result<(), Exception> {
    let mut count = 0;
    while queue.next().await?.is_some() {
        count += 1;
    }
    println!("the fast subscriber has received {count} messages");
    Ok(())
}

async fn takes_a_second_each(queue: Queue<Rc<Message>>) -> Result<(), Exception> {
    while let Some(message) = queue.next().await? {
        println!("the slow subscriber has received {}", message.text);
        sleep(Duration::from_secs(1)).await?;
    }
    Ok(())
}

async fn fails_at_a_five(queue: Queue<Rc<Message>>) -> Result<(), Exception> {
    while let Some(message) = queue.next().await? {
        if message.text.ends_with('5') {
            Err(format!("cannot stand {}", message.text))?;
        }
    }
    Ok(())
}

async fn app() -> Result<(), Exception> {
    let mut hub = Hub::default();
    let fast = hub.subscribe("news", 0, WhenFull::Wait);
    let slow = hub.subscribe("news", 4, WhenFull::DropOldest);
    let fragile = hub.subscribe("news", 4, WhenFull::DropNewest);
    let mut supervisor = Supervisor::default();
    supervisor.child("fast", move || counts(fast.clone()));
    supervisor.child("slow", move || takes_a_second_each(slow.clone()));
    supervisor.child("fragile", move || fails_at_a_five(fragile.clone()));

    let group = TaskGroup::new();
    let block = group.run(async {
        let ended = group.create_task(supervisor.run())?;
        for n in 0..60 {
            let text = format!("item {n}");
            hub.publish(Message {
                topic: "news",
                text,
            })
            .await?;
            sleep(Duration::from_millis(100)).await?;
        }
        hub.close();
        ended.await
    });
    for (name, result) in block.await? {
        match result {
            Ok(()) => println!("{name} ended"),
            Err(failure) => println!("{name} was given up: {failure}"),
        }
    }
    println!("{} messages were dropped", hub.dropped);
    Ok(())
}

pub fn main() -> Result<(), Exception> {
    EventLoop::with_clock(VirtualClock::new()).run(app())
}
