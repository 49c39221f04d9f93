//! The checks of the exercises, one module a lesson. `exercises.rs` puts the reader's answers to them, `solutions.rs`
//! ours. Each check fails until its exercise is solved.

mod lesson01;
mod lesson02;
mod lesson03;
mod lesson04;
mod lesson05;
mod lesson06;
mod lesson07;
mod lesson08;
mod lesson09;
mod lesson10;
mod lesson11;
mod lesson12;
mod lesson13;
mod lesson14;
mod lesson15;
mod lesson16;
mod lesson17;
mod lesson18;
mod lesson19;
mod lesson20;
mod lesson21;
#[cfg(unix)]
mod lesson22;
mod lesson23;
mod lesson24;
