//! One way: a writer sends chunks, a reader takes them, and neither waits for an answer.

use std::cell::Cell;
use std::rc::Rc;

use tminus::EventLoop;
use tminus_benches::{Comparison, Contender, digest, report, take_digest};

use crate::contenders::{
    Loop, async_executor::Executor, streams::Streams, tokio::Tokio, tokio_buffered::TokioBuffered,
};

/// Compares how fast chunks of this size go through one connection.
pub fn one_way(size: u64, chunks: u64) -> Comparison {
    Comparison {
        name: format!("one-way-{size}"),
        title: format!("A chunk of {size} bytes, one way"),
        unit: "chunk",
        units_per_run: 1,
        runs: chunks,
        baseline: Streams::NAME,
        contenders: vec![
            sends::<Streams>(size),
            sends::<EventLoop>(size),
            sends::<TokioBuffered>(size),
            sends::<Tokio>(size),
            sends::<Executor>(size),
        ],
    }
}

type Ends<L> = Rc<(
    Cell<Option<<L as Loop>::Stream>>,
    Cell<Option<<L as Loop>::Stream>>,
)>;

fn sends<L: Loop>(size: u64) -> Contender {
    let size = usize::try_from(size).expect("it fits into memory");
    Contender::new(L::NAME, move || {
        let on = L::new();
        let ends: Ends<L> = on.run(connect::<L>());
        move |chunks| {
            let (all, ends) = (on.clone(), ends.clone());
            on.run(async move {
                let writes = all.spawn(writes::<L>(ends.clone(), size, chunks));
                report(reads::<L>(&ends, size, chunks).await);
                writes.await;
                take_digest()
            })
        }
    })
}

async fn connect<L: Loop>() -> Ends<L> {
    let (listener, at) = L::listen().await;
    let left = L::connect(at).await;
    let right = L::accept(&listener).await;
    Rc::new((Cell::new(Some(left)), Cell::new(Some(right))))
}

const THERE: &str = "one task at a time uses it";

async fn writes<L: Loop>(ends: Ends<L>, size: usize, chunks: u64) {
    let mut stream = ends.0.take().expect(THERE);
    let mut chunk = vec![b'T'; size];
    for number in 0..chunks {
        chunk[..8].copy_from_slice(&number.to_le_bytes());
        L::write_all(&mut stream, &chunk).await;
    }
    ends.0.set(Some(stream));
}

/// Returns a digest of the numbers of the chunks.
async fn reads<L: Loop>(ends: &Ends<L>, size: usize, chunks: u64) -> u64 {
    let mut stream = ends.1.take().expect(THERE);
    let (mut chunk, mut numbers) = (vec![0; size], 0);
    for _ in 0..chunks {
        numbers = digest(numbers, L::read_numbered(&mut stream, &mut chunk).await);
    }
    ends.1.set(Some(stream));
    numbers
}
