//! The reader's answers, red until they are right: `cargo test --test exercises lesson01`.

mod answers {
    pub use tminus::lessons::lesson01_countdown::exercise as lesson01;
}

mod checks;
