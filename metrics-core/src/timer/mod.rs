//! Guards that read the clock when made and record when dropped: calls of instrumented code, and requests.

mod node;
#[cfg(all(feature = "off", not(feature = "always-on")))]
mod off;
mod on;
mod points;
mod request;

pub use node::NodeTimer;
#[cfg(all(feature = "off", not(feature = "always-on")))]
pub use off::{Site, Timer, is_recording};
#[cfg(not(all(feature = "off", not(feature = "always-on"))))]
pub use on::{Site, Timer, is_recording};
pub use points::{IntoPoints, points};
pub use request::RequestTimer;
