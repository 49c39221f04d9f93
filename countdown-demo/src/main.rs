//! Countdowns and countups that take turns: at once on the scheduler, or paced on the event loop.

mod colours;
mod count;
mod destination;
mod drawing;
mod on_loop;
mod on_scheduler;
mod options;
mod output;
mod serve;

use std::{
    env,
    io::{self, ErrorKind},
    process::ExitCode,
};

use clap::error::ErrorKind as Usage;
use tminus::{EventLoop, Exception, Generator, Kind, clock::VirtualClock, net, timeline::Recorder};
use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::Targets, prelude::*, registry::LookupSpan};

use options::{ClockKind, Options, Pace};
use output::Output;

/// The exit status if the options make no sense, or name a file that cannot be written. Nothing has run then.
const MISUSED: u8 = 2;

/// The exit status after Ctrl-C: 128 and the number of the signal, as in shells.
const INTERRUPTED: u8 = 130;

/// A task before it runs. Its result is how many numbers it printed.
struct Named {
    name: String,
    body: Generator<(), (), u32>,
}

/// A row of the summary: what a task did.
#[derive(Clone)]
struct Row {
    name: String,
    turns: u32,
    said: u32,
}

fn main() -> ExitCode {
    let options = match options::parse() {
        Ok(options) => options,
        Err(answer) if matches!(answer.kind(), Usage::DisplayHelp | Usage::DisplayVersion) => {
            return match answer.print() {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => end(&error.into()),
            };
        }
        Err(error) => return misused(&first_line(&error)),
    };
    if let Some(target) = &options.timeline
        && let Err(error) = target.check()
    {
        eprintln!("countdown-demo: {error}");
        return ExitCode::from(MISUSED);
    }
    let is_recorded = options.timeline.is_some() || options.serve.is_some();
    let recorder = is_recorded.then(drawing::recorder);
    if let Err(error) = listen(options.log, recorder.as_ref()) {
        return misused(&error);
    }
    let ended = match run(&options, recorder.as_ref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(exception) if exception.is::<net::Error>() => return misused(&exception.to_string()),
        Err(exception) => end(&exception),
    };
    if let (Some(target), Some(recorder)) = (&options.timeline, recorder)
        && let Err(error) = target.draw(&recorder.timeline())
    {
        eprintln!("countdown-demo: {error}");
        return ExitCode::FAILURE;
    }
    ended
}

fn run(options: &Options, recorder: Option<&Recorder>) -> Result<(), Exception> {
    let out = Output::new();
    let rows = match options.pace {
        None => on_scheduler::run(options.tasks(&out))?,
        Some(Pace { every, clock }) => match clock {
            ClockKind::Real => {
                let event_loop = EventLoop::new();
                if let (Some(at), Some(recorder)) = (options.serve, recorder) {
                    serve::start(&event_loop, at, recorder.clone())?;
                }
                on_loop::run(event_loop, every, options.tasks(&out))?
            }
            ClockKind::Virtual => {
                let clock = VirtualClock::new();
                let tasks = options.tasks(&out.with_times(clock.clone(), every));
                on_loop::run(EventLoop::with_clock(clock), every, tasks)?
            }
        },
    };
    if options.summary {
        summary(&out, &rows)?;
    }
    Ok(())
}

fn summary(out: &Output, rows: &[Row]) -> io::Result<()> {
    out.line("")?;
    out.line("task  name                   turns   said")?;
    for (id, Row { name, turns, said }) in rows.iter().enumerate() {
        out.line(&format!("{id:<5} {name:<20} {turns:>7} {said:>6}"))?;
    }
    Ok(())
}

/// Sends the crate's trace to stderr if `log` is set, and to the recorder if there is one.
fn listen(log: bool, recorder: Option<&Recorder>) -> Result<(), String> {
    let log = log.then(log_to_stderr).transpose()?;
    tracing_subscriber::registry()
        .with(log)
        .with(recorder.map(Recorder::layer))
        .init();
    Ok(())
}

fn log_to_stderr<S>() -> Result<impl Layer<S>, String>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let wanted = env::var("RUST_LOG").unwrap_or_else(|_| "tminus=trace".into());
    let targets: Targets = wanted
        .parse()
        .map_err(|error| format!("RUST_LOG={wanted:?} makes no sense: {error}"))?;
    let layer = tracing_subscriber::fmt::layer()
        .without_time()
        .with_ansi(colours::wanted(&io::stderr()))
        .with_writer(io::stderr);
    Ok(layer.with_filter(targets))
}

fn misused(what: &str) -> ExitCode {
    eprintln!("countdown-demo: {what} (--help says what there is)");
    ExitCode::from(MISUSED)
}

/// Returns the first line of clap's message. The others repeat the usage.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").into()
}

fn end(exception: &Exception) -> ExitCode {
    if exception.kind() == Kind::KeyboardInterrupt {
        return ExitCode::from(INTERRUPTED); // the tasks have said it
    }
    let io = exception.downcast_ref::<io::Error>();
    if io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS; // whoever reads the output (`| head`) has seen enough
    }
    eprintln!("countdown-demo: {exception}");
    ExitCode::FAILURE
}
