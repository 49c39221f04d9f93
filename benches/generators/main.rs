//! Generators: what a resume, a level of delegation, a tree walk and a generator's life cost, beside the peers.
#![forbid(unsafe_code)]

mod chain;
mod contenders;
mod creation;
mod memory;
mod resume;
mod tree;

use creation::Life;
use std::process::ExitCode;

use tminus_benches::{Comparison, Suite};
use tree::Shape;

fn main() -> ExitCode {
    Suite {
        name: "generators",
        timed,
        counted,
        tables: &[("memory", memory::table)],
    }
    .run()
}

fn timed() -> Vec<Comparison> {
    vec![
        resume::comparison(1_000_000),
        chain::comparison(1, 1_000_000),
        chain::comparison(10, 200_000),
        chain::comparison(100, 20_000),
        chain::comparison(1_000, 4_000),
        tree::comparison(Shape::Balanced, (1 << 20) - 1),
        tree::comparison(Shape::LeftList, 10_000),
        tree::comparison(Shape::RightList, 10_000),
        creation::comparison(Life::NeverStarted, 10_000),
        creation::comparison(Life::ToTheEnd, 10_000),
        creation::comparison(Life::HalfWay, 10_000),
        // Last, because after it the heap is such that whatever is created next is scattered too.
        tree::comparison(Shape::Scattered, (1 << 20) - 1),
    ]
}

fn counted() -> Vec<Comparison> {
    vec![
        resume::comparison(10_000),
        chain::comparison(1, 10_000),
        chain::comparison(1_000, 500),
        chain::comparison(1_000_000, 10_000),
        tree::comparison(Shape::Balanced, (1 << 12) - 1),
        tree::comparison(Shape::LeftList, 1_000),
        tree::comparison(Shape::RightList, 1_000),
        creation::comparison(Life::NeverStarted, 1_000),
        creation::comparison(Life::ToTheEnd, 1_000),
        creation::comparison(Life::HalfWay, 1_000),
    ]
}
