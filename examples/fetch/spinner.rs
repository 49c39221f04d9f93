//! Program 58: a spinner that turns until a slow server has answered.

use std::{cell::Cell, rc::Rc};

use tminus::{Exception, Kind, sleep, spawn};

use super::{
    Show,
    http::{get, serve},
};

/// Turns until the task is cancelled. It catches the cancellation, and returns normally.
async fn spin(message: &str, show: Show, frames: Rc<Cell<u32>>) -> Result<(), Exception> {
    for char in "|/-\\".chars().cycle() {
        let status = format!("{char} {message}");
        if frames.get() < 4 {
            show.line(&format!("{status} backspaces: {}", status.len()));
        }
        frames.set(frames.get() + 1);
        match sleep(show.units(10)).await {
            Err(exception) if exception.kind() == Kind::Cancelled => break,
            result => result?,
        }
    }
    Ok(())
}

/// Fetches a page from a slow server.
async fn slow_function(show: &Show) -> Result<String, Exception> {
    let thinking = show.units(100);
    let server = serve(move |_| (thinking, "42".to_owned())).await?;
    let response = get(server.local_addrs()[0], "/answer").await?;
    server.close();
    Ok(response.text)
}

async fn supervisor(show: &Show, frames: &Rc<Cell<u32>>) -> Result<String, Exception> {
    let (its_show, its_frames) = (show.clone(), frames.clone());
    let spinner = spawn(async move { spin("thinking!", its_show, its_frames).await })?;
    let state = if spinner.done() { "done" } else { "pending" };
    show.line(&format!("spinner object: {state}"));
    let result = slow_function(show).await?;
    show.line(&format!("cancel: {}", python(spinner.cancel())));
    spinner.clone().await?;
    let cancelled = python(spinner.cancelled());
    show.line(&format!(
        "cancelled: {cancelled} (it swallowed the CancelledError)"
    ));
    Ok(result)
}

pub async fn program(show: Show) -> Result<(), Exception> {
    let frames = Rc::new(Cell::new(0));
    let answer = supervisor(&show, &frames).await?;
    show.line(&format!("Answer: {answer}"));
    show.line(&format!("several frames: {}", python(frames.get() >= 4)));
    Ok(())
}

fn python(is_true: bool) -> &'static str {
    if is_true { "True" } else { "False" }
}
