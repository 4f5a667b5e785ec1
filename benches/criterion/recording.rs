//! The same contenders with `criterion`, one after the other: to compare a change with the state before it.
//!
//! Runs of one contender after the other drift on a shared machine; compare contenders with the `recording` binary.

use criterion::{Criterion, criterion_group, criterion_main};
use metrics_bench::catalog::{self, Group};
use metrics_bench::contender::Series;

fn recording(criterion: &mut Criterion) {
    for group in Group::RECORDING.into_iter().chain(Group::REQUESTS) {
        let mut benches = criterion.benchmark_group(format!("{group:?}").to_lowercase());
        for entry in catalog::all().iter().filter(|entry| entry.group == group) {
            let Ok(make) = entry.make else { continue };
            let contender = make();
            contender.before();
            benches.bench_function(entry.name, |bencher| {
                bencher.iter_custom(|calls| contender.batch(Series::First, calls));
            });
            contender.after();
        }
        benches.finish();
    }
}

criterion_group!(benches, recording);
criterion_main!(benches);
