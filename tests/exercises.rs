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
    pub use tminus::lessons::lesson11_timers::exercise as lesson11;
    pub use tminus::lessons::lesson12_event_loop::exercise as lesson12;
    pub use tminus::lessons::lesson13_futures::exercise as lesson13;
    pub use tminus::lessons::lesson14_tasks_on_the_loop::exercise as lesson14;
    pub use tminus::lessons::lesson15_async_await::exercise as lesson15;
    pub use tminus::lessons::lesson16_many::exercise as lesson16;
    pub use tminus::lessons::lesson17_sync::exercise as lesson17;
}

mod checks;
