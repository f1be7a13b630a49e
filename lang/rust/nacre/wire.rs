//! What stands in messages, taken apart and put together: the part of doc/interfaces.md that generated code calls.
//!
//! Readers get a snapshot: bytes that nobody can change any more. Whatever does not fit is `MALFORMED`, or `NEWER`
//! where only a newer version could mean something by it; no reader panics, whatever it is given.

use crate::status::{MALFORMED, NEWER};
use crate::{Error, Result};
use alloc::vec;
use alloc::vec::Vec;

/// An integer that travels in one word, and lies in a struct.
pub trait Integer: Copy {
    /// From a word, which must hold the number extended by its sign.
    fn of_word(word: usize) -> Result<Self>;
    /// The word for it.
    fn word(self) -> usize;
    /// From its bytes in a struct, as many as it has.
    fn of_bytes(bytes: &[u8]) -> Self;
    /// Into its bytes.
    fn put(self, bytes: &mut [u8]);
}

macro_rules! integers {
    ($($name:ident as $wide:ident),*) => { $(
        impl Integer for $name {
            fn of_word(word: usize) -> Result<$name> {
                let value = word as $name;
                if value.word() == word { Ok(value) } else { Err(MALFORMED) }
            }

            fn word(self) -> usize {
                self as $wide as usize
            }

            fn of_bytes(bytes: &[u8]) -> $name {
                let mut array = [0; core::mem::size_of::<$name>()];
                array.copy_from_slice(bytes);
                $name::from_le_bytes(array)
            }

            fn put(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }
        }
    )* };
}

integers!(u8 as usize, u16 as usize, u32 as usize, i8 as isize, i16 as isize, i32 as isize, u64 as usize, i64 as isize);

/// A number of 64 bits out of two words.
pub fn long(low: usize, high: usize) -> Result<u64> {
    Ok(u32::of_word(low)? as u64 | (u32::of_word(high)? as u64) << 32)
}

/// A bool out of a word.
pub fn boolean(word: usize) -> Result<bool> {
    match word {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(MALFORMED),
    }
}

/// The public ID of an object, out of four words.
pub fn id(word: &[usize]) -> Result<[u32; 4]> {
    Ok([u32::of_word(word[0])?, u32::of_word(word[1])?, u32::of_word(word[2])?, u32::of_word(word[3])?])
}

/// A run of MIN to MAX bytes.
pub fn run(bytes: &[u8], min: usize, max: usize) -> Result<&[u8]> {
    if bytes.len() < min || bytes.len() > max {
        return Err(MALFORMED);
    }
    Ok(bytes)
}

/// UTF-8 of MIN to MAX bytes without NUL.
pub fn string(bytes: &[u8], min: usize, max: usize) -> Result<&str> {
    let text = core::str::from_utf8(run(bytes, min, max)?).map_err(|_| MALFORMED)?;
    if bytes.contains(&0) {
        return Err(MALFORMED);
    }
    Ok(text)
}

/// Strings, each ended by NUL, MIN to MAX bytes in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strings<'a>(&'a str);

impl<'a> Strings<'a> {
    /// Checks what came.
    pub fn of(bytes: &'a [u8], min: usize, max: usize) -> Result<Strings<'a>> {
        let text = core::str::from_utf8(run(bytes, min, max)?).map_err(|_| MALFORMED)?;
        if !text.is_empty() && !text.ends_with('\0') {
            return Err(MALFORMED);
        }
        Ok(Strings(text))
    }

    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        self.0.split_terminator('\0')
    }
}

/// Takes off what stands before two runs: the length of the first, and four bytes of zero.
pub fn two_runs(bytes: &[u8]) -> Result<(u32, &[u8])> {
    if bytes.len() < 8 || bytes[4..8] != [0; 4] {
        return Err(MALFORMED);
    }
    Ok((u32::of_bytes(&bytes[..4]), &bytes[8..]))
}

/// Splits off the first `count` bytes.
pub fn split(bytes: &[u8], count: usize) -> Result<(&[u8], &[u8])> {
    if count > bytes.len() {
        return Err(MALFORMED);
    }
    Ok(bytes.split_at(count))
}

/// A struct as this version knows it, from one of any version: `N` bytes, what is missing zero. Answers it and what
/// follows it. `least`: bytes of the oldest version.
/// `NEWER`: it holds something that this version does not know.
pub fn fixed<const N: usize>(bytes: &[u8], least: usize) -> Result<([u8; N], &[u8])> {
    let mut known = [0; N];
    if bytes.len() < 4 {
        return Err(MALFORMED);
    }
    let size = u32::of_bytes(&bytes[..4]) as usize;
    if size < least || size % 8 != 0 {
        return Err(MALFORMED);
    }
    let (sent, rest) = split(bytes, size)?;
    let taken = size.min(N);
    known[..taken].copy_from_slice(&sent[..taken]);
    if sent[taken..].iter().any(|&byte| byte != 0) {
        return Err(NEWER);
    }
    Ok((known, rest))
}

/// What a newer version may use and this one does not.
pub fn reserved(bytes: &[u8]) -> Result<()> {
    if bytes.iter().any(|&byte| byte != 0) {
        return Err(NEWER);
    }
    Ok(())
}

/// `N` integers in a struct.
pub fn array<T: Integer + Default, const N: usize>(bytes: &[u8]) -> [T; N] {
    let mut array = [T::default(); N];
    for (each, bytes) in array.iter_mut().zip(bytes.chunks_exact(core::mem::size_of::<T>())) {
        *each = T::of_bytes(bytes);
    }
    array
}

// --- putting together ------------------------------------------------------------------------------------------

/// Strings as they travel. `MALFORMED`: one of them holds a NUL.
pub fn join(strings: &[&str]) -> Result<Vec<u8>> {
    let mut joined = Vec::new();
    for text in strings {
        string(text.as_bytes(), 0, usize::MAX)?;
        joined.extend_from_slice(text.as_bytes());
        joined.push(0);
    }
    Ok(joined)
}

/// What stands before two runs.
pub fn prefix(first_size: usize) -> [u8; 8] {
    (first_size as u64).to_le_bytes()
}

/// A buffer for an answer that is put together later.
pub fn zeroes(size: usize) -> Vec<u8> {
    vec![0; size]
}

/// As much of `from` as there is room for.
pub fn copy(to: &mut [u8], from: &[u8]) {
    let count = to.len().min(from.len());
    to[..count].copy_from_slice(&from[..count]);
}

// --- answers ---------------------------------------------------------------------------------------------------

/// How many bytes of a struct came, where at most `room` can have.
fn fixed_size(fixed: &[u8], length: usize, room: usize) -> Result<usize> {
    let size = u32::of_bytes(&fixed[..4]) as usize;
    if length < 4 || size > length || size > room {
        return Err(MALFORMED);
    }
    Ok(size)
}

/// Checks an answer that is a struct and nothing else; an older server's is shorter, with zeroes behind it.
pub fn answer_fixed(fixed: &[u8], length: usize) -> Result<()> {
    if fixed_size(fixed, length, fixed.len())? != length {
        return Err(MALFORMED);
    }
    Ok(())
}

/// Parts an answer that is a struct and a run, which filled `fixed` and then `run`. An older server's struct is shorter:
/// what the run has left in `fixed` is brought where it belongs. Answers the run's length.
/// `TOO_LONG`: there is no room for that.
pub fn answer_parted(fixed: &mut [u8], run: &mut [u8], length: usize) -> Result<usize> {
    let size = fixed_size(fixed, length, fixed.len())?;
    let (whole, count) = (fixed.len(), length - size);
    if count > run.len() {
        return Err(Error::TOO_LONG);
    }
    let astray = count.min(whole - size);
    run.copy_within(..count - astray, astray);
    run[..astray].copy_from_slice(&fixed[size..size + astray]);
    fixed[size..].fill(0);
    Ok(count)
}

// --- texts in structs ------------------------------------------------------------------------------------------

/// Text of less than `N` bytes inside a struct.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<const N: usize>([u8; N]);

impl<const N: usize> Text<N> {
    /// The text in it. `MALFORMED`: it is too long, or holds a NUL.
    pub fn new(text: &str) -> Result<Text<N>> {
        let mut bytes = [0; N];
        string(text.as_bytes(), 0, N - 1)?;
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Text(bytes))
    }

    /// Checks what came: UTF-8, then at least one NUL, and nothing else behind it.
    pub fn of_bytes(bytes: &[u8]) -> Result<Text<N>> {
        let mut text = Text([0; N]);
        let end = bytes.iter().position(|&byte| byte == 0).ok_or(MALFORMED)?;
        if bytes[end..].iter().any(|&byte| byte != 0) {
            return Err(MALFORMED);
        }
        core::str::from_utf8(&bytes[..end]).map_err(|_| MALFORMED)?;
        text.0.copy_from_slice(bytes);
        Ok(text)
    }

    /// All N bytes.
    pub fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(0);
        core::str::from_utf8(&self.0[..end]).unwrap_or("")
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Text<N> {
        Text([0; N])
    }
}

impl<const N: usize> core::fmt::Display for Text<N> {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str(self.as_str())
    }
}

impl<const N: usize> core::fmt::Debug for Text<N> {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(self.as_str(), out)
    }
}
