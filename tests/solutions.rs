//! Our answers to the same checks as the reader's.

mod answers {
    pub use tminus::lessons::lesson01_countdown::solution as lesson01;
    pub use tminus::lessons::lesson07_averager::solution as lesson07;
    pub use tminus::lessons::lesson08_yield_from::solution as lesson08;
    pub use tminus::lessons::lesson09_round_robin::solution as lesson09;
    pub use tminus::lessons::lesson10_tasks::solution as lesson10;
}

mod checks;
