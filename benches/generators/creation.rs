//! The whole life of a generator that yields at most one value.

use std::hint::black_box;

use tminus_benches::{Comparison, Contender, digest};

use crate::contenders::{
    COROSENSEI, GENAWAITER, GENAWAITER_BOXED, HAND_WRITTEN, Resumable, TMINUS, corosensei,
    genawaiter, hand_written, tminus,
};

/// How far a generator gets before it is dropped.
#[derive(Clone, Copy)]
pub enum Life {
    NeverStarted,
    /// Dropped while it waits at its `yield`.
    HalfWay,
    ToTheEnd,
}

pub fn comparison(life: Life, runs: u64) -> Comparison {
    let (name, title) = match life {
        Life::NeverStarted => ("never-started", "made and dropped"),
        Life::HalfWay => (
            "half-way",
            "made, started and dropped (target: 1,230 instructions)",
        ),
        Life::ToTheEnd => (
            "to-the-end",
            "made, run to its end and dropped (target: 910 instructions)",
        ),
    };
    Comparison {
        name: format!("create-{name}"),
        title: format!("A generator {title}"),
        unit: "generator",
        units_per_run: 1,
        runs,
        baseline: GENAWAITER_BOXED,
        contenders: vec![
            lives(HAND_WRITTEN, life, hand_written::once),
            lives(GENAWAITER, life, genawaiter::once),
            lives(GENAWAITER_BOXED, life, genawaiter::boxed_once),
            lives(COROSENSEI, life, corosensei::once),
            lives(TMINUS, life, tminus::once),
        ],
    }
}

fn lives<G: Resumable + 'static>(
    name: &'static str,
    life: Life,
    make: impl Fn(u64) -> G + Copy + 'static,
) -> Contender {
    Contender::new(name, move || {
        move |runs| (0..runs).fold(0, |sum, i| digest(sum, live(make(black_box(i)), life)))
    })
}

fn live<G: Resumable>(mut generator: G, life: Life) -> u64 {
    // Where it is never looked at, the compiler could leave it out.
    let generator = black_box(&mut generator);
    match life {
        Life::NeverStarted => 0,
        Life::HalfWay => generator.start().expect("it gives one value"),
        Life::ToTheEnd => {
            let value = generator.start().expect("it gives one value");
            assert_eq!(generator.send(0), None, "it gives one value");
            value
        }
    }
}
