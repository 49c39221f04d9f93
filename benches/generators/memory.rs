//! Heap memory: of a started accumulator, of a level of delegation, of a resume.

use tminus_benches::{Heap, Table, heap};

use crate::{
    chain,
    contenders::{
        COROSENSEI, GENAWAITER, GENAWAITER_BOXED, HAND_WRITTEN, Resumable, TMINUS, corosensei,
        genawaiter, hand_written, tminus,
    },
};

const GENERATORS: usize = 1_000;
const RESUMES: u64 = 1_000;
const DEPTH: u64 = 1_000;

/// (The stacks of corosensei are mapped, and not on the heap.)
pub fn table() -> Table {
    let mut table = Table::new(
        "Heap memory (target: 112 bytes a generator, 120 a level, no allocation a resume)",
        &[
            "",
            "bytes inline",
            "bytes per generator",
            "allocations",
            "bytes per level",
            "allocations",
            "allocations per resume",
        ],
    );
    row(
        &mut table,
        HAND_WRITTEN,
        hand_written::accumulator,
        Some(per_level(chain::hand_written::chain)),
    );
    row(&mut table, GENAWAITER, genawaiter::accumulator, None);
    row(
        &mut table,
        GENAWAITER_BOXED,
        genawaiter::boxed_accumulator,
        Some(per_level(chain::genawaiter::chain)),
    );
    row(
        &mut table,
        COROSENSEI,
        corosensei::accumulator,
        Some(per_level(chain::corosensei::chain)),
    );
    row(
        &mut table,
        TMINUS,
        tminus::accumulator,
        Some(per_level(chain::tminus::chain)),
    );
    table
}

fn row<G: Resumable>(table: &mut Table, name: &str, make: fn() -> G, level: Option<Heap>) {
    let generator = per_generator(make);
    table.row(
        name,
        [
            size_of::<G>().to_string(),
            format!("{:.0}", generator.bytes),
            format!("{:.0}", generator.allocations),
            level.map_or("–".into(), |level| format!("{:.1}", level.bytes)),
            level.map_or("–".into(), |level| format!("{:.2}", level.allocations)),
            format!("{:.2}", per_resume(make).allocations),
        ],
    );
}

fn started<G: Resumable>(mut generator: G) -> G {
    generator.start();
    generator
}

fn per_generator<G: Resumable>(make: fn() -> G) -> Heap {
    let mut generators = Vec::with_capacity(GENERATORS);
    let (taken, ()) = heap(|| generators.extend((0..GENERATORS).map(|_| started(make()))));
    taken / GENERATORS as f64
}

/// What the levels take beyond what the generator that they lead to takes.
fn per_level<G: Resumable>(chain: fn(u64) -> G) -> Heap {
    let [deep, flat] = [DEPTH, 0].map(|depth| heap(|| started(chain(depth))).0);
    (deep - flat) / DEPTH as f64
}

fn per_resume<G: Resumable>(make: fn() -> G) -> Heap {
    let mut generator = started(make());
    let (taken, ()) = heap(|| {
        for i in 0..RESUMES {
            generator.send(i);
        }
    });
    taken / RESUMES as f64
}
