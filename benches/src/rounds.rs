//! Contenders take turns, so that what drifts on the machine drifts for all of them.

use std::time::Duration;

use serde::Serialize;

use crate::catalog::Entry;
use crate::contender::{Batch, Series};
use crate::pair::{Pair, alone};

/// How long and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Turns of each contender.
    pub rounds: usize,
    /// About how long a batch lasts.
    pub batch: Duration,
    /// Whether to measure two threads as well.
    pub pairs: bool,
}

/// Nanoseconds per call of one contender, one value per round; NaN (in JSON null) where somebody else needed the
/// processors all the time.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Turns {
    /// One thread.
    pub one: Vec<f64>,
    /// Two threads that record into the same series.
    pub same: Vec<f64>,
    /// Two threads that record into different series.
    pub apart: Vec<f64>,
}

/// Calls to find out how many calls make a batch, and how often.
const TRIAL: u64 = 2_000;
const TRIALS: usize = 10;

/// Fewer would measure the loop's beginning and end, more would keep a slow contender's round from being a moment.
const CALLS: std::ops::RangeInclusive<u64> = 100..=1_000_000;

/// Two threads call that much less often: the shorter, the likelier that nobody else needs a processor meanwhile.
const SHORTER_BY: u64 = 2;

/// Measures all contenders that can be made; gives nothing for the others.
pub fn run(entries: &[Entry], plan: Plan, mut progress: impl FnMut(usize)) -> Vec<Option<Turns>> {
    let made: Vec<Option<&'static dyn Batch>> =
        entries.iter().map(|entry| entry.make.ok().map(|make| &*Box::leak(make()))).collect();
    let pair = Pair::start();
    let calls: Vec<u64> =
        made.iter().map(|batch| batch.map_or(0, |batch| calls_in(batch, plan.batch))).collect();
    let mut turns = vec![Turns::default(); entries.len()];
    for round in 0..plan.rounds {
        progress(round);
        for place in order(entries.len(), round) {
            if let Some(batch) = made[place] {
                take_turn(batch, calls[place], plan.pairs.then_some(&pair), &mut turns[place]);
            }
        }
    }
    turns.into_iter().zip(made).map(|(turns, made)| made.map(|_| turns)).collect()
}

fn take_turn(batch: &'static dyn Batch, calls: u64, pair: Option<&Pair>, turns: &mut Turns) {
    let around = |measure: &dyn Fn() -> f64| {
        batch.before();
        let ns = measure();
        batch.after();
        ns
    };
    turns.one.push(around(&|| alone(batch, calls)));
    if let Some(pair) = pair {
        let calls = (calls / SHORTER_BY).max(*CALLS.start());
        turns.same.push(around(&|| pair.together(batch, Series::First, calls)));
        turns.apart.push(around(&|| pair.together(batch, Series::Second, calls)));
    }
}

fn calls_in(batch: &dyn Batch, length: Duration) -> u64 {
    batch.before();
    let trials = (0..TRIALS).map(|_| batch.batch(Series::First, TRIAL).as_nanos());
    // A clock that stood still becomes the most calls.
    let ns = trials.min().unwrap_or_default() as f64 / TRIAL as f64;
    batch.after();
    ((length.as_nanos() as f64 / ns) as u64).clamp(*CALLS.start(), *CALLS.end())
}

/// Every place once; another neighbourhood in every round, so that nobody always follows the same contender.
fn order(len: usize, round: usize) -> Vec<usize> {
    let step = (1..).filter(|&step| coprime(step, len)).nth(round % 16).unwrap_or(1);
    (0..len).map(|turn| (round + turn * step) % len).collect()
}

fn coprime(mut a: usize, mut b: usize) -> bool {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_has_everybody_once() {
        for len in [1, 2, 12, 41, 45] {
            for round in 0..40 {
                let mut order = order(len, round);
                order.sort_unstable();
                assert_eq!(order, (0..len).collect::<Vec<_>>());
            }
        }
    }
}
