//! Every shape twice, bare and timed. The packages of the three editions are this same code.

#![deny(warnings)]

#[cfg(test)]
mod bare;
#[cfg(test)]
mod timed;

#[test]
fn every_shape_behaves_as_before() {
    let edition = env!("CARGO_PKG_NAME");
    support::compare(edition, bare::of::FILES, timed::of::FILES);
}
