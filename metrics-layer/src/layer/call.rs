//! A request under way, whatever collector hears of it.

use std::sync::Arc;

use http::{Method, StatusCode, Version};
use metrics_core::context::{BodyBytes, Entered, RequestContext};
use metrics_core::{Protocol, Registry, RequestTimer, Scheme, SessionTimer};

use super::foreign::ForeignCall;
use super::mark::Mark;
use super::session::{Session, asks_for_upgrade};
use super::told::Told;
use super::{Shared, server_timing};

/// A request without an answer: recorded once, when it is answered in full, or fails, or is dropped.
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

/// What is still to come after the head of a response.
#[derive(Debug)]
pub(super) enum After {
    Nothing,
    Body(Rest),
    /// An event stream, which is no part of the request any more.
    Stream(SessionTimer),
}

/// A request whose response is being sent.
#[derive(Debug)]
pub(super) struct Rest {
    pub(super) timer: RequestTimer,
    /// Bytes that are still to come, or [`UNKNOWN`](Self::UNKNOWN). Servers stop polling there, whether or not the body
    /// says that it is at its end.
    pub(super) left: u64,
}

impl Rest {
    /// No body is that long.
    pub(super) const UNKNOWN: u64 = u64::MAX;
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
                Kind::Registry(timer)
            }
            None => Kind::Foreign(ForeignCall::begin(shared, method, template)?),
        };
        let answers = Answers::of(request.method());
        let session = asks_for_upgrade(request).then(|| Session::offer(request));
        let call = Self { kind, method: answers, session };
        call.context().set_mark(mark.words());
        Some(call)
    }

    /// The request as those see it who work for it.
    #[inline]
    pub(super) fn context(&self) -> &RequestContext {
        match &self.kind {
            Kind::Registry(timer) => timer.context(),
            Kind::Foreign(call) => call.context(),
        }
    }

    /// The thread works for the request of that call, if there is one.
    #[inline]
    pub(super) fn enter(call: &Option<Self>) -> Option<Entered> {
        call.as_ref().map(|call| call.context().enter())
    }

    /// Counts what is read of the request's body.
    pub(super) fn body_bytes(&self) -> Option<BodyBytes> {
        match &self.kind {
            Kind::Registry(timer) => Some(timer.body_bytes()),
            Kind::Foreign(_) => None,
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
    pub(super) fn answered<B: http_body::Body>(self, response: &http::Response<B>) -> After {
        let status = response.status();
        let mut timer = match self.kind {
            Kind::Registry(timer) => timer,
            Kind::Foreign(call) => {
                call.answered(status.as_u16());
                return After::Nothing;
            }
        };
        let told = Told::of(response);
        if let Some(code) = told.grpc_status() {
            timer.grpc_status(code);
        }
        if self.method.is_upgrade(status) {
            upgrade(timer, self.session, status);
        } else if self.method == Answers::WithoutBody
            || has_no_body(status)
            || response.body().is_end_stream()
        {
            timer.answered_in_full(status.as_u16());
        } else if told.is_event_stream() {
            return After::Stream(timer.into_session(status.as_u16()));
        } else {
            timer.answered(status.as_u16());
            return After::Body(Rest { timer, left: told.length().unwrap_or(Rest::UNKNOWN) });
        }
        After::Nothing
    }

    /// The service failed without a response.
    #[inline]
    pub(super) fn failed(self) {
        match self.kind {
            Kind::Registry(timer) => timer.failed(),
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
