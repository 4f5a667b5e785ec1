//! The smallest and the largest samples of a window.

use std::array;

/// So many of the largest samples are enough for the 95th percentile of a window of 100, and of up to 119.
pub(super) const TOP: usize = 6;

/// The smallest of some samples, and the largest ones, the very largest first.
///
/// Every sample goes through all places, because what depends on it would be a jump that no processor foresees: going
/// on only where a sample belongs takes twice as long, but for samples that were read just before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extremes<T = u64> {
    /// The largest number, of no samples.
    pub(super) least: T,
    /// Zeros where there are fewer samples.
    pub(super) top: [T; TOP],
}

/// What is ordered without a jump.
pub(super) trait Ordered: Copy {
    const MIN: Self;
    const MAX: Self;

    fn lesser(self, other: Self) -> Self;
    fn greater(self, other: Self) -> Self;
}

impl Ordered for u64 {
    const MIN: Self = Self::MIN;
    const MAX: Self = Self::MAX;

    #[inline(always)]
    fn lesser(self, other: Self) -> Self {
        self.min(other)
    }

    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        self.max(other)
    }
}

/// Two numbers, each of which is ordered among those that have the same place in their pairs.
///
/// As floats, because processors find the greater ones of two pairs of floats in one instruction, and few of them those
/// of integers: n < 2⁵² is 2⁵² + n here, which has the bits of n under those of 2⁵².
#[derive(Clone, Copy, Debug)]
struct Pair([f64; 2]);

impl Pair {
    const BASE_BITS: u64 = (Self::MAX_NS as f64 + 1.0).to_bits();
    /// 52 days.
    const MAX_NS: u64 = (1 << (f64::MANTISSA_DIGITS - 1)) - 1;

    #[inline(always)]
    fn of(ns: &[u64; 2]) -> Self {
        Self(ns.map(|ns| f64::from_bits(Self::BASE_BITS | ns)))
    }

    fn ns(self) -> [u64; 2] {
        self.0.map(|number| number.to_bits() & Self::MAX_NS)
    }
}

impl Ordered for Pair {
    const MIN: Self = Self([f64::from_bits(Self::BASE_BITS); 2]);
    const MAX: Self = Self([f64::from_bits(Self::BASE_BITS | Self::MAX_NS); 2]);

    #[inline(always)]
    fn lesser(self, other: Self) -> Self {
        let (Self(a), Self(b)) = (self, other);
        Self(array::from_fn(|place| if a[place] < b[place] { a[place] } else { b[place] }))
    }

    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        let (Self(a), Self(b)) = (self, other);
        Self(array::from_fn(|place| if a[place] > b[place] { a[place] } else { b[place] }))
    }
}

impl<T: Ordered> Extremes<T> {
    const NONE: Self = Self { least: T::MAX, top: [T::MIN; TOP] };

    #[inline(always)]
    fn put(&mut self, sample: T) {
        self.least = self.least.lesser(sample);
        self.put_below(0, sample);
    }

    /// Puts a sample among the largest that is no larger than the first so many of them.
    #[inline(always)]
    fn put_below(&mut self, larger: usize, sample: T) {
        let mut lesser = sample;
        for place in &mut self.top[larger..] {
            (*place, lesser) = (lesser.greater(*place), lesser.lesser(*place));
        }
    }
}

impl Extremes {
    /// Of samples in any order.
    pub(super) fn of(samples: &[u64]) -> Self {
        let mut extremes = Self::NONE;
        let (pairs, mut others) = samples.as_chunks();
        if samples.iter().fold(0, |bits, ns| bits | ns) <= Pair::MAX_NS && !pairs.is_empty() {
            Extremes::of_pairs(pairs).apart().iter().for_each(|part| extremes.merge(part));
        } else {
            others = samples;
        }
        others.iter().for_each(|ns| extremes.put(*ns));
        extremes
    }

    /// Adds those of other samples.
    fn merge(&mut self, other: &Self) {
        self.least = self.least.min(other.least);
        for (larger, ns) in other.top.iter().enumerate() {
            self.put_below(larger, *ns);
        }
    }
}

impl Extremes<Pair> {
    /// A function of its own: where it sees what becomes of a pair, the compiler takes it apart at once, and everything
    /// takes twice as many instructions.
    #[inline(never)]
    fn of_pairs(pairs: &[[u64; 2]]) -> Self {
        let mut extremes = Self::NONE;
        pairs.iter().for_each(|pair| extremes.put(Pair::of(pair)));
        extremes
    }

    /// Of the first numbers of all pairs, and of the second ones.
    fn apart(&self) -> [Extremes; 2] {
        let (least, top) = (self.least.ns(), self.top.map(Pair::ns));
        array::from_fn(|place| Extremes { least: least[place], top: top.map(|ns| ns[place]) })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Also of none, of an odd number, and of numbers that are no exact floats.
        #[test]
        fn extremes_are_those_of_the_sorted_samples(
            samples in prop_oneof![
                vec(0_u64..1_000, 0..40),
                vec(prop_oneof![Just(0), Just(Pair::MAX_NS), 0..=Pair::MAX_NS], 0..40),
                vec(prop_oneof![Just(0), Just(Pair::MAX_NS + 1), Just(u64::MAX), any::<u64>()], 0..40),
            ],
        ) {
            let found = Extremes::of(&samples);
            prop_assert_eq!(found.least, samples.iter().copied().min().unwrap_or(u64::MAX));
            let mut sorted = samples;
            sorted.sort_unstable();
            let largest = sorted.into_iter().rev().chain([0; TOP]).take(TOP);
            prop_assert_eq!(found.top.to_vec(), largest.collect::<Vec<_>>());
        }
    }
}
