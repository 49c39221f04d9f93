//! Our answers to the same checks as the reader's.

mod answers {
    pub use tminus::lessons::lesson01_countdown::solution as lesson01;
    pub use tminus::lessons::lesson07_averager::solution as lesson07;
    pub use tminus::lessons::lesson08_yield_from::solution as lesson08;
}

mod checks;
