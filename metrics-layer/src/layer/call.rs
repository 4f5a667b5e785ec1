//! A request under way, whatever collector hears of it.

use std::sync::Arc;

use http::{Method, StatusCode, Version};
use metrics_core::context::{BodyBytes, Entered, RequestContext};
use metrics_core::{Protocol, Registry, RequestTimer, Scheme};

use super::body::Watch;
use super::foreign::ForeignCall;
use super::mark::Mark;
use super::session::{Session, asks_for_upgrade};
use super::told::Told;
use super::{Shared, server_timing};

/// A request without an answer: recorded once, when it is answered in full, or fails, or is dropped.
#[derive(Debug)]
pub(super) struct Call {
    kind: Kind,
    /// What the handler may hold on to if the request becomes a session.
    session: Option<Session>,
}

#[derive(Debug)]
enum Kind {
    /// The registry's own timer, which also tells cancelled and panicked requests apart.
    Registry(RequestTimer, Answers),
    /// For a collector that is no registry.
    Foreign(Box<ForeignCall>),
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

impl Call {
    /// `None` for a collector that is disabled and no registry.
    #[inline]
    pub(super) fn begin<B>(
        shared: &Arc<Shared>,
        registry: Option<&Registry>,
        mark: Mark,
        method: &'static str,
        request: &mut http::Request<B>,
    ) -> Option<Self> {
        let template = shared.templates.of(request);
        let kind = match registry {
            Some(registry) => {
                let mut timer = registry.begin_request_over(protocol(request), method, template);
                if shared.server_timing.is_some() {
                    timer.report_calls();
                }
                if let Some(label) = &shared.label {
                    label.apply(&mut timer, request, template);
                }
                Kind::Registry(timer, Answers::of(request.method()))
            }
            None => Kind::Foreign(ForeignCall::begin(shared, method, template)?),
        };
        let session = asks_for_upgrade(request).then(|| Session::offer(request));
        let call = Self { kind, session };
        call.context().set_mark(mark.words());
        Some(call)
    }

    /// The request as those see it who work for it.
    #[inline]
    pub(super) fn context(&self) -> &RequestContext {
        match &self.kind {
            Kind::Registry(timer, _) => timer.context(),
            Kind::Foreign(call) => call.context(),
        }
    }

    /// The thread works for the request of that call, if there is one.
    #[inline]
    pub(super) fn enter(call: &Option<Self>) -> Option<Entered> {
        call.as_ref().map(|call| call.context().enter())
    }

    /// Counts what is read of the request's body.
    #[inline]
    pub(super) fn body_bytes(&self) -> BodyBytes {
        match &self.kind {
            Kind::Registry(timer, _) => timer.body_bytes(),
            Kind::Foreign(_) => BodyBytes::nobody(),
        }
    }

    /// Tells the client what calls the response was made of, if that was asked for.
    #[inline]
    pub(super) fn tell(&self, headers: &mut http::HeaderMap) {
        if self.context().reports_calls() {
            server_timing::add(headers, self.context());
        }
    }

    /// The response head is there; says what ends with the body.
    #[inline]
    pub(super) fn answered<B: http_body::Body>(self, response: &http::Response<B>) -> Watch {
        let status = response.status();
        let (mut timer, answers) = match self.kind {
            Kind::Registry(timer, answers) => (timer, answers),
            Kind::Foreign(call) => {
                call.answered(status.as_u16());
                return Watch::Nothing;
            }
        };
        let told = Told::of(response);
        if let Some(code) = told.grpc_status() {
            timer.grpc_status(code);
        }
        if answers.is_upgrade(status) {
            upgrade(timer, self.session, status);
        } else if answers == Answers::WithoutBody || has_no_body(status) || response.body().is_end_stream() {
            timer.answered_in_full(status.as_u16());
        } else if told.is_event_stream() {
            return Watch::Session(timer.into_session(status.as_u16()));
        } else {
            timer.answered_with_length(status.as_u16(), told.length());
            return Watch::Request(timer);
        }
        Watch::Nothing
    }

    /// The service failed without a response.
    #[inline]
    pub(super) fn failed(self) {
        match self.kind {
            Kind::Registry(timer, _) => timer.failed(),
            Kind::Foreign(call) => call.failed(),
        }
    }
}

impl Answers {
    #[inline]
    fn of(method: &Method) -> Self {
        match *method {
            Method::HEAD => Self::WithoutBody,
            Method::CONNECT => Self::WithTunnel,
            _ => Self::WithBody,
        }
    }

    #[inline]
    fn is_upgrade(self, status: StatusCode) -> bool {
        status == StatusCode::SWITCHING_PROTOCOLS || self == Self::WithTunnel && status.is_success()
    }
}

/// Ends the request with the head, and begins the session if the handler held on to it.
#[cold]
fn upgrade(timer: RequestTimer, session: Option<Session>, status: StatusCode) {
    match session.filter(Session::is_held) {
        Some(session) => session.open(timer.into_session(status.as_u16())),
        None => timer.answered_in_full(status.as_u16()),
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
