//! The reader's answers, red until they are right: `cargo test --test exercises lesson01`.

mod answers {
    pub use tminus::lessons::lesson01_countdown::exercise as lesson01;
    pub use tminus::lessons::lesson02_close::exercise as lesson02;
    pub use tminus::lessons::lesson03_send::exercise as lesson03;
    pub use tminus::lessons::lesson04_throw::exercise as lesson04;
    pub use tminus::lessons::lesson05_pull_pipeline::exercise as lesson05;
    pub use tminus::lessons::lesson06_push_pipeline::exercise as lesson06;
    pub use tminus::lessons::lesson07_averager::exercise as lesson07;
    pub use tminus::lessons::lesson08_yield_from::exercise as lesson08;
    pub use tminus::lessons::lesson09_round_robin::exercise as lesson09;
    pub use tminus::lessons::lesson10_tasks::exercise as lesson10;
    pub use tminus::lessons::lesson17_sync::exercise as lesson17;
}

mod checks;
