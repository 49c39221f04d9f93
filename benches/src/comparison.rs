//! The same work, done by several contenders.

use std::time::{Duration, Instant};

use crate::{Table, memory::uncounted};

/// Contenders that do the same work, and one of them that the others are measured against.
pub struct Comparison {
    /// What it is called on the command line.
    pub name: String,
    /// What it is called in the report, with the target, where there is one.
    pub title: String,
    /// What a cost is given for: a resume, a node.
    pub unit: &'static str,
    /// How many of these one run does.
    pub units_per_run: u64,
    /// How many runs are measured at a time.
    pub runs: u64,
    /// The name of the contender with ratio 1.
    pub baseline: &'static str,
    /// In the order of the report.
    pub contenders: Vec<Contender>,
}

/// One way to do the work.
pub struct Contender {
    pub name: &'static str,
    prepare: Box<dyn Fn() -> Work>,
}

/// Does that many runs, and gives a digest of all values that came out.
pub(crate) type Work = Box<dyn FnMut(u64) -> u64>;

/// Takes one more value into a digest, in which their order counts.
#[inline]
pub fn digest(digest: u64, value: u64) -> u64 {
    digest.rotate_left(1) ^ value
}

impl Contender {
    /// What `prepare` does is not measured; what it returns is.
    pub fn new<W>(name: &'static str, prepare: impl Fn() -> W + 'static) -> Self
    where
        W: FnMut(u64) -> u64 + 'static,
    {
        let prepare = Box::new(move || Box::new(prepare()) as Work);
        Self { name, prepare }
    }

    pub(crate) fn prepare(&self) -> Work {
        uncounted(&self.prepare)
    }
}

impl Comparison {
    /// Lets the contenders take turns, so that a noisy moment hits all of them, and gives each one's best time.
    pub(crate) fn time(&self, rounds: u32) -> Vec<Duration> {
        let mut work: Vec<Work> = self.contenders.iter().map(Contender::prepare).collect();
        let mut best = vec![Duration::MAX; work.len()];
        for _ in 0..rounds {
            let mut expected = None;
            for ((work, best), contender) in work.iter_mut().zip(&mut best).zip(&self.contenders) {
                let start = Instant::now();
                let digest = uncounted(|| work(self.runs));
                *best = start.elapsed().min(*best);
                let expected = *expected.get_or_insert(digest);
                assert_eq!(digest, expected, "{}: {}", self.name, contender.name);
            }
        }
        best
    }

    /// The report: each contender's cost (`None` where it could not be measured) and its ratio to the baseline's.
    ///
    /// A cost is for [`runs`](Comparison::runs) runs; the table gives it for one unit.
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
                contender.name,
                [number(cost.map(|cost| cost / units), 1), number(ratio, 2)],
            );
        }
        table
    }
}

fn number(number: Option<f64>, decimals: usize) -> String {
    number.map_or("–".into(), |number| format!("{number:.decimals$}"))
}
