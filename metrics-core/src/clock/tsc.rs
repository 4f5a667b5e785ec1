//! The processor's time stamp counter, read where the code stands: the one place of this crate with `unsafe`.
//!
//! [`quanta`] reads the same register, but its reading is a function of another crate that asks on every call what
//! kind of clock it is: 15 instructions and a call, twice per timed call, where three are enough (BENCHMARKS.md).
//! Whether the register can be trusted is still quanta's to say, see [`Counter`](super::counter::Counter).

/// Whether this processor has a counter that [`read`] reads.
pub(super) const EXISTS: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

/// The counter now. It is not ordered with the instructions around it: a reading may be early or late by the few
/// nanoseconds that the processor works ahead.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code, reason = "the only way to the register; measured, see the module's documentation")]
pub(crate) fn read() -> u64 {
    // SAFETY: `rdtsc` touches no memory and exists on every x86-64 processor. Where an operating system forbids it
    // to programs (`prctl(PR_SET_TSC)`), it ends them with a signal and does nothing undefined.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// The counter now, as on x86-64.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
#[allow(unsafe_code, reason = "the only way to the register; measured, see the module's documentation")]
pub(crate) fn read() -> u64 {
    let ticks: u64;
    // SAFETY: reads the virtual counter, which programs may read on every system that Rust supports, into a
    // register; the options say that it touches neither memory nor stack nor flags.
    unsafe {
        core::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack, preserves_flags))
    };
    ticks
}

/// There is none: nobody asks, because no clock is made of it.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[inline(always)]
pub(crate) fn read() -> u64 {
    0
}
