//! A document on its way: rendered, perhaps compressed, shared with others who want the same.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Response, StatusCode};

use super::refusal::Refusal;
use super::render::Fault;
use super::routes::Data;
use super::shared::{Client, Documents, Key, Outcome};
use super::source::Source;
use super::{Body, respond};

/// A document for one client.
#[derive(Debug)]
pub(super) struct Document {
    client: Client,
    source: Source,
    data: Data,
}

impl Document {
    pub(super) fn new(documents: &Documents, source: Source, data: Data, key: Key) -> Self {
        Self { client: documents.want(key), source, data }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Response<Body>> {
        let outcome = ready!(self.client.poll(cx, || self.make()));
        Poll::Ready(match outcome {
            Outcome::Document(bytes) => self.answer(bytes),
            Outcome::Fault(fault) => Refusal::Fault(fault).response(),
            Outcome::Busy => Refusal::Busy.response(),
        })
    }

    fn make(&self) -> Result<Bytes, Fault> {
        let bytes = (self.data.render)(&self.source, &self.client.key().ask)?;
        Ok(self.client.key().encoding.apply(bytes))
    }

    fn answer(&self, bytes: Bytes) -> Response<Body> {
        let Key { ask, encoding, .. } = self.client.key();
        encoding.mark(respond::content(StatusCode::OK, ask.media, bytes))
    }
}
