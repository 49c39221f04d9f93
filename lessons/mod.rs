#![doc = include_str!("README.md")]

pub mod lesson01_countdown;
pub mod lesson05_pull_pipeline;
