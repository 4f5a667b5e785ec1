//! The last minute of each route.

use std::sync::Arc;
use std::time::Duration;

use super::activity::{Activity, LastMinute, Mark};
use super::routes::{Route, RoutesBefore, Sum};

/// The last minute of a service and of its routes.
#[derive(Debug, Default)]
pub(super) struct Minutes {
    service: Activity,
    /// In the order of the routes.
    routes: Vec<(Route, Activity)>,
    /// The time of the last look.
    last: Duration,
}

/// What it was at one look.
#[derive(Debug, Default)]
pub(super) struct LastMinutes {
    /// `None` as long as there never was a request.
    pub(super) service: Option<LastMinute>,
    /// In the order of the routes, those without requests too.
    pub(super) routes: Vec<(Route, LastMinute)>,
}

impl Minutes {
    /// There was nothing before that time.
    pub(super) fn since(at: Duration) -> Self {
        Self { service: Activity::since(at), routes: Vec::new(), last: at }
    }

    /// Takes in how many requests there were up to now.
    pub(super) fn advance(&mut self, at: Duration, routes: &RoutesBefore) -> LastMinutes {
        let mark = |sum: Sum| Mark { at, requests: sum.count, errors: sum.errors };
        if self.is_reset(routes) {
            *self = Self::since(self.last);
        }
        let service = self.service.advance(mark(routes.total()));
        let of_routes = routes.iter().enumerate().map(|(index, (route, sum))| {
            let minute = self.of_route(index, route).advance(mark(*sum));
            (Arc::clone(route), minute.unwrap_or_default())
        });
        let routes = of_routes.collect();
        self.last = at;
        LastMinutes { service, routes }
    }

    /// After a reset there are other routes, or fewer.
    fn is_reset(&self, routes: &RoutesBefore) -> bool {
        let is_other = |((before, _), (now, _)): (&(Route, _), &(Route, _))| !Arc::ptr_eq(before, now);
        routes.iter().len() < self.routes.len() || self.routes.iter().zip(routes.iter()).any(is_other)
    }

    /// One that was not there at the last look has had nothing before it.
    fn of_route(&mut self, index: usize, route: &Route) -> &mut Activity {
        if self.routes.get(index).is_none_or(|(other, _)| !Arc::ptr_eq(other, route)) {
            self.routes.truncate(index);
            self.routes.push((Arc::clone(route), Activity::since(self.last)));
        }
        &mut self.routes[index].1
    }
}

impl LastMinutes {
    /// Of one endpoint, by whatever method; `None` as long as there never was a request for it.
    pub(super) fn of_endpoint(&self, path: &str) -> Option<LastMinute> {
        let of_path = self.routes.iter().filter(|(route, _)| route.key.borrow().second == path);
        of_path.map(|(_, minute)| *minute).reduce(LastMinute::plus)
    }
}
