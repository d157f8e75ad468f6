//! How a lens bends the rays that it lets in.

use nalgebra::Vector3;

/// The lens of a camera: between the ray outside it, and where that would meet a plane one unit behind a pinhole.
///
/// All coordinates are tangents: to the right and down, along the optical axis 1. A lens has a reach: beyond it the picture would
/// fold back over itself, and a pixel there shows no one place.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Lens {
    /// Straight lines stay straight.
    #[default]
    Pinhole,
    /// Radial and tangential distortion.
    Brown(Brown),
    /// A wide lens whose distance from the centre goes with the angle.
    Fisheye(Fisheye),
}

/// Radial distortion by a rational function and tangential by decentring: Brown 1966, with the denominator and the order of
/// coefficients of OpenCV (`calib3d`, "Detailed Description"). With r the distance from the centre,
///
/// ```text
/// x' = x f(r) + 2 p1 x y + p2 (r² + 2 x²)      f(r) = (1 + k1 r² + k2 r⁴ + k3 r⁶) / (1 + k4 r² + k5 r⁴ + k6 r⁶)
/// y' = y f(r) + p1 (r² + 2 y²) + 2 p2 x y
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brown {
    k: [f64; 6],
    p: [f64; 2],
    reach: f64,
}

/// OpenCV's fisheye model (Kannala and Brandt 2006): a ray at the angle t from the optical axis is t (1 + k1 t² + k2 t⁴ + k3 t⁶ + k4 t⁸)
/// from the centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fisheye {
    k: [f64; 4],
    reach: f64,
}

/// Farthest from the centre that a lens without an end of its own is followed: a tangent of 80 degrees; and for a fisheye in radians.
const FARTHEST: f64 = 5.67;
const WIDEST_RAD: f64 = 3.0;
/// Steps in which the end of a lens is looked for.
const STEPS: u32 = 2000;
/// How well a bent ray is straightened, in tangents: a ten-thousandth of a pixel of any camera.
const STRAIGHT: f64 = 1e-9;
/// Half the width of the differences that slopes are taken from, in tangents.
const SLOPE_STEP: f64 = 1e-6;
/// Turns of the search, far more than it takes.
const MAX_TURNS: u32 = 60;

impl Brown {
    /// A lens of k1 to k6 and p1, p2; `None` where one is no finite number.
    #[must_use]
    pub fn new(k: [f64; 6], p: [f64; 2]) -> Option<Self> {
        let mut lens = Self { k, p, reach: 0.0 };
        let finite = k.iter().chain(&p).all(|c| c.is_finite());
        lens.reach = reach(FARTHEST, |r| lens.radial(r));
        finite.then_some(lens)
    }

    fn factor(&self, square: f64) -> f64 {
        let [k1, k2, k3, k4, k5, k6] = self.k;
        (1.0 + square * (k1 + square * (k2 + square * k3)))
            / (1.0 + square * (k4 + square * (k5 + square * k6)))
    }

    /// Distance from the centre behind the lens of a ray at the distance `r` before it.
    fn radial(&self, r: f64) -> f64 {
        r * self.factor(r * r)
    }

    fn tangential(&self, x: f64, y: f64) -> (f64, f64) {
        let ([p1, p2], square) = (self.p, x * x + y * y);
        (
            2.0 * p1 * x * y + p2 * (square + 2.0 * x * x),
            p1 * (square + 2.0 * y * y) + 2.0 * p2 * x * y,
        )
    }

    fn bend(&self, x: f64, y: f64) -> (f64, f64) {
        let factor = self.factor(x * x + y * y);
        let (dx, dy) = self.tangential(x, y);
        (x * factor + dx, y * factor + dy)
    }

    /// The tangents before the lens, by Newton's method from where the radial part alone would have them.
    fn straighten(&self, bent_x: f64, bent_y: f64) -> Option<(f64, f64)> {
        let bent = bent_x.hypot(bent_y);
        // The tangential part may carry a ray a little farther than the radial part does at its reach.
        let within = bent.min(self.radial(self.reach));
        let straight = inverse(within, self.reach, |r| self.radial(r))?;
        let scale = if bent > 0.0 { straight / bent } else { 1.0 };
        let (mut x, mut y) = (bent_x * scale, bent_y * scale);
        for _ in 0..MAX_TURNS {
            let (there_x, there_y) = self.bend(x, y);
            let (off_x, off_y) = (bent_x - there_x, bent_y - there_y);
            if off_x.hypot(off_y) < STRAIGHT {
                return (x.hypot(y) <= self.reach).then_some((x, y));
            }
            let ((xx, yx), (xy, yy)) = self.slopes(x, y);
            let determinant = xx * yy - xy * yx;
            // Where it turns back, or is no number.
            if determinant.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) {
                return None;
            }
            x += (yy * off_x - xy * off_y) / determinant;
            y += (xx * off_y - yx * off_x) / determinant;
        }
        None
    }

    /// How the bent tangents change with x, and with y, by central differences.
    fn slopes(&self, x: f64, y: f64) -> ((f64, f64), (f64, f64)) {
        let slope = |dx: f64, dy: f64| {
            let (ahead, behind) = (self.bend(x + dx, y + dy), self.bend(x - dx, y - dy));
            let width = 2.0 * (dx + dy);
            ((ahead.0 - behind.0) / width, (ahead.1 - behind.1) / width)
        };
        (slope(SLOPE_STEP, 0.0), slope(0.0, SLOPE_STEP))
    }
}

impl Fisheye {
    /// A lens of k1 to k4; `None` where one is no finite number.
    #[must_use]
    pub fn new(k: [f64; 4]) -> Option<Self> {
        let mut lens = Self { k, reach: 0.0 };
        lens.reach = reach(WIDEST_RAD, |t| lens.radial(t));
        k.iter().all(|c| c.is_finite()).then_some(lens)
    }

    fn radial(&self, angle: f64) -> f64 {
        let ([k1, k2, k3, k4], t) = (self.k, angle * angle);
        angle * (1.0 + t * (k1 + t * (k2 + t * (k3 + t * k4))))
    }
}

impl Lens {
    /// The ray, of any length, whose tangents behind the lens are these; `None` beyond the lens's reach.
    pub(super) fn ray(&self, bent_x: f64, bent_y: f64) -> Option<Vector3<f64>> {
        match self {
            Self::Pinhole => Some(Vector3::new(1.0, bent_x, bent_y)),
            Self::Brown(lens) => {
                let (x, y) = lens.straighten(bent_x, bent_y)?;
                Some(Vector3::new(1.0, x, y))
            }
            Self::Fisheye(lens) => {
                let bent = bent_x.hypot(bent_y);
                let (sin, cos) = inverse(bent, lens.reach, |t| lens.radial(t))?.sin_cos();
                let across = if bent > 0.0 { sin / bent } else { 1.0 };
                Some(Vector3::new(cos, bent_x * across, bent_y * across))
            }
        }
    }

    /// The tangents behind the lens of a ray of any length; `None` for one behind the camera or beyond the lens's reach.
    pub(super) fn bend(&self, ray: &Vector3<f64>) -> Option<(f64, f64)> {
        let across = ray.y.hypot(ray.z);
        if let Self::Fisheye(lens) = self {
            let angle = across.atan2(ray.x);
            let scale = if across > 0.0 {
                lens.radial(angle) / across
            } else {
                0.0
            };
            return (angle <= lens.reach).then_some((ray.y * scale, ray.z * scale));
        }
        if ray.x <= 0.0 {
            return None;
        }
        let (x, y) = (ray.y / ray.x, ray.z / ray.x);
        match self {
            Self::Brown(lens) => (x.hypot(y) <= lens.reach).then(|| lens.bend(x, y)),
            Self::Pinhole | Self::Fisheye(_) => Some((x, y)),
        }
    }
}

/// How far from the centre, at most `farthest`, a lens's `radial` still grows.
fn reach(farthest: f64, radial: impl Fn(f64) -> f64) -> f64 {
    let step = farthest / f64::from(STEPS);
    let mut last = 0.0;
    for n in 1..=STEPS {
        let next = radial(step * f64::from(n));
        // Not where it is no number, either.
        if next.partial_cmp(&last) != Some(std::cmp::Ordering::Greater) {
            return step * f64::from(n - 1);
        }
        last = next;
    }
    farthest
}

/// Where `radial`, which grows from 0 at 0 up to `reach`, has this value; `None` beyond. Secants between bounds that close in
/// (regula falsi, Illinois variant).
fn inverse(value: f64, reach: f64, radial: impl Fn(f64) -> f64) -> Option<f64> {
    let (mut low, mut high) = (0.0, reach);
    let (mut below, mut above) = (-value, radial(reach) - value);
    if !(value >= 0.0 && above >= 0.0) {
        return None;
    }
    let mut last_side = 0.0;
    for _ in 0..MAX_TURNS {
        let at = if above > below {
            low - below * (high - low) / (above - below)
        } else {
            low
        };
        let off = radial(at) - value;
        if off.abs() < STRAIGHT / 100.0 {
            return Some(at);
        }
        let weight = if off.signum() == last_side { 0.5 } else { 1.0 };
        if off > 0.0 {
            (high, above, below) = (at, off, below * weight);
        } else {
            (low, below, above) = (at, off, above * weight);
        }
        last_side = off.signum();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn brown(k1: f64, k2: f64, p1: f64) -> Lens {
        Lens::Brown(Brown::new([k1, k2, 0.0, 0.0, 0.0, 0.0], [p1, -p1 / 2.0]).unwrap())
    }

    #[test]
    fn the_coefficients_are_in_their_places() {
        let k = [-0.112, 0.0149, -0.0271, 0.01, 0.002, 0.0003];
        let lens = Lens::Brown(Brown::new(k, [-8.6e-5, 1e-7]).unwrap());
        let (x, y) = lens.bend(&Vector3::new(1.0, 0.3, -0.2)).unwrap();
        let square: f64 = 0.13;
        let factor = (1.0 - 0.112 * square + 0.0149 * square.powi(2) - 0.0271 * square.powi(3))
            / (1.0 + 0.01 * square + 0.002 * square.powi(2) + 0.0003 * square.powi(3));
        let (p1, p2) = (-8.6e-5, 1e-7);
        assert!((x - (0.3 * factor - 0.12 * p1 + p2 * (square + 0.18))).abs() < 1e-15);
        assert!((y - (-0.2 * factor + p1 * (square + 0.08) - 0.12 * p2)).abs() < 1e-15);
    }

    #[test]
    fn beyond_its_reach_a_lens_shows_nothing() {
        // r (1 - 0.2 r²) is greatest at r = 1.29, where it is 0.86.
        let lens = brown(-0.2, 0.0, 0.0);
        assert!(lens.ray(0.85, 0.0).is_some());
        assert!(lens.ray(0.87, 0.0).is_none());
        assert!(lens.bend(&Vector3::new(1.0, 1.2, 0.0)).is_some());
        assert!(lens.bend(&Vector3::new(1.0, 1.4, 0.0)).is_none());
        assert!(lens.bend(&Vector3::new(-1.0, 0.1, 0.0)).is_none());
    }

    #[test]
    fn a_fisheye_sees_more_than_half_of_all_around() {
        let lens = Lens::Fisheye(Fisheye::new([0.0; 4]).unwrap());
        let ray = lens.ray(1.7, 0.0).unwrap();
        assert!((ray.y.atan2(ray.x) - 1.7).abs() < 1e-9);
        let (x, y) = lens.bend(&ray).unwrap();
        assert!((x - 1.7).abs() < 1e-9 && y.abs() < 1e-12);
    }

    #[test]
    fn coefficients_that_are_no_numbers_are_no_lens() {
        assert!(Brown::new([f64::NAN, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0; 2]).is_none());
        assert!(Fisheye::new([f64::INFINITY, 0.0, 0.0, 0.0]).is_none());
    }

    proptest! {
        #[test]
        fn a_ray_comes_through_a_lens_and_back(
            k1 in -0.4..0.4f64, k2 in -0.2..0.2f64, p in -0.005..0.005f64, x in -1.0..1.0f64, y in -1.0..1.0f64,
        ) {
            let lens = brown(k1, k2, p);
            let Lens::Brown(Brown { reach, .. }) = lens else { unreachable!() };
            let bent = lens.bend(&Vector3::new(1.0, x, y));
            prop_assert_eq!(bent.is_some(), x.hypot(y) <= reach);
            // At its reach a lens turns back, and two rays nearly meet.
            if let Some((bent_x, bent_y)) = bent.filter(|_| x.hypot(y) < 0.9 * reach) {
                let back = lens.ray(bent_x, bent_y).unwrap();
                prop_assert!((back.y - x).hypot(back.z - y) < 1e-5, "{x} {y}: {back}");
            }
        }

        #[test]
        fn whatever_a_lens_straightens_it_bends_back(
            k1 in -0.4..0.4f64, k2 in -0.2..0.2f64, p in -0.005..0.005f64, x in -2.0..2.0f64, y in -2.0..2.0f64,
        ) {
            let lens = brown(k1, k2, p);
            if let Some(ray) = lens.ray(x, y) {
                let (again_x, again_y) = lens.bend(&ray).unwrap();
                prop_assert!((again_x - x).hypot(again_y - y) < 1e-8);
            }
        }

        #[test]
        fn a_ray_comes_through_a_fisheye_and_back(
            k1 in -0.05..0.1f64, k2 in -0.01..0.01f64, angle in 0.0..1.4f64, turn in -3.0..3.0f64,
        ) {
            let lens = Lens::Fisheye(Fisheye::new([k1, k2, 0.0, 0.0]).unwrap());
            let ray = Vector3::new(angle.cos(), angle.sin() * turn.cos(), angle.sin() * turn.sin());
            let (x, y) = lens.bend(&ray).unwrap();
            let back = lens.ray(x, y).unwrap();
            prop_assert!((back - ray).norm() < 1e-7, "{ray} {back}");
        }
    }
}
