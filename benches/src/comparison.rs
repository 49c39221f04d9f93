//! The same work, done by several contenders.

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;

use crate::{Table, memory::uncounted, stopwatch::take_time};

/// Contenders that do the same work, and the contender to which the others are compared.
pub struct Comparison {
    /// The name on the command line.
    pub name: String,
    /// The heading in the report, with the target if there is one.
    pub title: String,
    /// What the report divides by: a resume, a node.
    pub unit: &'static str,
    /// The number of units in one run.
    pub units_per_run: u64,
    /// The number of runs that are measured together.
    pub runs: u64,
    /// The name of the contender with ratio 1.
    pub baseline: &'static str,
    /// In the order of the report.
    pub contenders: Vec<Contender>,
}

/// One way to do the work.
pub struct Contender {
    pub name: String,
    place: Place,
    clock: Clock,
}

/// What measures the work.
#[derive(Clone, Copy)]
enum Clock {
    Wall,
    /// The time that the processor was busy, in all threads.
    Cpu,
}

/// The process in which a contender does its work.
enum Place {
    Here(Box<dyn Fn() -> Work>),
    Elsewhere(Box<dyn Fn(u64, u32) -> Option<Duration>>),
}

/// Does the given number of runs, and returns a digest of all values that they produced.
pub(crate) type Work = Box<dyn FnMut(u64) -> u64>;

/// Takes one more value into a digest, in which their order counts.
#[inline]
pub fn digest(digest: u64, value: u64) -> u64 {
    digest.rotate_left(1) ^ value
}

impl Contender {
    /// Creates a contender. What `prepare` does is not measured; the work that it returns is.
    pub fn new<W>(name: &str, prepare: impl Fn() -> W + 'static) -> Self
    where
        W: FnMut(u64) -> u64 + 'static,
    {
        Self {
            name: name.into(),
            place: Place::Here(Box::new(move || Box::new(prepare()) as Work)),
            clock: Clock::Wall,
        }
    }

    /// Creates a contender that is another program: `time` receives the number of runs and of rounds, and returns the time
    /// that the runs took in the best round.
    pub fn elsewhere(name: &str, time: impl Fn(u64, u32) -> Option<Duration> + 'static) -> Self {
        Self {
            name: name.into(),
            place: Place::Elsewhere(Box::new(time)),
            clock: Clock::Wall,
        }
    }

    /// Counts only the time that the processor is busy, for work that waits.
    pub fn by_cpu_time(self) -> Self {
        Self {
            clock: Clock::Cpu,
            ..self
        }
    }

    /// Returns the work, or `None` if another program does it.
    pub(crate) fn prepare(&self) -> Option<Work> {
        match &self.place {
            Place::Here(prepare) => Some(uncounted(prepare)),
            Place::Elsewhere(_) => None,
        }
    }

    pub(crate) fn is_elsewhere(&self) -> bool {
        matches!(self.place, Place::Elsewhere(_))
    }

    fn time_elsewhere(&self, runs: u64, rounds: u32) -> Option<Duration> {
        match &self.place {
            Place::Here(_) => None,
            Place::Elsewhere(time) => time(runs, rounds),
        }
    }
}

impl Clock {
    fn time<T>(self, work: impl FnOnce() -> T) -> (Duration, T) {
        let (start, busy) = (Instant::now(), ProcessTime::now());
        let done = work();
        let took = match self {
            Clock::Wall => take_time().unwrap_or_else(|| start.elapsed()),
            Clock::Cpu => busy.elapsed(),
        };
        (took, done)
    }
}

impl Comparison {
    /// Lets the contenders take turns, so that a noisy moment hits all of them, and returns the best time of each.
    ///
    /// Other programs run after that. A time is `None` if there is no such program.
    pub(crate) fn time(&self, rounds: u32) -> Vec<Option<Duration>> {
        let mut work: Vec<_> = self.contenders.iter().map(Contender::prepare).collect();
        let mut best = vec![None; work.len()];
        for _ in 0..rounds {
            let mut expected = None;
            for ((work, best), contender) in work.iter_mut().zip(&mut best).zip(&self.contenders) {
                let Some(work) = work else { continue };
                let (took, digest) = contender.clock.time(|| uncounted(|| work(self.runs)));
                *best = Some(took.min(best.unwrap_or(Duration::MAX)));
                let expected = *expected.get_or_insert(digest);
                assert_eq!(digest, expected, "{}: {}", self.name, contender.name);
            }
        }
        drop(work);
        best.into_iter()
            .zip(&self.contenders)
            .map(|(best, contender)| best.or_else(|| contender.time_elsewhere(self.runs, rounds)))
            .collect()
    }

    /// Returns the report: the cost of each contender (`None` if it could not be measured) and its ratio to the baseline.
    ///
    /// A cost is for [`runs`](Comparison::runs) runs; the table shows it for one unit.
    pub(crate) fn table(&self, what: &str, costs: &[Option<f64>]) -> Table {
        let units = (self.runs * self.units_per_run) as f64;
        let baseline = self
            .contenders
            .iter()
            .position(|contender| contender.name == self.baseline)
            .and_then(|index| costs[index]);
        let cost = format!("{what} per {}", self.unit);
        let ratio = format!("× {}", self.baseline);
        let mut table = Table::new(&self.title, &["", &cost, &ratio]);
        for (contender, cost) in self.contenders.iter().zip(costs) {
            let ratio = cost.zip(baseline).map(|(cost, baseline)| cost / baseline);
            table.row(
                &contender.name,
                [number(cost.map(|cost| cost / units), 1), number(ratio, 2)],
            );
        }
        table
    }
}

fn number(number: Option<f64>, decimals: usize) -> String {
    number.map_or("–".into(), |number| format!("{number:.decimals$}"))
}
