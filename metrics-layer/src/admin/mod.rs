//! The page at `/admin/performance`: made on the server, with the numbers in it, so that it needs no script to be
//! read; a small one keeps it current.
//!
//! It has the policy of the [dashboard](crate::dashboard): nothing foreign, no inline style or script.
//!
//! # Source
//! E-05, U-08; Threat 48.

mod html;
mod page;

use crate::dashboard::{Asset, CSS, JAVASCRIPT, style_sheet};

pub(crate) use page::{View, page};

/// The style sheet.
pub(crate) static STYLE: Asset =
    Asset::new("/admin/performance/style.css", CSS, style_sheet!("assets/style.css"));

/// What keeps the page current.
pub(crate) static REFRESH: Asset =
    Asset::new("/admin/performance/refresh.js", JAVASCRIPT, include_bytes!("assets/refresh.js"));
