//! A request through the Tower layer: around a service, with two registered templates, and inside a router.

use metrics_layer::{MetricsLayer, MetricsService};
use tower_layer::Layer;

use super::metrics;
use crate::contender::Batch;
use crate::requests::{Answer, TEMPLATES, router, through_router, through_service};

/// Around a service.
pub fn around_a_service() -> Box<dyn Batch> {
    metrics();
    through_service!(MetricsService<Answer>, with_templates().layer(Answer))
}

/// Inside a router.
pub fn in_a_router() -> Box<dyn Batch> {
    metrics();
    through_router!(router().layer(metrics().layer()))
}

fn with_templates() -> MetricsLayer {
    let add = |layer: MetricsLayer, template: &&str| layer.route(template).expect("the template is valid");
    TEMPLATES.iter().fold(metrics().layer(), add)
}
