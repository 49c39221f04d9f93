//! A bank with 10,000 customers. Each is a task that transfers money, some are cancelled in the middle of a transfer, and an audit
//! at the end finds every cent.
//!
//! ```console
//! cargo run --example bank
//! ```
//!
//! The clock is virtual: it jumps from one timer to the next, so the program is done at once.

use std::{cell::Cell, num::ParseIntError, rc::Rc, time::Duration};

use tminus::{EventLoop, Exception, ResultExt, clock::VirtualClock, sleep, spawn, sync::Lock};

const CUSTOMERS: usize = 10_000;
/// What each account has at the start, in cents.
const START: i64 = 1_000;

#[derive(Debug, thiserror::Error)]
enum TransferError {
    #[error("account {account} has only {balance}")]
    Insufficient { account: usize, balance: i64 },
    #[error("there is no account {0}")]
    NoSuchAccount(usize),
    #[error("bad order: {0}")]
    BadOrder(#[from] ParseIntError),
    /// The task that transfers was cancelled, for example.
    #[error(transparent)]
    Task(#[from] tminus::Error),
}

struct Account {
    lock: Lock,
    balance: Cell<i64>,
}

struct Bank {
    accounts: Vec<Account>,
}

/// An order: from where, to where, and how much.
fn parse(order: &str) -> Result<(usize, usize, i64), TransferError> {
    let mut words = order.split(' ');
    let mut next = || words.next().unwrap_or("");
    Ok((next().parse()?, next().parse()?, next().parse()?))
}

impl Bank {
    fn new() -> Self {
        let account = |_| Account {
            lock: Lock::new(),
            balance: Cell::new(START),
        };
        Self {
            accounts: (0..CUSTOMERS).map(account).collect(),
        }
    }

    fn account(&self, number: usize) -> Result<&Account, TransferError> {
        let account = self.accounts.get(number);
        account.ok_or(TransferError::NoSuchAccount(number))
    }

    /// Withdraws, takes some time, and deposits. If it is cancelled in between, the money goes back.
    async fn transfer(&self, order: &str) -> Result<(), TransferError> {
        let (from, to, amount) = parse(order)?;
        let (giver, taker) = (self.account(from)?, self.account(to)?);
        if from == to {
            return Ok(());
        }
        // Every task takes the lock of the lower number first, so no two tasks can wait for each other.
        let (first, second) = if from < to {
            (giver, taker)
        } else {
            (taker, giver)
        };
        let _first = first.lock.acquire().await.into_error()?;
        let _second = second.lock.acquire().await.into_error()?;
        let balance = giver.balance.get();
        if balance < amount {
            return Err(TransferError::Insufficient {
                account: from,
                balance,
            });
        }
        giver.balance.set(balance - amount);
        let pause = Duration::from_millis(amount.unsigned_abs() % 7);
        if let Err(cancelled) = sleep(pause).await {
            giver.balance.set(balance); // it is locked, so nobody has changed it
            return Err(TransferError::Task(cancelled.into()));
        }
        taker.balance.set(taker.balance.get() + amount);
        Ok(())
    }

    fn money(&self) -> i64 {
        let balances = self.accounts.iter().map(|account| account.balance.get());
        balances.sum()
    }
}

#[derive(Default)]
struct Report {
    transfers: u64,
    insufficient: u64,
    bad_orders: u64,
    /// Customers that were cancelled in the middle of a transfer.
    cancelled: u64,
}

impl Report {
    fn add(&mut self, other: Report) {
        self.transfers += other.transfers;
        self.insufficient += other.insufficient;
        self.bad_orders += other.bad_orders;
        self.cancelled += other.cancelled;
    }
}

async fn customer(bank: Rc<Bank>, orders: Vec<String>) -> Result<Report, Exception> {
    let mut report = Report::default();
    for order in orders {
        match bank.transfer(&order).await {
            Ok(()) => report.transfers += 1,
            Err(TransferError::Insufficient { .. }) => report.insufficient += 1,
            Err(TransferError::NoSuchAccount(_) | TransferError::BadOrder(_)) => {
                report.bad_orders += 1;
            }
            // The transfer is undone. The report is worth more than the cancellation, so the task ends with a result.
            Err(TransferError::Task(error)) if error.is_cancelled() => {
                report.cancelled += 1;
                return Ok(report);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(report)
}

/// Random numbers that are the same in every run: Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn order(&mut self, customer: usize) -> String {
        match self.below(100) {
            0 => "1 2 much".to_owned(),
            _ => {
                // One account more than there is.
                let (to, amount) = (self.below(CUSTOMERS + 1), self.below(600));
                format!("{customer} {to} {amount}")
            }
        }
    }
}

async fn a_day(bank: &Rc<Bank>, total: &mut Report) -> Result<(), Exception> {
    let mut random = Random(42);
    let mut customers = Vec::new();
    for number in 0..CUSTOMERS {
        let orders = (0..5).map(|_| random.order(number)).collect();
        customers.push(spawn(customer(bank.clone(), orders))?);
    }
    // All customers have begun by then. A task that is cancelled before its first turn never has one.
    for _ in 0..3 {
        sleep(Duration::from_millis(3)).await?;
        for _ in 0..500 {
            customers[random.below(CUSTOMERS)].cancel();
        }
    }
    for customer in customers {
        total.add(customer.await?);
    }
    Ok(())
}

pub fn main() -> Result<(), Exception> {
    let bank = Rc::new(Bank::new());
    let mut total = Report::default();
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    event_loop.run(a_day(&bank, &mut total))?;
    println!("{} transfers", total.transfers);
    println!("{} without enough money", total.insufficient);
    println!("{} bad orders", total.bad_orders);
    println!(
        "{} customers cancelled in the middle of a transfer",
        total.cancelled
    );
    println!("{} cents lost", CUSTOMERS as i64 * START - bank.money());
    Ok(())
}
