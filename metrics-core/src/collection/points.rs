//! The points of a flush.

use std::sync::Arc;

use super::State;
use super::activity::LastMinute;
use super::minutes::Minutes;
use super::routes::{Route, RoutesBefore};
use crate::storage::{Point, Store, Tags};

/// Brings points to a store, at every flush and once more at the end, so that a stop in an orderly way loses none.
pub(crate) struct Feed {
    points: Points,
    store: Store,
}

/// Makes points out of what changed since the last flush.
struct Points {
    state: Arc<State>,
    tags: Tags,
    routes: RoutesBefore,
    minutes: Minutes,
}

impl Feed {
    pub(crate) fn new(state: Arc<State>, store: Store) -> Self {
        Self { points: Points::new(state), store }
    }

    pub(crate) fn flush(&mut self) {
        self.store.push(self.points.take());
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.flush();
    }
}

impl Points {
    fn new(state: Arc<State>) -> Self {
        let config = state.registry.config();
        let tags = Tags::service(config.service(), config.instance());
        let minutes = Minutes::since(state.time.now().monotonic);
        Self { state, tags, routes: RoutesBefore::default(), minutes }
    }

    /// The service's point, and one of each route that answered something since the last call.
    fn take(&mut self) -> Vec<Point> {
        let now = self.state.time.now();
        let between = self.routes.advance(&self.state.registry.state());
        let minutes = self.minutes.advance(now.monotonic, &self.routes);
        let service = Point {
            response_time_ms: between.mean_ms(),
            ..with_minute(self.state.point(self.tags.clone(), now.unix.as_millis()), minutes.service)
        };
        // Both are in the order of the routes.
        let mut answered = between.iter().peekable();
        let of_route = |(route, minute): &(Route, LastMinute)| {
            let (_, sum) = answered.next_if(|(other, _)| Arc::ptr_eq(other, route))?;
            let key = route.key.borrow();
            let tags = self.tags.endpoint(key.first, key.second);
            let point = Point { tags, response_time_ms: sum.mean_ms(), ..service.clone() };
            Some(with_minute(point, Some(*minute)))
        };
        let of_routes = minutes.routes.iter().filter_map(of_route);
        std::iter::once(service.clone()).chain(of_routes).collect()
    }
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
            events_per_minute: self.registry.state().events_per_minute(),
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::{Clock, MockClock};
    use crate::metrics::Metrics;

    fn started() -> (Metrics, MockClock, Points) {
        let (clock, time) = Clock::mock();
        let builder = Metrics::builder().service("api").instance("a").clock(clock).collecting(false);
        let metrics = builder.alert_rules([]).build().unwrap();
        let points = Points::new(Arc::clone(metrics.collection().state()));
        (metrics, time, points)
    }

    fn answer(metrics: &Metrics, path: &str, ms: u64, status: u16) {
        metrics.registry().route("GET", path).record(Duration::from_millis(ms), status);
    }

    /// T-03, CON-15: any number of requests, and only those of the last 60 s.
    #[test]
    fn requests_are_those_of_the_last_minute() {
        let (metrics, time, mut points) = started();
        let mut seen = Vec::new();
        for flush in 0..20_u64 {
            for request in 0..flush * 100 {
                answer(&metrics, "/api/scans", 5, if request % 4 == 0 { 500 } else { 200 });
            }
            time.advance(Duration::from_secs(10));
            let point = points.take()[0].clone();
            seen.push((point.requests_per_minute, point.error_rate_percent));
        }
        let expected = (0..20_u64).map(|flush| (flush.saturating_sub(5)..=flush).sum::<u64>() * 100);
        let expected: Vec<_> =
            expected.map(|requests| (requests, if requests > 0 { 25.0 } else { 0.0 })).collect();
        assert_eq!(seen, expected);
    }

    /// CON-14: one of the service and one of each route that answered, each with the mean of the flush.
    #[test]
    fn each_route_that_answered_has_a_point() {
        let (metrics, time, mut points) = started();
        assert_eq!(points.take().len(), 1);
        answer(&metrics, "/api/scans", 10, 200);
        answer(&metrics, "/api/scans", 30, 500);
        answer(&metrics, "/api/play", 80, 200);
        metrics.collection().record_websocket_connections(7, 9);
        time.advance(Duration::from_secs(10));
        let seen: Vec<_> = points.take().into_iter().map(summary).collect();
        let service = Tags::service("api", "a");
        let route = |path: &str| service.endpoint("GET", path);
        let expected = [
            (service.clone(), Some(40.0), 3, 33.0, 7),
            (route("/api/scans"), Some(20.0), 2, 50.0, 7),
            (route("/api/play"), Some(80.0), 1, 0.0, 7),
        ];
        assert_eq!(seen, expected);

        answer(&metrics, "/api/play", 20, 200);
        time.advance(Duration::from_secs(10));
        let seen: Vec<_> = points.take().into_iter().map(summary).collect();
        let expected =
            [(service.clone(), Some(20.0), 4, 25.0, 7), (route("/api/play"), Some(20.0), 2, 0.0, 7)];
        assert_eq!(seen, expected);

        time.advance(Duration::from_secs(10));
        let seen: Vec<_> = points.take().into_iter().map(summary).collect();
        assert_eq!(seen, [(service.clone(), None, 4, 25.0, 7)], "nothing was answered");

        metrics.registry().reset();
        answer(&metrics, "/api/play", 60, 200);
        time.advance(Duration::from_secs(10));
        let seen: Vec<_> = points.take().into_iter().map(summary).collect();
        let expected =
            [(service.clone(), Some(60.0), 1, 0.0, 7), (route("/api/play"), Some(60.0), 1, 0.0, 7)];
        assert_eq!(seen, expected, "as if nothing had been before");
    }

    fn summary(point: Point) -> (Tags, Option<f64>, u64, f64, u64) {
        let Point {
            tags, response_time_ms, requests_per_minute, error_rate_percent, active_connections, ..
        } = point;
        (tags, response_time_ms, requests_per_minute, error_rate_percent.round(), active_connections)
    }
}
