//! A request under way, whatever collector hears of it.

use std::sync::Arc;

use http::{Method, StatusCode, Version};
use http_body::Body;
use metrics_core::context::{BodyBytes, Entered, RequestContext};
use metrics_core::{Protocol, Registry, RequestTimer, Scheme};

use super::body::Watch;
use super::foreign::ForeignCall;
use super::mark::Mark;
use super::session::{Session, asks_for_upgrade};
use super::told::{Told, known_length};
use super::{Shared, server_timing};

/// A request without an answer: recorded once, when it is answered in full, or fails, or is dropped.
///
/// Two words, for a future that is moved about holds it; what is rare is elsewhere.
#[derive(Debug)]
pub(super) enum Call {
    /// The registry's own timer, which also tells cancelled and panicked requests apart.
    Registry(RequestTimer, Answers),
    /// One that may become a session.
    Asking(Box<Asking>),
    /// For a collector that is no registry.
    Foreign(Box<ForeignCall>),
}

/// How a request's method decides what its response looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    WithBody,
    /// HEAD.
    WithoutBody,
}

/// A request that asks for an upgrade.
#[derive(Debug)]
pub(super) struct Asking {
    timer: RequestTimer,
    answers: Answers,
    /// Whether any success opens it: CONNECT.
    is_tunnel: bool,
    /// What the handler may hold on to.
    session: Session,
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
        let call = match registry {
            Some(registry) => {
                let mut timer = registry.begin_request_over(protocol(request), method, template);
                if !timer.context().has_request() {
                    // Nothing is recorded: a layer further out keeps what it has.
                    return None;
                }
                if shared.server_timing.is_some() {
                    timer.report_calls();
                }
                if let Some(label) = &shared.label {
                    label.apply(&mut timer, request, template);
                }
                timer.context().set_mark(mark.words());
                let answers = Answers::of(request.method());
                if asks_for_upgrade(request) {
                    Self::Asking(Asking::begin(timer, answers, request))
                } else {
                    Self::Registry(timer, answers)
                }
            }
            None => {
                let call = ForeignCall::begin(shared, method, template)?;
                call.context().set_mark(mark.words());
                if asks_for_upgrade(request) {
                    Session::offer(request);
                }
                Self::Foreign(call)
            }
        };
        Some(call)
    }

    /// The request as those see it who work for it.
    #[inline]
    pub(super) fn context(&self) -> &RequestContext {
        match self {
            Self::Registry(timer, _) => timer.context(),
            Self::Asking(call) => call.timer.context(),
            Self::Foreign(call) => call.context(),
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
        match self {
            Self::Registry(timer, _) => timer.body_bytes(),
            Self::Asking(call) => call.timer.body_bytes(),
            Self::Foreign(_) => BodyBytes::nobody(),
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
    pub(super) fn answered<B: Body>(self, response: &http::Response<B>) -> Watch {
        match self {
            Self::Registry(timer, answers) => answers.watch(timer, response),
            Self::Asking(call) => call.answered(response),
            Self::Foreign(call) => {
                call.answered(response.status().as_u16());
                Watch::Nothing
            }
        }
    }

    /// The service failed without a response.
    #[inline]
    pub(super) fn failed(self) {
        match self {
            Self::Registry(timer, _) => timer.failed(),
            Self::Asking(call) => call.timer.failed(),
            Self::Foreign(call) => call.failed(),
        }
    }
}

impl Answers {
    #[inline]
    fn of(method: &Method) -> Self {
        if *method == Method::HEAD { Self::WithoutBody } else { Self::WithBody }
    }

    /// The response head is there; says what ends with the body.
    #[inline]
    fn watch<B: Body>(self, mut timer: RequestTimer, response: &http::Response<B>) -> Watch {
        let status = response.status();
        let goes_on = self == Self::WithBody && has_body(status);
        match known_length(response.body()) {
            Some(length) if goes_on => {
                timer.answered_with_length(status.as_u16(), Some(length));
                Watch::Request(timer)
            }
            _ => watch_by_headers(timer, response, goes_on),
        }
    }
}

/// The response head is there, and only its headers tell how it goes on, if it does.
#[inline(never)]
fn watch_by_headers<B: Body>(mut timer: RequestTimer, response: &http::Response<B>, goes_on: bool) -> Watch {
    let status = response.status().as_u16();
    let told = Told::of(response);
    if let Some(code) = told.grpc_status() {
        timer.grpc_status(code);
    }
    if !goes_on || response.body().is_end_stream() {
        timer.answered_in_full(status);
        Watch::Nothing
    } else if told.is_event_stream() {
        Watch::Session(timer.into_session(status))
    } else {
        timer.answered_with_length(status, told.length());
        Watch::Request(timer)
    }
}

impl Asking {
    #[cold]
    fn begin<B>(timer: RequestTimer, answers: Answers, request: &mut http::Request<B>) -> Box<Self> {
        let is_tunnel = *request.method() == Method::CONNECT;
        Box::new(Self { timer, answers, is_tunnel, session: Session::offer(request) })
    }

    /// When it is upgraded, ends the request with the head, and begins the session if the handler held on to it.
    #[cold]
    fn answered<B: Body>(self, response: &http::Response<B>) -> Watch {
        let status = response.status();
        let is_upgrade = status == StatusCode::SWITCHING_PROTOCOLS || self.is_tunnel && status.is_success();
        if !is_upgrade || !self.session.is_held() {
            let answers = if is_upgrade { Answers::WithoutBody } else { self.answers };
            return answers.watch(self.timer, response);
        }
        self.session.open(self.timer.into_session(status.as_u16()));
        Watch::Nothing
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

/// Whether a response of that status goes on after its head; of others servers drop the body unread.
#[inline]
fn has_body(status: StatusCode) -> bool {
    !(status.is_informational() || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED)
}
