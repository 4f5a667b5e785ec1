//! Counts of points, from whatever integer an expression gives.

/// An integer that counts points.
pub trait IntoPoints {
    /// The count; 0 for a negative number.
    fn into_points(self) -> u64;
}

macro_rules! into_points {
    ($($integer:ty),*) => {
        $(impl IntoPoints for $integer {
            #[inline]
            fn into_points(self) -> u64 {
                u64::try_from(self).unwrap_or(0)
            }
        })*
    };
}

into_points!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

/// The count an expression gives; see [`IntoPoints`].
#[inline]
pub fn points(value: impl IntoPoints) -> u64 {
    value.into_points()
}
