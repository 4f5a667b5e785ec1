//! Ways a request can end.

/// How a request ended, in one word.
///
/// # Definition
/// `Ok`: answered below 500, and the whole body sent. `Error`: a status of 500 or above, a gRPC status that is the
/// server's fault, an error of the service or of the response's body. `Panicked`: the handler or the body panicked.
/// `Cancelled`: dropped before the end of the body, because the client left or a timeout struck.
///
/// # Source
/// H-14, I-14.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered in full.
    Ok,
    /// The server failed.
    Error,
    /// Code of the server panicked.
    Panicked,
    /// Nobody waited for the end.
    Cancelled,
}

/// What carried a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protocol {
    /// The scheme of its URL.
    pub scheme: Scheme,
    /// The version of HTTP.
    pub version: Version,
}

/// The scheme of a request's URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// `http`, and whatever is not known to be `https`.
    #[default]
    Http,
    /// `https`.
    Https,
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0 and what came before it.
    Http10,
    /// HTTP/1.1.
    #[default]
    Http11,
    /// HTTP/2.
    Http2,
    /// HTTP/3.
    Http3,
}

/// How a request ended, as exactly as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Ok,
    /// By a status of 500 or above.
    Status,
    /// By a gRPC status that is the server's fault.
    Grpc,
    /// By an error of the service, before any response.
    Service,
    /// By an error of the response's body.
    Body,
    Panicked,
    Cancelled,
}

/// What tells the cells of a route apart: ending, status, gRPC status and protocol, in one word.
///
/// From the lowest bit: 10 of status (0 when there was none), 3 of ending, 5 of gRPC status (one more than the code;
/// 0 when there was none), 1 of scheme, 2 of version, and one that marks what lost its status for want of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CellKey(u32);

const ENDING: u32 = 10;
const GRPC: u32 = 13;
const SCHEME: u32 = 18;
const VERSION: u32 = 19;
const REST: u32 = 1 << 21;
const STATUS_MASK: u32 = (1 << ENDING) - 1;
const ENDING_MASK: u32 = 0b111;
const GRPC_MASK: u32 = 0b1_1111;

/// The endings for which the server is to blame, a bit for each.
const FAILURES: u32 = 1 << Ending::Status as u32
    | 1 << Ending::Grpc as u32
    | 1 << Ending::Service as u32
    | 1 << Ending::Body as u32
    | 1 << Ending::Panicked as u32;

/// What gRPC calls a status that it does not know.
const GRPC_UNKNOWN: u8 = 2;
const GRPC_MAX: u8 = 16;

impl Outcome {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Panicked => "panicked",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Protocol {
    /// From the numbers of both, of which the lowest bits count.
    #[inline]
    pub(crate) fn from_bits(scheme: u32, version: u32) -> Self {
        Self { scheme: Scheme::ALL[(scheme & 1) as usize], version: Version::ALL[(version & 0b11) as usize] }
    }
}

impl Scheme {
    pub(crate) const COUNT: usize = 2;
    pub(crate) const ALL: [Self; Self::COUNT] = [Self::Http, Self::Https];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl Version {
    const ALL: [Self; 4] = [Self::Http10, Self::Http11, Self::Http2, Self::Http3];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
            Self::Http2 => "2",
            Self::Http3 => "3",
        }
    }
}

impl Ending {
    const ALL: [Self; 7] =
        [Self::Ok, Self::Status, Self::Grpc, Self::Service, Self::Body, Self::Panicked, Self::Cancelled];

    /// How a request ends whose answer was sent in full.
    #[inline]
    pub(crate) fn of_status(status: u16) -> Self {
        if status >= 500 { Self::Status } else { Self::Ok }
    }
}

/// One more than the code; made-up codes are unknown.
#[inline]
fn grpc_bits(code: u8) -> u32 {
    let code = if code > GRPC_MAX { GRPC_UNKNOWN } else { code };
    (1 + u32::from(code)) << GRPC
}

impl CellKey {
    /// No request ends so: a key has no bits above [`REST`].
    pub(super) const NONE: Self = Self(u32::MAX);

    #[inline]
    pub(crate) fn new(status: u16, ending: Ending, grpc: Option<u8>, protocol: Protocol) -> Self {
        Self(
            u32::from(status) & STATUS_MASK
                | (ending as u32) << ENDING
                | grpc.map_or(0, grpc_bits)
                | (protocol.scheme as u32) << SCHEME
                | (protocol.version as u32) << VERSION,
        )
    }

    #[inline]
    pub(crate) fn with_status(self, status: u16) -> Self {
        Self(self.0 & !STATUS_MASK | u32::from(status) & STATUS_MASK)
    }

    #[inline]
    pub(crate) fn with_grpc(self, code: u8) -> Self {
        Self(self.without_grpc().0 | grpc_bits(code))
    }

    /// The same request, ended so.
    #[inline]
    pub(crate) fn ended(self, ending: Ending) -> Self {
        Self(self.0 & !(ENDING_MASK << ENDING) | (ending as u32) << ENDING)
    }

    /// The same request, when everything was sent.
    #[inline]
    pub(crate) fn when_sent(self) -> Self {
        let of_status = Ending::of_status(self.status());
        let has_grpc = self.0 & GRPC_MASK << GRPC != 0;
        self.ended(if has_grpc { self.ending_of_grpc(of_status) } else { of_status })
    }

    #[cold]
    fn ending_of_grpc(self, of_status: Ending) -> Ending {
        let failed = self.grpc_status().is_some_and(is_grpc_server_error);
        if failed && of_status == Ending::Ok { Ending::Grpc } else { of_status }
    }

    /// The same without status, gRPC status and version.
    pub(super) fn rest(self) -> Self {
        let rest = Self::new(
            0,
            self.ending(),
            None,
            Protocol { scheme: self.protocol().scheme, ..Protocol::default() },
        );
        Self(rest.0 | REST)
    }

    pub(super) fn without_grpc(self) -> Self {
        Self(self.0 & !(GRPC_MASK << GRPC))
    }

    /// Whether the status was lost for want of place.
    pub(crate) fn is_rest(self) -> bool {
        self.0 & REST != 0
    }

    #[inline]
    pub(crate) fn bits(self) -> u32 {
        self.0
    }

    #[inline]
    pub(crate) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// 0 when there was no answer.
    #[inline]
    pub(crate) fn status(self) -> u16 {
        (self.0 & STATUS_MASK) as u16
    }

    pub(crate) fn ending(self) -> Ending {
        // Every key was made of an ending.
        Ending::ALL.get((self.0 >> ENDING & ENDING_MASK) as usize).copied().unwrap_or(Ending::Ok)
    }

    #[inline]
    pub(crate) fn grpc_status(self) -> Option<u8> {
        ((self.0 >> GRPC & GRPC_MASK) as u8).checked_sub(1)
    }

    #[inline]
    pub(crate) fn protocol(self) -> Protocol {
        Protocol::from_bits(self.0 >> SCHEME, self.0 >> VERSION)
    }

    /// Whether the server is to blame.
    #[inline]
    pub(crate) fn is_failure(self) -> bool {
        1 << (self.0 >> ENDING & ENDING_MASK) & FAILURES != 0
    }

    pub(crate) fn outcome(self) -> Outcome {
        match self.ending() {
            Ending::Ok => Outcome::Ok,
            Ending::Status | Ending::Grpc | Ending::Service | Ending::Body => Outcome::Error,
            Ending::Panicked => Outcome::Panicked,
            Ending::Cancelled => Outcome::Cancelled,
        }
    }
}

/// Whether a gRPC status is the server's fault.
///
/// # Source
/// The OpenTelemetry conventions for gRPC servers: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE and
/// DATA_LOSS.
fn is_grpc_server_error(status: u8) -> bool {
    matches!(status, 2 | 4 | 12 | 13 | 14 | 15) || status > GRPC_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_back_what_it_was_made_of() {
        for status in [0, 100, 200, 404, 599, 999] {
            for ending in Ending::ALL {
                for grpc in [None, Some(0), Some(13), Some(16)] {
                    for (scheme, version) in Scheme::ALL.iter().zip(Version::ALL) {
                        let protocol = Protocol { scheme: *scheme, version };
                        let key = CellKey::new(status, ending, grpc, protocol);
                        assert_eq!((key.status(), key.ending(), key.grpc_status()), (status, ending, grpc));
                        assert_eq!(key.protocol(), protocol);
                        assert!(!key.is_rest() && key.rest().is_rest());
                        assert_eq!(key.rest().ending(), ending);
                        let failed = matches!(key.outcome(), Outcome::Error | Outcome::Panicked);
                        assert_eq!(key.is_failure(), failed);
                    }
                }
            }
        }
        let unheard_of = CellKey::new(200, Ending::Ok, Some(200), Protocol::default());
        assert_eq!(unheard_of.grpc_status(), Some(GRPC_UNKNOWN));
    }

    /// The conventions of OpenTelemetry; a status of HTTP that failed says more.
    #[test]
    fn a_grpc_status_is_a_failure_if_the_server_is_to_blame() {
        let ending = |status, grpc| {
            CellKey::new(status, Ending::Ok, None, Protocol::default()).with_grpc(grpc).when_sent().ending()
        };
        let failures: Vec<_> = (0..=GRPC_MAX).filter(|code| ending(200, *code) == Ending::Grpc).collect();
        assert_eq!(failures, [2, 4, 12, 13, 14, 15]);
        assert!((0..=GRPC_MAX).all(|code| ending(500, code) == Ending::Status));
        assert!((0..=GRPC_MAX).all(|code| matches!(ending(499, code), Ending::Ok | Ending::Grpc)));
        assert_eq!(ending(200, GRPC_MAX + 1), Ending::Grpc, "made-up codes are unknown");
    }
}
