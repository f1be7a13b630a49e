//! Time since reset, and waiting. All times are in ns; a deadline is absolute.

extern "C" {
    fn nacre_clock_ns() -> u64;
    fn nacre_deadline_in(ns: u64) -> u64;
    fn nacre_sleep_until(deadline_ns: u64);
}

/// ns since reset.
pub fn now() -> u64 {
    unsafe { nacre_clock_ns() }
}

/// The deadline this far from now; saturates to "never".
pub fn deadline_in(ns: u64) -> u64 {
    unsafe { nacre_deadline_in(ns) }
}

/// Waits until then.
pub fn sleep_until(deadline_ns: u64) {
    unsafe { nacre_sleep_until(deadline_ns) }
}
