//! The reader's answers, red until they are right: `cargo test --test exercises lesson01`.

mod answers {
    pub use tminus::lessons::lesson01_countdown::exercise as lesson01;
    pub use tminus::lessons::lesson05_pull_pipeline::exercise as lesson05;
    pub use tminus::lessons::lesson06_push_pipeline::exercise as lesson06;
}

mod checks;
