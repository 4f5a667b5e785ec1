//! Reading and rendering with `criterion`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use metrics_bench::filled::{Filled, Kind};
use metrics_bench::rendering;

fn reading(criterion: &mut Criterion) {
    let mut benches = criterion.benchmark_group("reading");
    for series in [100, 1_000] {
        let functions = Filled::new(Kind::Functions, series, 2);
        benches.bench_with_input(BenchmarkId::new("functions", series), &functions, |bencher, filled| {
            bencher.iter(|| black_box(filled.registry().functions()));
        });
        let nodes = Filled::new(Kind::Nodes, series, 2);
        benches.bench_with_input(BenchmarkId::new("snapshot", series), &nodes, |bencher, filled| {
            bencher.iter(|| black_box(filled.registry().snapshot()));
        });
    }
    benches.finish();
}

fn rendering(criterion: &mut Criterion) {
    let mut benches = criterion.benchmark_group("rendering");
    for renderer in rendering::all() {
        let Ok(make) = renderer.make else { continue };
        for counters in [1_000, 10_000] {
            let mut render = make(counters);
            benches.bench_function(BenchmarkId::new(renderer.name, counters), |bencher| {
                bencher.iter(|| black_box(render()));
            });
        }
    }
    benches.finish();
}

criterion_group!(benches, reading, rendering);
criterion_main!(benches);
