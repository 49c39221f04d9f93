//! One way to solve the exercises.
