//! Functions of several forms, instrumented with feature `timed` and bare without.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};

#[cfg_attr(feature = "timed", metrics_core::timed)]
#[inline(never)]
pub fn plain(x: u64) -> u64 {
    x.rotate_left(7) ^ 0x55
}

#[cfg_attr(feature = "timed", metrics_core::timed(node = id, node_type = "test", points = bytes.len()))]
#[inline(never)]
pub fn node(id: &str, bytes: Vec<u8>) -> usize {
    bytes.iter().map(|byte| usize::from(*byte)).sum::<usize>() + id.len()
}

#[cfg_attr(feature = "timed", metrics_core::timed(node = id, points = ok.len()))]
#[inline(never)]
pub fn looked_at(id: &str, bytes: &[u8]) -> Result<Vec<u8>, usize> {
    if bytes.is_empty() {
        return Err(id.len());
    }
    Ok(bytes.to_vec())
}

#[cfg_attr(feature = "timed", metrics_core::timed)]
async fn waits(x: u64) -> u64 {
    std::future::ready(x).await + 1
}

#[inline(never)]
pub fn polled(x: u64, cx: &mut Context<'_>) -> Poll<u64> {
    pin!(waits(x)).poll(cx)
}

#[inline(never)]
pub fn block(x: u64) -> u64 {
    #[cfg(feature = "timed")]
    return metrics_core::timed_block!("square", { x.wrapping_mul(x) });
    #[cfg(not(feature = "timed"))]
    return x.wrapping_mul(x);
}
