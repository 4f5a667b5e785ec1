//! What can be named as the place to record, instead of the process's collector.

use std::sync::Arc;

use crate::collector::Collector;
use crate::metrics::Metrics;
use crate::registry::Registry;

/// A set of metrics that instrumented code can be told to record into.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing to record into",
    note = "`collector` takes `Metrics`, a `Registry` or an `Arc<dyn Collector>`"
)]
pub trait Instance {
    /// The registry behind it, if there is one.
    fn registry(&self) -> Option<&Registry>;

    /// Itself, asked for only when there is no registry.
    fn collector(&self) -> Arc<dyn Collector>;
}

impl Instance for Registry {
    fn registry(&self) -> Option<&Registry> {
        Some(self)
    }

    fn collector(&self) -> Arc<dyn Collector> {
        Arc::new(self.clone())
    }
}

impl Instance for Metrics {
    fn registry(&self) -> Option<&Registry> {
        Some(Metrics::registry(self))
    }

    fn collector(&self) -> Arc<dyn Collector> {
        Metrics::collector(self)
    }
}

impl Instance for Arc<dyn Collector> {
    fn registry(&self) -> Option<&Registry> {
        Collector::registry(&**self)
    }

    fn collector(&self) -> Arc<dyn Collector> {
        Arc::clone(self)
    }
}

impl<T: Instance + ?Sized> Instance for &T {
    fn registry(&self) -> Option<&Registry> {
        T::registry(self)
    }

    fn collector(&self) -> Arc<dyn Collector> {
        T::collector(self)
    }
}
