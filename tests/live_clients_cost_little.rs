//! THREAT 58: what a live client costs does not depend on how large a frame is.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;
use std::time::Duration;

use allocation_counter::measure;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use metrics_layer::live::{Hub, MAX_CLIENTS};
use metrics_layer::serve::Access;
use metrics_layer::{Handler, Registry};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

const REQUEST: &[u8] = b"GET /ws/system_metrics HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

const PIPE_BYTES: usize = 1_024;

/// About a megabyte.
fn filled() -> Registry {
    let registry = Registry::mock().0;
    for number in 0..1_000 {
        let name = format!("{number:x<250}");
        let node = registry.node(&name);
        node.describe(&name, &name);
        node.record(Duration::from_millis(1), 1);
    }
    registry
}

async fn connect(handler: &Handler) -> DuplexStream {
    let (near, mut far) = duplex(PIPE_BYTES);
    let service = TowerToHyperService::new(handler.clone());
    tokio::spawn(async move {
        let builder = hyper::server::conn::http1::Builder::new();
        builder.serve_connection(TokioIo::new(near), service).with_upgrades().await
    });
    far.write_all(REQUEST).await.unwrap();
    far
}

/// Reads so many bytes, and keeps none of them.
async fn skip(client: &mut DuplexStream, mut bytes: usize) {
    let mut buffer = [0; PIPE_BYTES];
    while bytes > 0 {
        let read = client.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the connection ended");
        bytes = bytes.saturating_sub(read);
    }
}

#[test]
fn a_client_costs_at_most_64_kib() {
    let registry = filled();
    let frame_bytes = serde_json::to_vec(&registry.snapshot()).unwrap().len();
    assert!(frame_bytes > 900_000, "{frame_bytes}");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let hub = Hub::new();
    let access = Access::default().allow_loopback();
    let handler = Handler::new(Arc::new(registry.clone())).live(hub.clone()).access(access);
    let mut clients = Vec::new();
    // One comes before, so that the frame they share is there, and what is made once.
    runtime.block_on(async {
        let mut first = connect(&handler).await;
        skip(&mut first, frame_bytes).await;
        clients.push(first);
    });
    let cost = measure(|| {
        runtime.block_on(async {
            for _ in 1..MAX_CLIENTS {
                let mut client = connect(&handler).await;
                skip(&mut client, frame_bytes).await;
                clients.push(client);
            }
        });
    });
    assert_eq!(hub.clients(), MAX_CLIENTS);
    let each = usize::try_from(cost.bytes_current).unwrap() / (MAX_CLIENTS - 1);
    println!("{each} bytes a client, with its pipe of twice {PIPE_BYTES}");
    assert!(each <= 64 * 1024, "{each} bytes");
    let most = usize::try_from(cost.bytes_max).unwrap() / (MAX_CLIENTS - 1);
    assert!(most <= 96 * 1024, "{most} bytes while they came");
}
