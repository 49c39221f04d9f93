//! Ten million rounds of what long-lived programs do over and over, with the heap in view: memory has to stay flat.
//!
//! The heap is looked at after a tenth of the rounds, and at the end. What is left in between is a leak, or a table that grows
//! without need. `cargo bench -p tminus-benches --bench soak -- 1000000 gather` does fewer rounds, of one kind only.
#![forbid(unsafe_code)]

use std::{env, fs, process::ExitCode, rc::Rc, time::Duration};

use tminus::{
    Co, EventLoop, Exception, Generator, Kind, TaskScheduler,
    clock::VirtualClock,
    gather, sleep, spawn,
    sync::{Lock, Queue, Semaphore},
    timeout, yield_now,
};
use tminus_benches::{Table, heap};

const ROUNDS: u64 = 10_000_000;

/// More than this between the two looks is no noise.
const SLACK: f64 = 64.0 * 1024.0;

/// Does some rounds of one kind on a loop that exists.
type Work = fn(&EventLoop, u64) -> Result<(), Exception>;

const KINDS: [(&str, Work); 9] = [
    ("spawn", |on, rounds| on.run_until_complete(spawns(rounds))),
    ("cancel", |on, rounds| {
        on.run_until_complete(cancels(rounds))
    }),
    ("timeout", |on, rounds| {
        on.run_until_complete(times_out(rounds))
    }),
    ("gather", |on, rounds| {
        on.run_until_complete(gathers(rounds))
    }),
    ("queue", |on, rounds| {
        on.run_until_complete(passes_items(rounds))
    }),
    ("locks", |on, rounds| on.run_until_complete(locks(rounds))),
    ("callback", |on, rounds| {
        on.run_until_complete(calls_back(rounds))
    }),
    ("generator", |_, rounds| generators(rounds)),
    ("scheduler", |_, rounds| schedules(rounds)),
];

fn main() -> ExitCode {
    let mut args: Vec<String> = env::args().skip(1).collect();
    // `cargo bench` adds it; `cargo test --benches` does not, and looks only whether it runs.
    let benches = args.pop_if(|last| *last == "--bench").is_some();
    let number = args.first().and_then(|first| first.parse().ok());
    let names = &args[usize::from(number.is_some())..];
    let rounds = number.unwrap_or(if benches { ROUNDS } else { 1_000 });
    let columns = [
        "",
        "bytes of heap in use, after a tenth",
        "and after all",
        "KiB of memory, after a tenth",
        "and after all",
    ];
    let mut table = Table::new(&format!("{rounds} rounds of each"), &columns);
    let mut is_flat = true;
    for (name, work) in KINDS {
        if !names.is_empty() && !names.iter().any(|start| name.starts_with(start.as_str())) {
            continue;
        }
        let on = EventLoop::with_clock(VirtualClock::new());
        let does = |rounds| {
            heap(|| work(&on, rounds).expect("the work goes well"))
                .0
                .bytes
        };
        let early = does(rounds / 10);
        let early_memory = resident();
        let late = early + does(rounds - rounds / 10);
        is_flat &= late - early <= SLACK;
        let cells = [early, late, early_memory, resident()].map(|number| format!("{number:.0}"));
        table.row(name, cells);
    }
    println!("{table}");
    if is_flat {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn spawns(rounds: u64) -> Result<(), Exception> {
    for n in 0..rounds {
        let task = spawn(async move {
            yield_now().await?;
            Ok(n)
        })?;
        assert_eq!(task.await?, n);
    }
    Ok(())
}

/// Each task cleans up, and takes a turn for that.
async fn cancels(rounds: u64) -> Result<(), Exception> {
    for _ in 0..rounds {
        let task = spawn(async {
            let slept = sleep(Duration::from_secs(1)).await;
            yield_now().await?;
            slept
        })?;
        yield_now().await?;
        task.cancel();
        assert!(
            task.await
                .is_err_and(|exception| exception == Kind::Cancelled)
        );
    }
    Ok(())
}

/// Every second one comes too late.
async fn times_out(rounds: u64) -> Result<(), Exception> {
    for n in 0..rounds {
        let limit = Duration::from_millis(1 + n % 2 * 2);
        let slept = timeout(limit).run(sleep(Duration::from_millis(2))).await;
        assert_eq!(slept.is_ok(), n % 2 == 1);
    }
    Ok(())
}

async fn gathers(rounds: u64) -> Result<(), Exception> {
    for n in 0..rounds {
        let both = (async move { Ok(n) }, async move {
            sleep(Duration::from_millis(1)).await?;
            Ok(n + 1)
        });
        assert_eq!(gather(both).await?, (n, n + 1));
    }
    Ok(())
}

async fn passes_items(rounds: u64) -> Result<(), Exception> {
    let queue = Queue::with_maxsize(2);
    let items = queue.clone();
    let producer = spawn(async move {
        for n in 0..rounds {
            items.put(n).await?;
        }
        Ok(())
    })?;
    for n in 0..rounds {
        assert_eq!(queue.get().await?, n);
    }
    producer.await
}

/// A lock that is contended, and a semaphore whose second waiter is cancelled in each round.
async fn locks(rounds: u64) -> Result<(), Exception> {
    let (lock, permits) = (Rc::new(Lock::new()), Rc::new(Semaphore::new(1)));
    for _ in 0..rounds {
        let held = (lock.acquire().await?, permits.acquire().await?);
        let (other, others) = (lock.clone(), permits.clone());
        let waits = spawn(async move { other.acquire().await.map(drop) })?;
        let leaves = spawn(async move { others.acquire().await.map(drop) })?;
        yield_now().await?;
        leaves.cancel();
        drop(held);
        waits.await?;
        assert!(leaves.await.is_err());
    }
    Ok(())
}

async fn calls_back(rounds: u64) -> Result<(), Exception> {
    let on = EventLoop::running()?;
    let future = |n| {
        let future = on.create_future();
        let set = future.clone();
        let handle = on.call_later(Duration::from_millis(1), move || set.set_result(n))?;
        Ok::<_, Exception>((future, handle))
    };
    for n in 0..rounds {
        let (kept, _) = future(n)?;
        let (_, cancelled) = future(n)?;
        cancelled.cancel();
        kept.add_done_callback(|_| Ok(()));
        assert_eq!(kept.await?, n);
    }
    Ok(())
}

/// Each is left in the middle, and cleans up when it is dropped.
fn generators(rounds: u64) -> Result<(), Exception> {
    for n in 0..rounds {
        let mut generator = Generator::new(async move |co: Co<u64>| {
            let yielded = co.yield_(n).await;
            if yielded.is_err() {
                drop(Box::new(n)); // the clean-up
            }
            yielded
        });
        assert_eq!(generator.next().transpose()?, Some(n));
    }
    Ok(())
}

fn schedules(rounds: u64) -> Result<(), Exception> {
    let mut scheduler = TaskScheduler::new();
    for n in 0..rounds {
        scheduler.spawn(Generator::new(async move |co: Co<()>| {
            co.yield_(()).await?;
            Ok(n)
        }));
        scheduler.run();
    }
    Ok(())
}

/// Returns the memory of this process in KiB, as the system counts it, or zero if there is no `/proc`.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or_default()
}
