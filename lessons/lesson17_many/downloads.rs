//! Ten downloads and a progress bar, and the same downloads with three permits. Nothing goes over a network.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use tminus::sync::Semaphore;
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson17_many::{
    EventLoop, Exception, as_they_come, named, run_virtual, sleep, watch, with_permit,
};

/// Downloads a page, of which the later ones are smaller. It only takes its time: `part` milliseconds for each part.
async fn page(i: u64, part: u64) -> Result<u64, Exception> {
    sleep(ms((10 - i) * part)).await?;
    Ok(i)
}

/// A bar that is drawn in real time on a terminal, and hidden otherwise.
fn progress_bar(len: u64, real: bool) -> ProgressBar {
    if !(real && io::stderr().is_terminal()) {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{percent:>3}% {wide_bar} {pos}/{len} {msg}");
    ProgressBar::new(len).with_style(style.expect("the template is right"))
}

/// Reports a page: in the bar, or by a line.
fn tell(bar: &ProgressBar, len: u64, page: u64) {
    bar.inc(1);
    bar.set_message(format!("page {page}"));
    if bar.is_hidden() {
        let n = bar.position();
        println!("{:3}% {n}/{len} page {page}", n * 100 / len);
    }
}

/// Ten downloads, and a report of each: on the virtual clock, or in real time.
pub fn with_progress(real: bool) -> Result<(), Exception> {
    let pages = 10;
    let bar = progress_bar(pages, real);
    let told = bar.clone();
    let part = if bar.is_hidden() { 10 } else { 200 };
    let jobs = (0..pages).map(|i| page(i, part)).collect();
    let main = as_they_come(jobs, move |page| tell(&told, pages, page));
    match real {
        true => EventLoop::new().run(main)?,
        false => run_virtual(main)?,
    }
    bar.finish();
    if !bar.is_hidden() {
        eprintln!();
    }
    Ok(())
}

/// Ten downloads, but only three at a time. Returns the pages in the order in which they arrived.
pub fn three_at_a_time() -> Result<Vec<u64>, Exception> {
    let permits = Semaphore::new(3);
    let download = |i| {
        let job = with_permit(permits.clone(), page(i, 10));
        named(format!("page {i}"), job)
    };
    let jobs: Vec<_> = (0..10).map(download).collect();
    run_virtual(async move {
        let mut order = Vec::new();
        as_they_come(jobs, |page| order.push(page)).await?;
        Ok(order)
    })
}

/// Draws the lanes of the downloads.
pub fn pool() -> Result<(), Exception> {
    let mut order = Vec::new();
    let timeline = watch(|| {
        order = three_at_a_time()?;
        Ok(())
    })?;
    println!("{order:?}");
    print!("{}", timeline.text(80));
    Ok(())
}
