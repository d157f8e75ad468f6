//! Errors at 90 % confidence from covariances.

/// Ratio of the 90 % radius to the larger sigma, for smaller/larger sigma of 0.0, 0.1 ... 1.0.
///
/// H. L. Harter, "Circular error probabilities", Journal of the American Statistical Association 55, 1960, table 1,
/// P = 0.90. A test recomputes it by integration.
const HARTER_90: [f64; 11] = [
    1.644_85, 1.647_91, 1.657_31, 1.673_83, 1.699_18, 1.737_08, 1.791_52, 1.862_53, 1.947_16,
    2.042_36, 2.145_97,
];

/// CE90: the radius in metres of the circle that holds 90 % of a two-dimensional normal error with the variances
/// `var_x`, `var_y` and covariance `cov` (square metres).
///
/// The principal axes of the error ellipse give the two sigmas; Harter's table is interpolated linearly in their
/// ratio, at most 0.15 % off.
#[must_use]
pub fn circular_error_90(var_x: f64, var_y: f64, cov: f64) -> f64 {
    let mean = (var_x + var_y) / 2.0;
    let spread = ((var_x - var_y) / 2.0).hypot(cov);
    let major = (mean + spread).max(0.0).sqrt();
    let minor = (mean - spread).max(0.0).sqrt();
    if major == 0.0 {
        return 0.0;
    }
    let position = (minor / major).clamp(0.0, 1.0) * 10.0;
    let low = (position.floor() as usize).min(9);
    let (a, b) = (
        HARTER_90.get(low).copied().unwrap_or(2.145_97),
        HARTER_90.get(low + 1).copied().unwrap_or(2.145_97),
    );
    major * (a + (b - a) * (position - low as f64))
}

/// LE90: the half-width in metres of the interval that holds 90 % of a normal error of the given variance.
#[must_use]
pub fn linear_error_90(variance: f64) -> f64 {
    1.644_853_627 * variance.max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The probability mass of a centred normal with sigmas 1 and `c` inside radius `r`, by integration over angle.
    fn mass(c: f64, r: f64) -> f64 {
        let steps = 20_000;
        (0..steps)
            .map(|i| {
                let (s, k) = (std::f64::consts::TAU * f64::from(i) / f64::from(steps)).sin_cos();
                let g = k * k + s * s / (c * c);
                (1.0 - (-r * r * g / 2.0).exp()) / (c * g)
            })
            .sum::<f64>()
            / f64::from(steps)
    }

    #[test]
    fn harters_table_holds_nine_tenths_of_the_mass_at_every_entry() {
        for (tenth, r) in HARTER_90.iter().enumerate().skip(1) {
            let p = mass(tenth as f64 / 10.0, *r);
            assert!((p - 0.9).abs() < 2e-5, "entry {tenth}: {p}");
        }
    }

    #[test]
    fn between_the_entries_the_mass_is_nine_tenths_to_a_thousandth() {
        for i in 0..100 {
            let c = 0.105 + 0.0089 * f64::from(i);
            let p = mass(c, circular_error_90(1.0, c * c, 0.0));
            assert!((p - 0.9).abs() < 1e-3, "{c}: {p}");
        }
    }

    #[test]
    fn the_radius_does_not_depend_on_how_the_ellipse_is_turned() {
        let straight = circular_error_90(9.0, 1.0, 0.0);
        let turned = circular_error_90(5.0, 5.0, 4.0);
        assert!((straight - turned).abs() < 1e-12);
        assert!((circular_error_90(4.0, 4.0, 0.0) - 2.0 * 2.145_97).abs() < 1e-9);
        assert_eq!(circular_error_90(0.0, 0.0, 0.0), 0.0);
    }
}
