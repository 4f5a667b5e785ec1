//! Scaffold; the next commits fill it.
