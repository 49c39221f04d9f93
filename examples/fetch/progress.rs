//! Program 59: ten pages at the same time, and a progress bar.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use tminus::{Exception, as_completed, event_loop::next};

use super::{
    Show,
    http::{get, serve},
};

/// The delay of a page. Later pages are faster.
fn time_of(path: &str) -> u64 {
    let page: u64 = path.trim_start_matches('/').parse().unwrap_or(0);
    (10 - page) * 10
}

pub async fn program(show: Show) -> Result<(), Exception> {
    let its_show = show.clone();
    let page = move |path: &str| {
        (
            its_show.units(time_of(path)),
            format!("page {}", &path[1..]),
        )
    };
    let server = serve(page).await?;
    let at = server.local_addrs()[0];
    let pages: Vec<_> = (0..10)
        .map(|page| async move { get(at, &format!("/{page}")).await })
        .collect();

    let (bar, count) = (progress_bar(&show, pages.len()), pages.len());
    let mut arrived = as_completed(pages);
    let mut n = 0;
    while let Some(done) = next(&mut arrived).await {
        let page = done?.result()?;
        n += 1;
        bar.inc(1);
        let line = format!("{:3}% {n}/{count} {}", n * 100 / count, page.text);
        bar.suspend(|| show.line(&line));
    }
    bar.finish();
    server.close();
    Ok(())
}

/// Creates a bar below the lines. It is drawn only in real time and on a terminal.
fn progress_bar(show: &Show, count: usize) -> ProgressBar {
    if !(show.is_real() && io::stderr().is_terminal()) {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len}");
    ProgressBar::new(count as u64).with_style(style.expect("the template is right"))
}
