//! Medians and other quantiles of measured values.

/// The value below which that share of the values lies, by the nearest rank; NaN of nothing. What is NaN was not
/// measured and does not count.
#[must_use]
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// The middle value; NaN of nothing.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The smallest value; NaN of nothing.
#[must_use]
pub fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::min)
}

/// The median of the ratios of values that were measured side by side.
#[must_use]
pub fn median_ratio(over: &[f64], under: &[f64]) -> f64 {
    let ratios: Vec<f64> = over.iter().zip(under).map(|(over, under)| over / under).collect();
    median(&ratios)
}

/// Values less others that were measured side by side.
#[must_use]
pub fn differences(values: &[f64], others: &[f64]) -> Vec<f64> {
    values.iter().zip(others).map(|(value, other)| value - other).collect()
}

/// The slope of the straight line nearest to points (least squares); NaN of fewer than two places.
#[must_use]
pub fn slope(x: &[f64], y: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (middle, height) = (mean(x), mean(y));
    let sum =
        |of: fn(f64, f64) -> f64| -> f64 { x.iter().zip(y).map(|(x, y)| of(x - middle, y - height)).sum() };
    sum(|x, y| x * y) / sum(|x, _| x * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let values = [5.0, 1.0, 3.0, 2.0, 4.0];
        assert_eq!((median(&values), quantile(&values, 0.999), least(&values)), (3.0, 5.0, 1.0));
        assert_eq!(median(&[f64::NAN, 2.0]), 2.0);
        assert!(median(&[]).is_nan() && least(&[]).is_nan());
    }

    #[test]
    fn a_ratio_is_taken_within_rounds() {
        assert_eq!(median_ratio(&[2.0, 20.0, 8.0], &[1.0, 10.0, 2.0]), 2.0);
    }

    #[test]
    fn a_slope_is_that_of_the_nearest_line() {
        assert_eq!(slope(&[1.0, 2.0, 3.0], &[5.0, 7.0, 9.0]), 2.0);
        assert_eq!(slope(&[0.0, 1.0, 2.0], &[0.0, 3.0, 0.0]), 0.0);
        assert!(slope(&[1.0], &[1.0]).is_nan());
    }
}
