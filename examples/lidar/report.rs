//! What is printed after a bounded run.

use std::fmt::{self, Display};

use metrics_layer::Metrics;

use crate::ledger::{Book, LastFrame};

/// The library's report, with what the example measured itself below it.
pub(crate) struct Report<'a> {
    metrics: &'a Metrics,
    book: Book,
}

impl<'a> Report<'a> {
    /// The report of now.
    pub(crate) fn new(metrics: &'a Metrics, book: Book) -> Self {
        Self { metrics, book }
    }

    fn write_outside_check(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (recent_ms, recent) = self.book.recent_mean_ms();
        let all = self.book.finished;
        writeln!(f, "mean processing time of a frame, by the example's own clock, queue waits excluded")?;
        line(f, &format!("last {recent} frames"), recent_ms)?;
        line(f, &format!("all {all} frames"), self.book.mean_ms())?;
        if self.metrics.is_enabled() {
            self.write_difference(f, recent_ms)?;
        }
        Ok(())
    }

    fn write_difference(&self, f: &mut fmt::Formatter<'_>, outside_ms: f64) -> fmt::Result {
        let nodes = self.metrics.snapshot().dag.nodes;
        let sum_ms: f64 = nodes.iter().map(|node| node.avg_exec_ms).sum();
        // NaN of a run without frames would say nothing.
        let percent = if outside_ms > 0.0 { (sum_ms / outside_ms - 1.0) * 100.0 } else { 0.0 };
        line(f, "sum of avg_exec_ms of the nodes", sum_ms)?;
        writeln!(f, "  {:<32} {percent:+10.2} %", "difference from the last frames")
    }
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.metrics.is_enabled() {
            writeln!(f, "{}", self.metrics.performance_report())?;
        } else {
            writeln!(f, "metrics are off: no report\n")?;
        }
        writeln!(f, "{} frames processed, {} lost to errors", self.book.finished, self.book.failed)?;
        if let Some(last) = &self.book.last {
            write_last(f, last)?;
        }
        writeln!(f)?;
        self.write_outside_check(f)
    }
}

fn write_last(f: &mut fmt::Formatter<'_>, last: &LastFrame) -> fmt::Result {
    write!(f, "frame {} has {} objects", last.number, last.objects)?;
    if let Some((points, bounds)) = last.largest {
        let [x, y, z]: [f32; 3] = std::array::from_fn(|axis| bounds.max[axis] - bounds.min[axis]);
        write!(f, ", the largest of {points} points and {x:.1} x {y:.1} x {z:.1} m")?;
    }
    writeln!(f)
}

fn line(f: &mut fmt::Formatter<'_>, what: &str, ms: f64) -> fmt::Result {
    writeln!(f, "  {what:<32} {ms:10.3} ms")
}
