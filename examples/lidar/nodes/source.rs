//! Where frames get their points.

use std::sync::Arc;

use metrics_layer::timed_block;

use crate::cloud::Cloud;
use crate::frame::Frame;
use crate::input::{Inputs, Origin};
use crate::node::{Node, NodeError, NodeInfo};
use crate::scan::Platform;

const INFO: NodeInfo = NodeInfo { id: "source", name: "Scan source", kind: "source" };

/// How far the imitated platform turns per frame, in degrees: 5° a second at 10 Hz.
const STEP_DEG: f64 = 0.5;

/// Takes the scans in turn, as a slowly turning platform sees them.
#[derive(Debug)]
pub(crate) struct Source {
    inputs: Arc<Inputs>,
    platform: Platform,
}

impl Source {
    /// A source that takes its scans from `inputs`.
    pub(crate) fn new(inputs: Arc<Inputs>) -> Self {
        Self { inputs, platform: Platform::new(STEP_DEG) }
    }

    fn turned(&self, cloud: &Cloud, frame: u64) -> Cloud {
        timed_block!("turn_platform", node = INFO.id, { self.platform.view(cloud, frame) })
    }

    fn take(&self, frame: u64) -> Result<Cloud, NodeError> {
        let input = self.inputs.of_frame(frame);
        Ok(match input.origin() {
            // Its street moves by itself.
            Origin::Scanner(scanner) => {
                let cloud = timed_block!("cast_rays", node = INFO.id, { scanner.frame(frame) });
                input.saw(&cloud, 0);
                cloud
            }
            Origin::Loaded(cloud) => self.turned(cloud, frame),
            Origin::Unloaded(file) => {
                let scan = timed_block!("load_scan", node = INFO.id, { file.load() })?;
                input.saw(&scan.cloud, scan.dropped_non_finite);
                self.turned(&scan.cloud, frame)
            }
        })
    }
}

impl Node for Source {
    fn info(&self) -> NodeInfo {
        INFO
    }

    fn on_input(&self, frame: Frame) -> Result<Frame, NodeError> {
        let cloud = self.take(frame.number)?;
        Ok(frame.with_cloud(cloud))
    }
}
