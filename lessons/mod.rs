#![doc = include_str!("README.md")]

pub mod lesson01_countdown;
