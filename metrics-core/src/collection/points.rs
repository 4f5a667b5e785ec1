//! The points of a flush.

use std::sync::Arc;
use std::time::Duration;

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
    /// The time of the last flush.
    last: Duration,
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
        let last = state.time.now().monotonic;
        let (activity, routes, minutes) = (Activity::since(last), RoutesBefore::default(), Vec::new());
        Self { state, tags, routes, activity, minutes, last }
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
            let of_route =
                minute_of(&mut self.minutes, index, route, || Minute::new(route, &self.tags, self.last));
            let minute = of_route.activity.advance(mark(*sum));
            if let Some(mean_ms) = between.mean_ms_of_route(route) {
                let point =
                    Point { tags: of_route.tags.clone(), response_time_ms: Some(mean_ms), ..service.clone() };
                points.push(with_minute(point, minute));
            }
        }
        self.last = now.monotonic;
        points
    }
}

/// After a reset there are other routes.
fn minute_of<'a>(
    minutes: &'a mut Vec<Minute>,
    index: usize,
    route: &Route,
    make: impl FnOnce() -> Minute,
) -> &'a mut Minute {
    if minutes.get(index).is_none_or(|minute| !Arc::ptr_eq(&minute.route, route)) {
        minutes.truncate(index);
        minutes.push(make());
    }
    &mut minutes[index]
}

fn with_minute(point: Point, minute: Option<LastMinute>) -> Point {
    let LastMinute { requests, error_percent } = minute.unwrap_or_default();
    Point { requests_per_minute: requests.round() as u64, error_rate_percent: error_percent, ..point }
}

impl Minute {
    /// Of a route that was not there at the last flush.
    fn new(route: &Route, tags: &Tags, last: Duration) -> Self {
        let key = route.key.borrow();
        let (tags, activity) = (tags.endpoint(key.first, key.second), Activity::since(last));
        Self { route: Arc::clone(route), tags, activity }
    }
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

#[cfg(test)]
mod tests {
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
