//! What the lessons say, tested: one module a lesson.

#[path = "../support/mod.rs"]
mod support;

mod lesson01;
