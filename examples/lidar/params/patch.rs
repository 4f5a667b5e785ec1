//! Changing some parameters by a JSON document that names them.

use serde_json::Value;
use thiserror::Error;

use super::Params;
use crate::ops::ParameterError;

/// Why a patch was refused; the message names the field.
#[derive(Debug, PartialEq, Error)]
#[error("{0}")]
pub(crate) struct PatchError(String);

impl PatchError {
    pub(super) fn out_of_range(node: &str, error: &ParameterError) -> Self {
        Self(format!("{node}.{error}"))
    }
}

/// Reads a patch, which has to be a JSON object.
pub(super) fn parse(text: &[u8]) -> Result<Value, PatchError> {
    let patch: Value =
        serde_json::from_slice(text).map_err(|error| PatchError(format!("not JSON: {error}")))?;
    if patch.is_object() {
        return Ok(patch);
    }
    Err(PatchError("expected a JSON object".to_owned()))
}

/// `current` with what `patch` names replaced, if all of it is valid.
pub(super) fn apply(current: &Params, patch: &Value) -> Result<Params, PatchError> {
    let mut document = document(current)?;
    let mut params = current.clone();
    for (path, value) in leaves(&document, patch)? {
        let place = path.iter().try_fold(&mut document, |place, key| place.get_mut(*key));
        if let Some(place) = place {
            *place = value.clone();
        }
        // Read after each field, so that the error is known to be about this one.
        params = read(&document).map_err(|error| PatchError(format!("{}: {error}", path.join("."))))?;
    }
    params.validate()?;
    Ok(params)
}

/// The parameters as JSON; through text, so that 0.2 stays 0.2 and does not become the `f64` nearest
/// to the `f32`.
fn document(params: &Params) -> Result<Value, PatchError> {
    let text = serde_json::to_string(params).map_err(|error| PatchError(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| PatchError(error.to_string()))
}

fn read(document: &Value) -> Result<Params, serde_json::Error> {
    serde::Deserialize::deserialize(document)
}

type Leaf<'a> = (Vec<&'a str>, &'a Value);

/// The fields that `patch` sets, with their paths.
fn leaves<'a>(document: &Value, patch: &'a Value) -> Result<Vec<Leaf<'a>>, PatchError> {
    let mut found = Vec::new();
    collect(document, patch, &mut Vec::new(), &mut found)?;
    Ok(found)
}

fn collect<'a>(
    document: &Value,
    patch: &'a Value,
    path: &mut Vec<&'a str>,
    found: &mut Vec<Leaf<'a>>,
) -> Result<(), PatchError> {
    let (Value::Object(known), Value::Object(fields)) = (document, patch) else {
        found.push((path.clone(), patch));
        return Ok(());
    };
    for (key, value) in fields {
        path.push(key);
        let Some(inner) = known.get(key) else {
            let names: Vec<_> = known.keys().map(String::as_str).collect();
            return Err(unknown(path, &names));
        };
        collect(inner, value, path, found)?;
        path.pop();
    }
    Ok(())
}

fn unknown(path: &[&str], known: &[&str]) -> PatchError {
    let (path, known) = (path.join("."), known.join(", "));
    PatchError(format!("unknown field {path}, expected one of {known}"))
}
