//! Whether to write in colour.

use std::{env, io::IsTerminal};

/// Returns `true` if `stream` is a terminal that shows colours, and the user wants them.
///
/// `NO_COLOR`, if it is not empty, turns colours off (<https://no-color.org>). `TERM=dumb` says that the terminal shows
/// escape sequences as they are.
pub fn wanted(stream: &impl IsTerminal) -> bool {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    stream.is_terminal() && !refused && !dumb
}
