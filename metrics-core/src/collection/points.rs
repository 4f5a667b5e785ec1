//! The points of a flush.

use std::sync::Arc;

use super::State;
use super::activity::{Activity, LastMinute, Mark};
use super::routes::{Between, Route, RoutesBefore, Sum};
use crate::storage::{Point, Tags};

/// Makes points out of what changed since the last flush.
pub(crate) struct Points {
    state: Arc<State>,
    tags: Tags,
    routes: RoutesBefore,
    activity: Activity,
    /// In the order of the routes.
    minutes: Vec<Minute>,
}

/// The last minute of a route.
struct Minute {
    route: Route,
    tags: Tags,
    activity: Activity,
}

impl Points {
    pub(crate) fn new(state: Arc<State>) -> Self {
        let config = state.registry.config();
        let tags = Tags::service(config.service(), config.instance());
        Self {
            state,
            tags,
            routes: RoutesBefore::default(),
            activity: Activity::default(),
            minutes: Vec::new(),
        }
    }

    /// The service's point, and one of each route that answered something since the last call.
    pub(crate) fn take(&mut self) -> Vec<Point> {
        let now = self.state.time.now();
        let between = self.routes.advance(&self.state.registry.state());
        let mark = |sum: Sum| Mark { at: now.monotonic, requests: sum.count, errors: sum.errors };
        let minute = self.activity.advance(mark(self.routes.total()));
        let service = Point {
            response_time_ms: between.mean_ms(),
            ..with_minute(self.state.point(self.tags.clone(), now.unix.as_millis()), minute)
        };
        let mut points = vec![service.clone()];
        for (index, (route, sum)) in self.routes.iter().enumerate() {
            let of_route = minute_of(&mut self.minutes, index, route, &self.tags);
            let minute = of_route.activity.advance(mark(*sum));
            if let Some(mean_ms) = between.mean_ms_of_route(route) {
                let point =
                    Point { tags: of_route.tags.clone(), response_time_ms: Some(mean_ms), ..service.clone() };
                points.push(with_minute(point, minute));
            }
        }
        points
    }
}

/// After a reset there are other routes.
fn minute_of<'a>(minutes: &'a mut Vec<Minute>, index: usize, route: &Route, tags: &Tags) -> &'a mut Minute {
    if minutes.get(index).is_none_or(|minute| !Arc::ptr_eq(&minute.route, route)) {
        minutes.truncate(index);
        let key = route.key.borrow();
        let tags = tags.endpoint(key.first, key.second);
        minutes.push(Minute { route: Arc::clone(route), tags, activity: Activity::default() });
    }
    &mut minutes[index]
}

fn with_minute(point: Point, minute: Option<LastMinute>) -> Point {
    let LastMinute { requests, error_percent } = minute.unwrap_or_default();
    Point { requests_per_minute: requests.round() as u64, error_rate_percent: error_percent, ..point }
}

impl State {
    /// What is known beside the requests.
    fn point(&self, tags: Tags, unix_ms: u128) -> Point {
        // The probe has looked once there is memory.
        let host = Some(self.registry.system()).filter(|host| host.memory_total_mb > 0.0);
        Point {
            events_per_minute: self.registry.throughput().events_per_minute,
            cpu_usage_percent: host.map(|host| host.cpu_percent),
            memory_usage_mb: host.map(|host| host.memory_used_mb),
            disk_usage_percent: self.disk_usage_percent(),
            queue_size: self.queue_size(),
            active_connections: self.connections().0,
            ..Point::new(tags, u64::try_from(unix_ms).unwrap_or(u64::MAX))
        }
    }

    /// What waits in all queues of the application (T-07).
    fn queue_size(&self) -> u64 {
        let mut sum = self.registry.system().queue_depth;
        self.registry.state().queues.visit(|queue| sum = sum.saturating_add(queue.size.get()));
        sum
    }
}

impl Between {
    /// Of the requests of one route; `None` when there were none.
    fn mean_ms_of_route(&self, route: &Route) -> Option<f64> {
        self.mean_ms_where(|other| Arc::ptr_eq(other, route))
    }
}
