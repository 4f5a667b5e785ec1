//! A call that is ahead: seen on entry, it begins later, or never.

use std::mem::replace;

use super::foreign::ForeignCall;
use super::subject::{Kind, Subject};

/// What a call will be about. Where the collector is no registry, its names are kept until then.
#[derive(Debug)]
pub struct Ahead(Subject);

impl Ahead {
    /// A call that begins later.
    #[inline]
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        Self(subject)
    }

    /// The call begins.
    #[inline]
    #[must_use]
    pub fn begin(mut self) -> Subject {
        let subject = replace(&mut self.0, Subject::none());
        if let Kind::Foreign(ticket) = subject.kind {
            ForeignCall::begin_again(ticket);
        }
        subject
    }

    /// One of several calls begins.
    #[inline]
    #[must_use]
    #[cfg(feature = "stream")]
    pub(crate) fn begin_one(&self) -> Subject {
        let Kind::Foreign(ticket) = self.0.kind else { return self.0 };
        let another = ForeignCall::another(ticket);
        another.map_or(Subject::none(), |ticket| Subject { kind: Kind::Foreign(ticket), ..self.0 })
    }
}

impl Drop for Ahead {
    #[inline]
    fn drop(&mut self) {
        if let Kind::Foreign(ticket) = self.0.kind {
            ForeignCall::abandon(ticket);
        }
    }
}
