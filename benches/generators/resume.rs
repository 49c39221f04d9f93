//! A resume with a value sent in.

use tminus_benches::{Comparison, Contender, digest};

use crate::contenders::{
    COROSENSEI, GENAWAITER, GENAWAITER_BOXED, HAND_WRITTEN, Resumable, TMINUS, corosensei,
    genawaiter, hand_written, tminus,
};

pub fn comparison(runs: u64) -> Comparison {
    Comparison {
        name: "resume".into(),
        title: "Resume with send (target: 1.2 × the boxed genawaiter, 70 instructions)".into(),
        unit: "resume",
        units_per_run: 1,
        runs,
        baseline: GENAWAITER_BOXED,
        contenders: vec![
            sends(HAND_WRITTEN, hand_written::accumulator),
            sends(GENAWAITER, genawaiter::accumulator),
            sends(GENAWAITER_BOXED, genawaiter::boxed_accumulator),
            sends(COROSENSEI, corosensei::accumulator),
            sends(TMINUS, tminus::accumulator),
        ],
    }
}

/// Sends 0, 1, 2, … to one and the same generator.
pub fn sends<G: Resumable + 'static>(
    name: &'static str,
    make: impl Fn() -> G + 'static,
) -> Contender {
    Contender::new(name, move || {
        let mut generator = make();
        generator.start();
        move |runs| {
            (0..runs).fold(0, |sum, i| {
                let value = generator.send(i);
                digest(sum, value.expect("an accumulator never ends"))
            })
        }
    })
}
