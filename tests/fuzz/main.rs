//! Random inputs against models: generators, loop programs, the streams' parser, schedules, and the names in timelines.
//!
//! Each model is written here, in another way than the crate, and is as simple as possible. The inputs are those of proptest,
//! which shrinks an input that fails. (`cargo fuzz` is not used, because it needs a nightly compiler.)
//!
//! ```sh
//! cargo test --test fuzz                                         # a few hundred inputs each, always the same
//! PROPTEST_CASES=100000 cargo test --release --test fuzz         # more of them
//! PROPTEST_CASES=100000 PROPTEST_RNG_SEED=7 cargo test --release --test fuzz    # others
//! ```
//!
//! An input that has failed once is kept as an ordinary test beside its property. There are further fuzzers beside what they
//! test: `src/timers/tests/`, `src/event_loop/tasks/tests/`, `tests/sync/cancelling_everywhere.rs`, `tests/scheduler.rs`, and the
//! options of `countdown-demo`.

mod generators;
mod loops;
#[cfg(feature = "timeline")]
mod names;
mod schedules;
mod streams;

use proptest::{prelude::*, test_runner::RngSeed};

/// So many cases, and always the same, unless `PROPTEST_CASES` and `PROPTEST_RNG_SEED` say otherwise.
fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let is_set = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig {
        cases: if is_set { default.cases } else { cases },
        rng_seed: match default.rng_seed {
            RngSeed::Random => RngSeed::Fixed(21),
            seed @ RngSeed::Fixed(_) => seed,
        },
        failure_persistence: None,
        ..default
    }
}
