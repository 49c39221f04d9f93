//! What keeps other crates from implementing the traits of this module.

/// An argument of the traits' methods. Other crates cannot name its type, and so cannot write the methods.
#[derive(Debug)]
pub struct Sealed;
