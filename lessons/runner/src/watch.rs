//! Checks an exercise whenever it is saved.
//!
//! Keys, saved files, and the results of checks arrive in one channel, so that a single loop decides what to show.

use std::{
    fs,
    io::{self, IsTerminal, Read},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread::{self, Scope},
    time::{Duration, SystemTime},
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::{
    build::{self, Built, Diagnostic},
    checks::{self, Report},
    child::{Failure, Stop},
    course::{Course, Lesson},
    hints::hints,
    screen::{Ink, Screen},
    show,
};

/// One save makes several events, and some editors first empty the file. After the last event, we wait this long.
const SETTLED: Duration = Duration::from_millis(60);

/// In raw mode, the terminal makes no signal of it.
const CTRL_C: u8 = 0x03;
const ESC: u8 = 0x1b;

enum Event {
    Key(u8),
    Saved,
    Progress(u32, String),
    /// With the number of the job: those before the last one are of no interest.
    Checked(u32, Result<Checked, Failure>),
}

#[derive(PartialEq)]
enum Outcome {
    Passed,
    /// With the name of the first check that failed, if they could be run.
    Failed(Option<String>),
}

enum Checked {
    Broken(Vec<Diagnostic>),
    Report(Vec<Diagnostic>, Report),
}

pub fn needs_a_terminal() -> Result<(), String> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err("watch needs a terminal; `cargo lessons 8` checks lesson 8 once".to_owned())
}

/// Checks the lesson, and again whenever its exercise is saved, until a key ends it.
pub fn watch(
    mut screen: Screen,
    course: &Course,
    lesson: &Lesson,
    patience: Duration,
) -> Result<(), String> {
    let (events, arrived) = mpsc::channel();
    let watcher = watcher(lesson, events.clone())?;
    let _raw = screen.raw().map_err(|error| error.to_string())?;
    let keys = events.clone();
    thread::spawn(move || {
        let mut bytes = [0; 32];
        while let Ok(count @ 1..) = io::stdin().read(&mut bytes) {
            // A key that is no character comes as several bytes, of which the first is ESC.
            if bytes[0] != ESC && keys.send(Event::Key(bytes[count - 1])).is_err() {
                return;
            }
        }
        let _ = keys.send(Event::Key(CTRL_C)); // the terminal was closed
    });
    thread::scope(|jobs| {
        let mut watch = Watch {
            screen,
            course,
            lesson,
            patience,
            events,
            watcher,
            job: 0,
            stop: Stop::default(),
            checked_at: None,
            outcome: None,
            hints_shown: 0,
        };
        show::heading(&mut watch.screen, course, lesson);
        watch.check(jobs);
        let ended = watch.run(&arrived, jobs);
        watch.stop.stop(); // the scope waits for the job
        ended
    })
}

struct Watch<'course> {
    screen: Screen,
    course: &'course Course,
    lesson: &'course Lesson,
    patience: Duration,
    events: Sender<Event>,
    /// It watches until it is dropped.
    watcher: RecommendedWatcher,
    job: u32,
    stop: Stop,
    /// The state of the exercise when it was last checked.
    checked_at: Option<(SystemTime, u64)>,
    /// What the last job has found out. `None` until it ends.
    outcome: Option<Outcome>,
    hints_shown: usize,
}

impl<'course> Watch<'course> {
    /// Does what the events ask for. Returns after the key `q` or Ctrl-C.
    fn run<'scope>(
        &mut self,
        arrived: &Receiver<Event>,
        jobs: &'scope Scope<'scope, '_>,
    ) -> Result<(), String>
    where
        'course: 'scope,
    {
        let mut is_saved = false;
        loop {
            let event = if is_saved {
                arrived.recv_timeout(SETTLED)
            } else {
                arrived.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match event {
                Err(RecvTimeoutError::Timeout) => {
                    is_saved = false;
                    if self.state() != self.checked_at {
                        self.check(jobs);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Ok(Event::Saved) => is_saved = true,
                Ok(Event::Progress(job, text)) if job == self.job => self.screen.progress(&text),
                Ok(Event::Checked(job, result)) if job == self.job => self.show(result),
                Ok(Event::Progress(..) | Event::Checked(..)) => {}
                Ok(Event::Key(b'q' | CTRL_C)) => return Ok(()),
                Ok(Event::Key(b'h')) => self.hint(),
                Ok(Event::Key(b'n')) => self.go_on(jobs)?,
                Ok(Event::Key(b'r')) => self.check(jobs),
                Ok(Event::Key(_)) => {}
            }
        }
    }

    fn state(&self) -> Option<(SystemTime, u64)> {
        let metadata = fs::metadata(self.lesson.exercise()).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    }

    /// Starts a job that checks the exercise, and ends the one before it.
    fn check<'scope>(&mut self, jobs: &'scope Scope<'scope, '_>)
    where
        'course: 'scope,
    {
        self.stop.stop();
        self.stop = Stop::default();
        self.job += 1;
        self.checked_at = self.state();
        self.screen.progress("checking");
        let (course, lesson, patience) = (self.course, self.lesson, self.patience);
        let (job, stop, events) = (self.job, self.stop.clone(), self.events.clone());
        let colours = self.screen.colours;
        jobs.spawn(move || {
            let progress = events.clone();
            let built = build::build(course, colours, &stop, move |name| {
                let _ = progress.send(Event::Progress(job, format!("building {name}")));
            });
            let checked = built.and_then(|built| match built {
                Built::Broken(errors) => Ok(Checked::Broken(errors)),
                Built::Program(program, warnings) => {
                    let report = checks::run(course, lesson, &program, patience, &stop)?;
                    Ok(Checked::Report(warnings, report))
                }
            });
            let _ = events.send(Event::Checked(job, checked)); // nobody waits for it any more
        });
    }

    fn show(&mut self, result: Result<Checked, Failure>) {
        let (screen, course, lesson) = (&mut self.screen, self.course, self.lesson);
        screen.clear_progress();
        screen.write("");
        let outcome = match result {
            Ok(Checked::Broken(errors)) => {
                show::broken(screen, course, Some(lesson), &errors);
                Outcome::Failed(None)
            }
            Ok(Checked::Report(warnings, report)) => {
                let exercise = lesson.exercise();
                show::warnings(screen, course, &exercise, &warnings);
                show::report(screen, course, lesson, &report);
                match report.failures.into_iter().next() {
                    Some(first) => Outcome::Failed(Some(first.name)),
                    None => Outcome::Passed,
                }
            }
            Err(Failure::Stopped) => return, // by the next job
            Err(Failure::Other(problem)) => {
                screen.line(Ink::Red, &problem);
                Outcome::Failed(None)
            }
        };
        if self.outcome.as_ref() != Some(&outcome) {
            self.outcome = Some(outcome);
            self.hints_shown = 0;
        }
        self.keys();
    }

    fn keys(&mut self) {
        let next = match self.course.after(self.lesson.number) {
            Some(next) => format!(" · n: lesson {}", next.number),
            None => String::new(),
        };
        let keys = format!("h: hint{next} · r: run again · q: quit");
        self.screen.line(Ink::Dim, &keys);
    }

    fn hint(&mut self) {
        self.screen.clear_progress();
        self.screen.write("");
        let failed = match &self.outcome {
            None => {
                return self
                    .screen
                    .line(Ink::Plain, "Wait until the checks have run.");
            }
            Some(Outcome::Passed) => {
                self.screen.line(Ink::Plain, "Nothing failed.");
                return self.keys();
            }
            Some(Outcome::Failed(check)) => check.as_deref().unwrap_or_default(),
        };
        let hints = hints(self.course, self.lesson, failed);
        match hints.get(self.hints_shown) {
            Some(hint) => {
                for line in hint {
                    self.screen.line(Ink::Yellow, line);
                }
                self.hints_shown += 1;
            }
            None => {
                let solution = self.course.shown(&self.lesson.solution());
                let text = format!("There are no more hints. The answer is in {solution}.");
                self.screen.line(Ink::Plain, &text);
            }
        }
        self.keys();
    }

    fn go_on<'scope>(&mut self, jobs: &'scope Scope<'scope, '_>) -> Result<(), String>
    where
        'course: 'scope,
    {
        self.screen.clear_progress();
        self.screen.write("");
        let Some(next) = self.course.after(self.lesson.number) else {
            self.screen.line(Ink::Plain, "This is the last lesson.");
            return Ok(());
        };
        self.watcher = watcher(next, self.events.clone())?;
        self.lesson = next;
        self.outcome = None;
        self.hints_shown = 0;
        show::heading(&mut self.screen, self.course, next);
        self.check(jobs);
        Ok(())
    }
}

/// Watches the folder of a lesson: some editors replace the file, and would take its watcher away with it.
fn watcher(lesson: &Lesson, events: Sender<Event>) -> Result<RecommendedWatcher, String> {
    let exercise = lesson.exercise();
    let folder = exercise.parent().expect("it is in a folder").to_owned();
    let problem = |error| format!("cannot watch {}: {error}", folder.display());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let is_saved = event.is_ok_and(|event| {
            let is_read = matches!(event.kind, EventKind::Access(_));
            !is_read
                && event
                    .paths
                    .iter()
                    .any(|path| path.file_name() == exercise.file_name())
        });
        if is_saved {
            let _ = events.send(Event::Saved); // it has just ended
        }
    })
    .map_err(problem)?;
    watcher
        .watch(&folder, RecursiveMode::NonRecursive)
        .map_err(problem)?;
    Ok(watcher)
}
