//! The trace event format.
