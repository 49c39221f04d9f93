//! Our answers to the same checks as the reader's.

mod answers {
    pub use tminus::lessons::lesson01_countdown::solution as lesson01;
    pub use tminus::lessons::lesson05_pull_pipeline::solution as lesson05;
    pub use tminus::lessons::lesson06_push_pipeline::solution as lesson06;
}

mod checks;
