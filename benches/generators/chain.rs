//! A resume with a value sent in, through a chain of generators each of which delegates to the next.

use tminus_benches::Comparison;

use crate::{
    contenders::{COROSENSEI, GENAWAITER_BOXED, HAND_WRITTEN, TMINUS},
    resume::sends,
};

/// A deeper chain overflows the machine stack, except with tminus.
const DEEPEST_RECURSION: u64 = 1_000;

pub fn comparison(depth: u64, runs: u64) -> Comparison {
    let mut contenders = vec![
        sends(HAND_WRITTEN, move || hand_written::chain(depth)),
        sends(GENAWAITER_BOXED, move || genawaiter::chain(depth)),
        sends(COROSENSEI, move || corosensei::chain(depth)),
        sends(TMINUS, move || tminus::chain(depth)),
    ];
    if depth > DEEPEST_RECURSION {
        contenders.retain(|contender| contender.name == TMINUS);
    }
    Comparison {
        name: format!("chain-{depth}"),
        title: format!("Resume with send through a chain of depth {depth} (target: as at depth 0)"),
        unit: "resume",
        units_per_run: 1,
        runs,
        baseline: COROSENSEI,
        contenders,
    }
}

pub mod hand_written {
    use crate::contenders::{
        Resumable,
        hand_written::{Accumulator, accumulator},
    };

    pub enum Chain {
        Delegates(Box<Chain>),
        Leaf(Accumulator),
    }

    pub fn chain(depth: u64) -> Chain {
        match depth {
            0 => Chain::Leaf(accumulator()),
            _ => Chain::Delegates(Box::new(chain(depth - 1))),
        }
    }

    impl Resumable for Chain {
        fn start(&mut self) -> Option<u64> {
            match self {
                Chain::Delegates(next) => next.start(),
                Chain::Leaf(leaf) => leaf.start(),
            }
        }

        #[inline(never)]
        fn send(&mut self, value: u64) -> Option<u64> {
            match self {
                Chain::Delegates(next) => next.send(value),
                Chain::Leaf(leaf) => leaf.send(value),
            }
        }
    }
}

pub mod genawaiter {
    use crate::contenders::{
        Resumable,
        genawaiter::{Boxed, boxed, boxed_accumulator},
    };

    pub fn chain(depth: u64) -> Boxed<u64> {
        if depth == 0 {
            return boxed_accumulator();
        }
        boxed(async move |co| {
            let mut next = chain(depth - 1);
            let mut step = next.start();
            while let Some(value) = step {
                step = next.send(co.yield_(value).await);
            }
        })
    }
}

pub mod corosensei {
    use corosensei::{Coroutine, Yielder};

    pub fn chain(depth: u64) -> Coroutine<u64, u64, ()> {
        Coroutine::new(move |yielder, _| level(yielder, depth))
    }

    fn level(yielder: &Yielder<u64, u64>, depth: u64) {
        if depth > 0 {
            level(yielder, depth - 1);
            return;
        }
        let mut sum = 0;
        loop {
            sum += yielder.suspend(sum);
        }
    }
}

pub mod tminus {
    use tminus::Generator;

    use crate::contenders::tminus::accumulator;

    pub fn chain(depth: u64) -> Generator<u64, u64> {
        if depth == 0 {
            return accumulator();
        }
        Generator::new(async move |co| co.yield_from(chain(depth - 1)).await)
    }
}
