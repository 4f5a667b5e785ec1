//! The parameters of all operations, changed as a whole while the graph runs.

mod patch;

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::ops::{ClusterParams, CropParams, GroundParams, OutlierParams, VoxelParams};

pub(crate) use self::patch::PatchError;

/// The parameters of every node that has some, under the node's id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    pub(crate) crop: CropParams,
    pub(crate) voxel_downsample: VoxelParams,
    pub(crate) statistical_outlier_removal: OutlierParams,
    pub(crate) ground_segmentation: GroundParams,
    pub(crate) clustering: ClusterParams,
    pub(crate) broadcast: BroadcastParams,
}

/// What viewers see.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BroadcastParams {
    /// The node whose output is sent.
    pub(crate) stage: Stage,
}

/// A node whose output can be sent to viewers; its number is what messages carry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    Source = 0,
    Crop = 1,
    VoxelDownsample = 2,
    StatisticalOutlierRemoval = 3,
    GroundSegmentation = 4,
    #[default]
    Clustering = 5,
}

/// The parameters in force; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct ParamStore {
    current: Arc<Mutex<Arc<Params>>>,
}

// === impl Params ===

impl Params {
    /// Checks every parameter.
    ///
    /// # Errors
    ///
    /// The first one outside its range, with the range.
    pub(crate) fn validate(&self) -> Result<(), PatchError> {
        let named =
            |node, result: Result<(), _>| result.map_err(|error| PatchError::out_of_range(node, &error));
        named("crop", self.crop.validate())?;
        named("voxel_downsample", self.voxel_downsample.validate())?;
        named("statistical_outlier_removal", self.statistical_outlier_removal.validate())?;
        named("ground_segmentation", self.ground_segmentation.validate())?;
        named("clustering", self.clustering.validate())
    }
}

// === impl Stage ===

impl Stage {
    /// Id of the node.
    pub(crate) fn node_id(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Crop => "crop",
            Self::VoxelDownsample => "voxel_downsample",
            Self::StatisticalOutlierRemoval => "statistical_outlier_removal",
            Self::GroundSegmentation => "ground_segmentation",
            Self::Clustering => "clustering",
        }
    }

    /// Number of the stage in messages.
    pub(crate) fn number(self) -> u16 {
        self as u16
    }
}

// === impl ParamStore ===

impl ParamStore {
    /// The parameters in force now; they never change under the one who holds them.
    pub(crate) fn current(&self) -> Arc<Params> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Applies the JSON document `patch` as a whole or not at all, and returns what is in force then.
    ///
    /// # Errors
    ///
    /// `patch` is no JSON object, names a field that does not exist, or sets one to something it
    /// cannot be. Nothing has changed then.
    pub(crate) fn patch(&self, patch: &[u8]) -> Result<Arc<Params>, PatchError> {
        let patch = patch::parse(patch)?;
        // Held over the change, so that of two patches at once none is lost.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = Arc::new(patch::apply(&current, &patch)?);
        *current = Arc::clone(&changed);
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(patch: &str) -> String {
        let store = ParamStore::default();
        let error = store.patch(patch.as_bytes()).unwrap_err().to_string();
        assert_eq!(*store.current(), Params::default(), "something of {patch} was applied");
        error
    }

    #[test]
    fn defaults_are_valid() {
        assert_eq!(Params::default().validate().map_err(|e| e.to_string()), Ok(()));
    }

    #[test]
    fn a_stage_is_written_as_the_id_of_its_node() {
        for stage in
            [Stage::Source, Stage::VoxelDownsample, Stage::StatisticalOutlierRemoval, Stage::Clustering]
        {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.node_id());
        }
    }

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let store = ParamStore::default();
        let patch = br#"{"voxel_downsample": {"leaf_m": 0.5}, "crop": {"keep": {"min": [-1, -2, -3]}},
                         "broadcast": {"stage": "source"}, "clustering": {}}"#;
        let changed = store.patch(patch).unwrap();
        let mut expected = Params::default();
        expected.voxel_downsample.leaf_m = 0.5;
        expected.crop.keep.min = [-1.0, -2.0, -3.0];
        expected.broadcast.stage = Stage::Source;
        assert_eq!(*changed, expected);
        assert_eq!(*store.current(), expected);
    }

    #[test]
    fn what_was_read_can_be_written_back() {
        let store = ParamStore::default();
        let text = serde_json::to_vec(&*store.current()).unwrap();
        assert_eq!(*store.patch(&text).unwrap(), Params::default());
    }

    #[test]
    fn out_of_range_names_the_field_and_the_range() {
        let cases = [
            (r#"{"voxel_downsample": {"leaf_m": 0}}"#, "voxel_downsample.leaf_m is 0, allowed is 0.01 to 10"),
            (r#"{"crop": {"max_range_m": 1e39}}"#, "crop.max_range_m is inf, allowed is 0 to 500"),
            (
                r#"{"statistical_outlier_removal": {"neighbours": 999}}"#,
                "statistical_outlier_removal.neighbours is 999, allowed is 1 to 128",
            ),
            (
                r#"{"clustering": {"tolerance_m": 1, "min_points": 0}}"#,
                "clustering.min_points is 0, allowed is 1 to 20000",
            ),
        ];
        for (patch, expected) in cases {
            assert_eq!(detail(patch), expected);
        }
    }

    #[test]
    fn the_wrong_kind_of_value_names_the_field() {
        let cases = [
            (r#"{"voxel_downsample": {"leaf_m": "big"}}"#, "voxel_downsample.leaf_m: "),
            (r#"{"voxel_downsample": {"leaf_m": {"a": 1}}}"#, "voxel_downsample.leaf_m: "),
            (r#"{"voxel_downsample": null}"#, "voxel_downsample: "),
            (r#"{"crop": {"keep": {"max": [1, 2]}}}"#, "crop.keep.max: "),
            (r#"{"ground_segmentation": {"iterations": -1}}"#, "ground_segmentation.iterations: "),
            (r#"{"ground_segmentation": {"iterations": 5000000000}}"#, "ground_segmentation.iterations: "),
            (r#"{"clustering": {"min_points": 1.5}}"#, "clustering.min_points: "),
            (r#"{"broadcast": {"stage": "roof"}}"#, "broadcast.stage: unknown variant `roof`"),
        ];
        for (patch, start) in cases {
            let detail = detail(patch);
            assert!(detail.starts_with(start), "{patch}: {detail}");
        }
    }

    #[test]
    fn an_unknown_field_is_refused_with_those_there_are() {
        assert_eq!(
            detail(r#"{"voxel": 1}"#),
            "unknown field voxel, expected one of broadcast, clustering, \
             crop, ground_segmentation, statistical_outlier_removal, voxel_downsample"
        );
        assert_eq!(
            detail(r#"{"crop": {"keep": {"size": 1}}}"#),
            "unknown field crop.keep.size, expected one of max, min"
        );
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert_eq!(detail("[]"), "expected a JSON object");
        assert!(detail("").starts_with("not JSON: "));
        assert!(detail(&"[".repeat(10_000)).starts_with("not JSON: "));
    }
}
