//! Your turn.
