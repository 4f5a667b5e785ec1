//! Guards that read the clock when made and record when dropped: calls of instrumented code, and requests.

mod future;
mod guard;
mod instance;
mod node;
#[cfg(all(feature = "off", not(feature = "always-on")))]
mod off;
mod on;
mod points;
mod question;
mod request;
mod session;
#[cfg(feature = "stream")]
mod stream;

pub use future::{BusyFuture, Rewrap, TimedFuture};
pub use guard::{Timed, Timer as HandTimer, time};
pub use instance::Instance;
pub use node::NodeTimer;
#[cfg(all(feature = "off", not(feature = "always-on")))]
pub(crate) use off::BusyClock;
#[cfg(all(feature = "off", not(feature = "always-on")))]
pub use off::{Ahead, InFlight, MAY_RECORD, Memory, Place, Site, Subject, Timer, Watch, is_recording};
#[cfg(not(all(feature = "off", not(feature = "always-on"))))]
pub(crate) use on::BusyClock;
#[cfg(not(all(feature = "off", not(feature = "always-on"))))]
pub use on::{Ahead, InFlight, MAY_RECORD, Memory, Place, Site, Subject, Timer, Watch, is_recording};
pub use points::{IntoPoints, points};
pub use question::{Question, asked};
pub use request::RequestTimer;
pub use session::SessionTimer;
#[cfg(feature = "stream")]
pub use stream::{RewrapStream, TimedStream, TimedStreamExt};
