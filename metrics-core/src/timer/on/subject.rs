//! What a watched call is about: its series, found before the clock is read.

use std::sync::Arc;

use super::foreign::{ForeignCall, What};
use super::inside_node_at_work;
use super::place::Place;
use super::site::Site;
use super::under_way::Ticket;
use crate::collector::Collector;
use crate::context::{CallDomain, InNode, NodeFuture, Reported, current_node};
use crate::record::{
    Beside, FunctionExtras, Functions, NodeExtras, OperationExtras, Operations, Routes, SeriesId, Time, lose,
    operation_and_extras_of, record, resolve, resolve_node,
};
use crate::series::ExtraShard;
use crate::state::{Key, StateId};

/// What a call is about. Plain data: it borrows nothing.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    pub(super) kind: Kind,
    /// Meaningless where there is none.
    pub(super) series: SeriesId,
    /// What is counted beside the series; that of a route is in the series itself.
    pub(super) extras: SeriesId,
    pub(super) points: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Nothing,
    Function,
    Node,
    Operation,
    Route,
    /// The collector is no registry; it knows the call by a ticket.
    Foreign(Ticket),
}

impl From<CallDomain> for Kind {
    #[inline]
    fn from(domain: CallDomain) -> Self {
        match domain {
            CallDomain::Function => Self::Function,
            CallDomain::Node => Self::Node,
            CallDomain::Operation => Self::Operation,
        }
    }
}

impl Subject {
    /// A call that is not recorded.
    #[inline]
    #[must_use]
    pub const fn none() -> Self {
        Self { kind: Kind::Nothing, series: SeriesId::NONE, extras: SeriesId::NONE, points: 0 }
    }

    /// A call of a timed function or block.
    #[inline]
    #[must_use]
    pub fn function(place: Place, site: &'static Site) -> Self {
        let found = place.find(
            |state| Self::of(Kind::Function, site.series(state), site.extras(state)),
            |collector| Self::foreign(collector, What::Function(site.name())),
        );
        found.unwrap_or(Self::none())
    }

    /// A block that is an operation of the node it runs in, and a function where it runs in none.
    #[inline]
    #[must_use]
    pub fn block(place: Place, site: &'static Site) -> Self {
        let node = current_node();
        if node == SeriesId::NONE {
            return Self::function(place, site);
        }
        let found = place.find(
            |state| match operation_and_extras_of(state, node, site.name()) {
                Some((series, extras)) => Self::of(Kind::Operation, Some(series), Some(extras)),
                // Nobody knows any more of which node it is an operation; a function it is not.
                None => {
                    lose();
                    None
                }
            },
            |collector| Self::foreign(collector, What::Function(site.name())),
        );
        found.unwrap_or(Self::none())
    }

    /// A call of a function that has no site.
    #[inline]
    #[must_use]
    pub fn named(place: Place, name: &'static str) -> Self {
        let key = Key::one(name);
        let found = place.find(
            |state| {
                Self::of(Kind::Function, resolve::<Functions>(state, key), extras::<Functions>(state, key))
            },
            |collector| Self::foreign(collector, What::Function(name)),
        );
        found.unwrap_or(Self::none())
    }

    /// A call of a DAG node.
    #[inline]
    #[must_use]
    pub fn node(
        place: Place,
        id: &(impl AsRef<str> + ?Sized),
        name: Option<&str>,
        node_type: Option<&str>,
    ) -> Self {
        let id = id.as_ref();
        let found = place.find(
            |state| {
                let extras = resolve::<NodeExtras>(state, Key::one(id));
                let series = inside_node_at_work(resolve_node(state, id, name, node_type));
                Self::of(Kind::Node, series, extras)
            },
            |collector| Self::foreign(collector, What::node(id, name, node_type)),
        );
        found.unwrap_or(Self::none())
    }

    /// A run of an operation of a DAG node.
    #[inline]
    #[must_use]
    pub fn operation(place: Place, node: &(impl AsRef<str> + ?Sized), operation: &'static str) -> Self {
        let node = node.as_ref();
        let key = Key::two(node, operation);
        let found = place.find(
            |state| {
                let extras = resolve::<OperationExtras>(state, key);
                Self::of(Kind::Operation, resolve::<Operations>(state, key), extras)
            },
            |collector| Self::foreign(collector, What::operation(node, operation)),
        );
        found.unwrap_or(Self::none())
    }

    /// A request that a route-like function answers.
    #[inline]
    #[must_use]
    pub fn route(place: Place, method: &'static str, path: &'static str) -> Self {
        let found = place.find(
            |state| {
                let series = resolve::<Routes>(state, Key::two(method, path));
                Self::of(Kind::Route, series, Some(SeriesId::NONE))
            },
            |collector| Self::foreign(collector, What::Route { method, path }),
        );
        found.unwrap_or(Self::none())
    }

    /// With the points that the call is about.
    #[inline]
    #[must_use]
    pub fn with_points(mut self, points: u64) -> Self {
        self.points = points;
        self
    }

    /// The calling thread works for the node, if it is one, until the guard is dropped.
    #[inline]
    pub(super) fn within(&self) -> InNode {
        InNode::enter(if matches!(self.kind, Kind::Node) { self.series } else { current_node() })
    }

    /// A future that is polled for the node; for none if the call is not recorded.
    #[inline]
    pub(super) fn around<F>(&self, future: F) -> NodeFuture<F> {
        NodeFuture::new(self.series, future)
    }

    /// A series of a registry that is found already.
    #[inline]
    pub(crate) fn found<D: Beside + Reported>(series: Option<SeriesId>, key: Key<'_>) -> Self {
        let extras = series.and_then(|series| extras::<D>(series.state(), key));
        Self::of(D::DOMAIN.into(), series, extras).unwrap_or(Self::none())
    }

    /// Writes beside the series. Requests are counted by the layer, and other collectors do not ask.
    #[inline]
    pub(super) fn record_beside(&self, write: impl Fn(Time<'_>, &ExtraShard)) {
        match self.kind {
            Kind::Function => record::<FunctionExtras>(self.extras, write),
            Kind::Node => record::<NodeExtras>(self.extras, write),
            Kind::Operation => record::<OperationExtras>(self.extras, write),
            Kind::Nothing | Kind::Route | Kind::Foreign(_) => {}
        }
    }

    #[inline]
    fn of(kind: Kind, series: Option<SeriesId>, extras: Option<SeriesId>) -> Option<Self> {
        Some(Self { kind, series: series?, extras: extras?, points: 0 })
    }

    fn foreign(collector: Arc<dyn Collector>, what: What) -> Option<Self> {
        Some(Self { kind: Kind::Foreign(ForeignCall::start(collector, what)?), ..Self::none() })
    }
}

#[inline]
fn extras<D: Beside>(state: StateId, key: Key<'_>) -> Option<SeriesId> {
    resolve::<D::Extras>(state, key)
}
