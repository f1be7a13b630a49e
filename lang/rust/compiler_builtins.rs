//! compiler_builtins - what the compiler calls behind the program's back.
//!
//! Every no_std crate is linked with a crate of this name. Memory functions come from the C library and most
//! arithmetic from libgcc, which C programs link as well; here is what libgcc lacks on RV32: integers of 128 bits.
//! Plain and small rather than quick: a program that divides such numbers all day wants its own.
#![feature(compiler_builtins)]
#![compiler_builtins]
#![no_builtins]
#![no_std]
#![allow(improper_ctypes_definitions)] // the compiler calls these as it compiles them
#![cfg_attr(target_pointer_width = "64", allow(dead_code))]

/// Halves of a 128-bit number; no operator of `u128` itself may be used here, it would call what it implements.
#[derive(Clone, Copy)]
struct Wide {
    low: u64,
    high: u64,
}

const ZERO: Wide = Wide { low: 0, high: 0 };

union Bits {
    number: u128,
    wide: Wide,
}

impl Wide {
    fn of(number: u128) -> Wide {
        unsafe { Bits { number }.wide }
    }

    fn number(self) -> u128 {
        unsafe { Bits { wide: self }.number }
    }

    fn negative(self) -> bool {
        self.high >> 63 != 0
    }

    fn negated(self) -> Wide {
        let low = (!self.low).wrapping_add(1);
        Wide { low, high: (!self.high).wrapping_add((low == 0) as u64) }
    }

    fn absolute(self) -> Wide {
        if self.negative() {
            self.negated()
        } else {
            self
        }
    }

    fn shifted_left(self, by: u32) -> Wide {
        match by {
            0 => self,
            1..=63 => Wide { low: self.low << by, high: self.high << by | self.low >> (64 - by) },
            _ => Wide { low: 0, high: self.low << (by - 64) },
        }
    }

    /// `fill` comes in from above: 0 or all ones.
    fn shifted_right(self, by: u32, fill: u64) -> Wide {
        match by {
            0 => self,
            1..=63 => Wide { low: self.low >> by | self.high << (64 - by), high: self.high >> by | fill << (64 - by) },
            64 => Wide { low: self.high, high: fill },
            _ => Wide { low: self.high >> (by - 64) | fill << (128 - by), high: fill },
        }
    }

    fn less(self, other: Wide) -> bool {
        self.high < other.high || self.high == other.high && self.low < other.low
    }

    fn minus(self, other: Wide) -> Wide {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        Wide { low, high: self.high.wrapping_sub(other.high).wrapping_sub(borrow as u64) }
    }

    fn times(self, other: Wide) -> Wide {
        let cross = self.low.wrapping_mul(other.high).wrapping_add(self.high.wrapping_mul(other.low));
        let whole = multiply(self.low, other.low);
        Wide { low: whole.low, high: whole.high.wrapping_add(cross) }
    }

    /// Quotient and remainder, bit by bit. Of a division by 0, which the compiler checks before: 0 and the dividend.
    fn divided(self, by: Wide) -> (Wide, Wide) {
        let (mut quotient, mut rest) = (ZERO, ZERO);
        if by.low == 0 && by.high == 0 {
            return (ZERO, self);
        }
        let mut bit = 128;
        while bit > 0 {
            bit -= 1;
            let carried = rest.negative();
            rest = rest.shifted_left(1);
            rest.low |= self.shifted_right(bit, 0).low & 1;
            quotient = quotient.shifted_left(1);
            if carried || !rest.less(by) {
                rest = rest.minus(by);
                quotient.low |= 1;
            }
        }
        (quotient, rest)
    }
}

/// All 128 bits of a product, out of four of 32 by 32.
fn multiply(a: u64, b: u64) -> Wide {
    let (a0, a1, b0, b1) = (a & 0xffff_ffff, a >> 32, b & 0xffff_ffff, b >> 32);
    let low = a0.wrapping_mul(b0);
    let middle = a1.wrapping_mul(b0).wrapping_add(low >> 32);
    let other = a0.wrapping_mul(b1).wrapping_add(middle & 0xffff_ffff);
    Wide {
        low: low & 0xffff_ffff | other << 32,
        high: a1.wrapping_mul(b1).wrapping_add(middle >> 32).wrapping_add(other >> 32),
    }
}

#[cfg(target_pointer_width = "32")]
mod exported {
    use super::{Wide, ZERO};

    #[no_mangle]
    extern "C" fn __ashlti3(number: u128, by: u32) -> u128 {
        Wide::of(number).shifted_left(by).number()
    }

    #[no_mangle]
    extern "C" fn __lshrti3(number: u128, by: u32) -> u128 {
        Wide::of(number).shifted_right(by, 0).number()
    }

    #[no_mangle]
    extern "C" fn __ashrti3(number: u128, by: u32) -> u128 {
        let wide = Wide::of(number);
        wide.shifted_right(by, if wide.negative() { u64::MAX } else { 0 }).number()
    }

    #[no_mangle]
    extern "C" fn __multi3(a: u128, b: u128) -> u128 {
        Wide::of(a).times(Wide::of(b)).number()
    }

    /// A signed product, and whether it does not fit.
    #[no_mangle]
    extern "C" fn __muloti4(a: u128, b: u128, overflow: &mut i32) -> u128 {
        let (a, b) = (Wide::of(a), Wide::of(b));
        let product = a.times(b);
        let expected = if a.low | a.high == 0 { ZERO } else { b.absolute() };
        let (quotient, _) = product.absolute().divided(a.absolute());
        let negative = a.negative() != b.negative() && (product.low | product.high) != 0;
        let fits = quotient.low == expected.low && quotient.high == expected.high && product.negative() == negative;
        *overflow = !fits as i32;
        product.number()
    }

    #[no_mangle]
    extern "C" fn __udivti3(a: u128, b: u128) -> u128 {
        Wide::of(a).divided(Wide::of(b)).0.number()
    }

    #[no_mangle]
    extern "C" fn __umodti3(a: u128, b: u128) -> u128 {
        Wide::of(a).divided(Wide::of(b)).1.number()
    }

    #[no_mangle]
    extern "C" fn __divti3(a: u128, b: u128) -> u128 {
        let (a, b) = (Wide::of(a), Wide::of(b));
        let quotient = a.absolute().divided(b.absolute()).0;
        if a.negative() != b.negative() { quotient.negated() } else { quotient }.number()
    }

    #[no_mangle]
    extern "C" fn __modti3(a: u128, b: u128) -> u128 {
        let (a, b) = (Wide::of(a), Wide::of(b));
        let rest = a.absolute().divided(b.absolute()).1;
        if a.negative() { rest.negated() } else { rest }.number()
    }
}
