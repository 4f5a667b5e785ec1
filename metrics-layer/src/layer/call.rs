//! A request under way, whatever collector hears of it.

use std::sync::Arc;

use http::{Method, StatusCode, Version, header};
use metrics_core::context::{BodyBytes, RequestContext};
use metrics_core::{Protocol, RequestTimer, Scheme, SessionTimer};

use super::foreign::ForeignCall;
use super::mark::Mark;
use super::session::{Session, asks_for_upgrade};
use super::{Shared, grpc, server_timing};

/// A request under way: recorded once, when its response ended, or it failed or was dropped.
#[derive(Debug)]
pub(super) struct Call {
    kind: Kind,
    method: Answers,
    /// What the handler may hold on to if the request becomes a session.
    session: Option<Session>,
}

#[derive(Debug)]
enum Kind {
    /// The registry's own timer, which also tells cancelled and panicked requests apart.
    Registry(RequestTimer),
    /// For a collector that is no registry; `None` when it is disabled or was told.
    Foreign(Option<ForeignCall>, RequestContext),
}

/// How a request's method decides what its response looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    WithBody,
    /// HEAD.
    WithoutBody,
    /// CONNECT.
    WithTunnel,
}

/// What is still to come after the head of a response.
#[derive(Debug)]
pub(super) enum After {
    Nothing,
    /// The rest of the body.
    Body(Call),
    /// An event stream, which is no part of the request any more.
    Stream(SessionTimer),
}

impl Call {
    #[inline]
    pub(super) fn begin<B>(
        shared: &Arc<Shared>,
        mark: Mark,
        method: &'static str,
        request: &mut http::Request<B>,
    ) -> Self {
        let answers = match *request.method() {
            Method::HEAD => Answers::WithoutBody,
            Method::CONNECT => Answers::WithTunnel,
            _ => Answers::WithBody,
        };
        let template = shared.templates.of(request);
        let kind = match shared.collector.registry() {
            Some(registry) => {
                let mut timer = registry.begin_request_over(protocol(request), method, template);
                if shared.server_timing.is_some() {
                    timer.report_calls();
                }
                if let Some(label) = &shared.label {
                    label.apply(&mut timer, request, template);
                }
                Kind::Registry(timer)
            }
            None => Kind::Foreign(ForeignCall::begin(shared, method, template), RequestContext::begin()),
        };
        let session = asks_for_upgrade(request).then(|| Session::offer(request));
        let call = Self { kind, method: answers, session };
        call.context().set_mark(mark.words());
        call
    }

    /// The request as those see it who work for it.
    #[inline]
    pub(super) fn context(&self) -> &RequestContext {
        match &self.kind {
            Kind::Registry(timer) => timer.context(),
            Kind::Foreign(_, context) => context,
        }
    }

    /// Counts what is read of the request's body.
    pub(super) fn body_bytes(&self) -> Option<BodyBytes> {
        match &self.kind {
            Kind::Registry(timer) => Some(timer.body_bytes()),
            Kind::Foreign(..) => None,
        }
    }

    /// Tells the client what calls the response was made of, if that was asked for.
    #[inline]
    pub(super) fn tell(&self, headers: &mut http::HeaderMap) {
        if self.context().reports_calls() {
            server_timing::add(headers, self.context());
        }
    }

    /// The response head is there; says what is still to come.
    #[inline]
    pub(super) fn answered<B: http_body::Body>(mut self, response: &http::Response<B>) -> After {
        let status = response.status();
        let timer = match &mut self.kind {
            Kind::Registry(timer) => timer,
            Kind::Foreign(call, _) => {
                if let Some(call) = call.take() {
                    call.answered(status.as_u16());
                }
                return After::Nothing;
            }
        };
        // Most responses of a handler have few headers or none; look only where there is something.
        if !response.headers().is_empty()
            && let Some(code) = grpc::status(response.headers())
        {
            timer.grpc_status(code);
        }
        if self.is_upgrade(status) {
            self.upgrade(status);
            return After::Nothing;
        }
        if self.method == Answers::WithoutBody || has_no_body(status) || response.body().is_end_stream() {
            self.answered_in_full(status);
            return After::Nothing;
        }
        if is_event_stream(response) {
            return After::Stream(self.into_session(status));
        }
        if let Kind::Registry(timer) = &mut self.kind {
            timer.answered(status.as_u16());
        }
        After::Body(self)
    }

    #[inline]
    fn answered_in_full(self, status: StatusCode) {
        if let Kind::Registry(timer) = self.kind {
            timer.answered_in_full(status.as_u16());
        }
    }

    fn is_upgrade(&self, status: StatusCode) -> bool {
        status == StatusCode::SWITCHING_PROTOCOLS || self.method == Answers::WithTunnel && status.is_success()
    }

    /// Ends the request with the head, and begins the session if the handler held on to it.
    fn upgrade(mut self, status: StatusCode) {
        match self.session.take().filter(Session::is_held) {
            Some(session) => session.open(self.into_session(status)),
            None => self.answered_in_full(status),
        }
    }

    fn into_session(self, status: StatusCode) -> SessionTimer {
        match self.kind {
            Kind::Registry(timer) => timer.into_session(status.as_u16()),
            Kind::Foreign(..) => SessionTimer::default(),
        }
    }

    /// Everything was sent.
    #[inline]
    pub(super) fn finish(self) {
        if let Kind::Registry(timer) = self.kind {
            timer.finish();
        }
    }

    /// The service failed without a response, or the response's body failed.
    #[inline]
    pub(super) fn failed(self) {
        match self.kind {
            Kind::Registry(timer) => timer.failed(),
            Kind::Foreign(Some(call), _) => call.failed(),
            Kind::Foreign(None, _) => {}
        }
    }

    /// Bytes of the response's body were sent.
    #[inline]
    pub(super) fn sent(&mut self, bytes: u64) {
        if let Kind::Registry(timer) = &mut self.kind {
            timer.sent(bytes);
        }
    }

    /// The trailers of the response are there.
    pub(super) fn trailers(&mut self, trailers: &http::HeaderMap) {
        if let (Kind::Registry(timer), Some(code)) = (&mut self.kind, grpc::status(trailers)) {
            timer.grpc_status(code);
        }
    }
}

fn protocol<B>(request: &http::Request<B>) -> Protocol {
    let scheme = match request.uri().scheme_str() {
        Some("https") => Scheme::Https,
        _ => Scheme::Http,
    };
    let version = match request.version() {
        Version::HTTP_2 => metrics_core::Version::Http2,
        Version::HTTP_3 => metrics_core::Version::Http3,
        Version::HTTP_11 => metrics_core::Version::Http11,
        _ => metrics_core::Version::Http10,
    };
    Protocol { scheme, version }
}

/// Whether a response of that status ends with its head, whatever body it has: servers drop it unread.
fn has_no_body(status: StatusCode) -> bool {
    status.is_informational() || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED
}

fn is_event_stream<B>(response: &http::Response<B>) -> bool {
    const EVENT_STREAM: &[u8] = b"text/event-stream";
    let content_type = response.headers().get(header::CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    content_type
        .and_then(|value| value.get(..EVENT_STREAM.len()))
        .is_some_and(|value| value.eq_ignore_ascii_case(EVENT_STREAM))
}
