//! Functions, nodes of a graph, and blocks: one guard is inserted, and nothing else changes.

use metrics_layer::{timed, timed_block, timed_scope};

/// Under its path, `functions::plain::parse`.
#[timed]
fn parse(text: &str) -> Vec<f32> {
    text.split(' ').filter_map(|number| number.parse().ok()).collect()
}

/// Under a name, and only when it is worth it.
#[timed("sort", if = values.len() > 2)]
fn sort(values: &mut [f32]) {
    values.sort_by(f32::total_cmp);
}

/// All calls are counted and a tenth of them is timed.
#[timed("halve", sample = 0.1)]
fn halve(value: f32) -> f32 {
    value / 2.0
}

struct Voxel {
    id: String,
}

impl Voxel {
    /// A node of a graph; `ret` is the result.
    #[timed(node = self.id, node_name = "Voxel grid", node_type = "voxel", points = ret.len())]
    async fn on_input(&self, cloud: Vec<f32>) -> Vec<f32> {
        // Operations of the node: a block, and what a function does.
        let down: Vec<f32> = timed_block!("downsample", node = self.id, points = ret.len(), {
            cloud.into_iter().step_by(2).collect()
        });
        self.keep(down)
    }

    #[timed(op = "keep", node = self.id)]
    fn keep(&self, cloud: Vec<f32>) -> Vec<f32> {
        timed_scope!("the rest of a scope");
        cloud.into_iter().filter(|value| value.is_finite()).collect()
    }
}

pub(crate) async fn run() {
    let mut values = parse("3 1 2 4");
    sort(&mut values);
    (0..100).for_each(|_| assert_eq!(halve(4.0), 2.0));
    assert_eq!(Voxel { id: "voxel-1".to_owned() }.on_input(values).await, [1.0, 3.0]);
}
