//! The fleet by service and instance, as its store tells it.

mod server;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use metrics_layer::core::storage::{Metric, Store, TrendError, TrendQuery};
use metrics_layer::core::{TrendBucket, TrendPeriod};
use serde::Serialize;

use crate::cli::Name;

pub(crate) use server::router;

/// What is shown of each member.
const METRICS: [Metric; 5] = [
    Metric::ResponseTimeMs,
    Metric::RequestsPerMinute,
    Metric::EventsPerMinute,
    Metric::ErrorRatePercent,
    Metric::QueueSize,
];

/// How far back.
const SPAN_MS: u64 = 24 * 3_600_000;

/// A member of the fleet.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) name: Name,
    /// Where its own page is, if that is known.
    pub(crate) dashboard: Option<String>,
}

impl Listed {
    /// One of another process.
    pub(crate) fn elsewhere(name: Name) -> Self {
        Self { name, dashboard: None }
    }

    /// One that listens here.
    pub(crate) fn at(name: Name, address: SocketAddr) -> Self {
        Self { name, dashboard: Some(format!("http://{address}/dashboard/performance")) }
    }
}

/// Reads the fleet's trends.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    store: Store,
    listed: Arc<[Listed]>,
}

/// The body of `GET /api/fleet`.
#[derive(Debug, Serialize)]
pub(crate) struct View {
    /// What became of the points, in this process.
    store: StoreView,
    services: Vec<ServiceView>,
}

#[derive(Debug, Serialize)]
struct StoreView {
    kind: String,
    degraded: bool,
    points_written: u64,
    points_dropped: u64,
}

#[derive(Debug, Serialize)]
struct ServiceView {
    service: String,
    instances: Vec<InstanceView>,
}

#[derive(Debug, Serialize)]
struct InstanceView {
    instance: String,
    dashboard: Option<String>,
    /// The hours of the last day, by metric, oldest first.
    hourly: BTreeMap<&'static str, Vec<TrendBucket>>,
}

impl Fleet {
    pub(crate) fn new(store: Store, listed: Vec<Listed>) -> Self {
        Self { store, listed: listed.into() }
    }

    /// The fleet as it is, in the order in which its members were listed.
    ///
    /// # Errors
    ///
    /// The store cannot be read now.
    pub(crate) async fn view(&self) -> Result<View, TrendError> {
        let mut services: Vec<ServiceView> = Vec::new();
        for listed in &*self.listed {
            let instance = self.instance(listed).await?;
            match services.iter_mut().find(|service| service.service == listed.name.service) {
                Some(service) => service.instances.push(instance),
                None => services
                    .push(ServiceView { service: listed.name.service.clone(), instances: vec![instance] }),
            }
        }
        Ok(View { store: self.store(), services })
    }

    fn store(&self) -> StoreView {
        let metrics = self.store.metrics();
        StoreView {
            degraded: metrics.degraded,
            points_written: metrics.points_written,
            points_dropped: metrics.points_dropped,
            kind: metrics.kind,
        }
    }

    async fn instance(&self, listed: &Listed) -> Result<InstanceView, TrendError> {
        let mut hourly = BTreeMap::new();
        for metric in METRICS {
            let query = TrendQuery {
                from_ms: now_ms().saturating_sub(SPAN_MS),
                service: Some(listed.name.service.clone()),
                instance: Some(listed.name.instance.clone()),
                ..TrendQuery::new(metric, TrendPeriod::Hourly)
            };
            hourly.insert(metric.as_str(), self.store.trend(query).await?.buckets);
        }
        Ok(InstanceView {
            instance: listed.name.instance.clone(),
            dashboard: listed.dashboard.clone(),
            hourly,
        })
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
