//! The pages' scripts are type-checked against the models, by way of the OpenAPI document.
//!
//! `tests/node` holds the tools, pinned: `npm ci --prefix tests/node`.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use http::Request;
use http_body_util::{BodyExt, Empty};
use metrics_layer::Metrics;
use serde_json::{Value, json};
use tower::ServiceExt;

const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/node");

/// The schemas of the document that the handler answers with.
async fn schemas() -> Value {
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    let request = Request::get("/api/metrics/openapi.json")
        .header("host", "localhost")
        .body(Empty::<bytes::Bytes>::new())
        .unwrap();
    let response = metrics.handler().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let document: Value = serde_json::from_slice(&body).unwrap();
    document["components"]["schemas"].clone()
}

fn run(tool: &str, arguments: &[&str]) -> Output {
    let program = Path::new(TOOLS).join("node_modules/.bin").join(tool);
    Command::new(program)
        .current_dir(TOOLS)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{tool}: {error}; npm ci --prefix tests/node"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Types of the models, where `tsconfig.json` expects them.
async fn generate() {
    let document = json!({
        "openapi": "3.1.0",
        "info": { "title": "models", "version": "1" },
        "paths": {},
        "components": { "schemas": schemas().await },
    });
    let folder = Path::new(TOOLS).join("generated");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("openapi.json"), document.to_string()).unwrap();
    let models = "generated/models.d.ts";
    let arguments = ["generated/openapi.json", "--root-types", "--root-types-no-schema-prefix", "-o", models];
    let output = run("openapi-typescript", &arguments);
    assert!(output.status.success(), "{}", said(&output));
}

#[tokio::test]
#[ignore = "needs node"]
async fn the_scripts_of_the_pages_agree_with_the_models() {
    generate().await;
    let output = run("tsc", &["--project", "."]);
    assert!(output.status.success(), "{}", said(&output));

    // The same check finds what is wrong.
    let output = run("tsc", &["--project", "planted.json"]);
    let errors = said(&output);
    assert!(!output.status.success());
    for error in ["'queue_dept' does not exist", "'toFixed' does not exist"] {
        assert!(errors.contains(error), "no {error:?} in {errors}");
    }
    assert_eq!(errors.matches("error TS").count(), 2, "{errors}");
}
