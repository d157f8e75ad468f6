//! Small turns of a camera, and back to the angles a gimbal reports.

/// Yaw, pitch and roll in degrees, intrinsic Z-Y'-X'' in north, east, down.
pub type Angles = [f64; 3];

type Matrix = [[f64; 3]; 3];

/// The angles of a camera that stood at `angles` and is then turned about its own axes (optical axis, right, down) by
/// `turns`, in radians.
///
/// Looking straight down, yaw and roll turn about the same axis, so an error in pitch or roll of the aircraft shows as
/// large but opposite changes of both: the angles may look odd, the rotation they stand for is right.
#[must_use]
pub fn turned(angles: Angles, turns: [f64; 3]) -> Angles {
    let [yaw, pitch, roll] = angles.map(f64::to_radians);
    let stood = matrix(yaw, pitch, roll);
    angles_of(&product(&stood, &matrix(turns[2], turns[1], turns[0])))
}

/// `Rz(yaw) Ry(pitch) Rx(roll)`, angles in radians: columns are the optical axis, right and down in north, east, down.
fn matrix(yaw: f64, pitch: f64, roll: f64) -> Matrix {
    let ((sy, cy), (sp, cp), (sr, cr)) = (yaw.sin_cos(), pitch.sin_cos(), roll.sin_cos());
    [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
}

fn angles_of(r: &Matrix) -> Angles {
    let pitch = (-r[2][0]).clamp(-1.0, 1.0).asin();
    let (yaw, roll) = if r[0][0].hypot(r[1][0]) < 1e-9 {
        // Straight down only the difference of yaw and roll is defined.
        ((-r[0][1]).atan2(r[1][1]), 0.0)
    } else {
        (r[1][0].atan2(r[0][0]), r[2][1].atan2(r[2][2]))
    };
    [yaw, pitch, roll].map(f64::to_degrees)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{Camera, Pose};

    fn looks(angles: Angles, u: f64, v: f64) -> [f64; 3] {
        let [yaw_deg, pitch_deg, roll_deg] = angles;
        let pose = Pose {
            position: [0.0; 3],
            yaw_deg,
            pitch_deg,
            roll_deg,
        };
        let d = Camera::survey().direction(&pose, u, v);
        let norm = d.iter().map(|v| v * v).sum::<f64>().sqrt();
        d.map(|v| v / norm)
    }

    fn angle_deg(a: [f64; 3], b: [f64; 3]) -> f64 {
        let dot: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
        dot.clamp(-1.0, 1.0).acos().to_degrees()
    }

    #[test]
    fn no_turn_looks_the_same_way_even_straight_down() {
        for angles in [
            [30.0, -90.0, 0.0],
            [200.0, -60.0, 12.0],
            [-45.0, 10.0, -3.0],
        ] {
            let same = turned(angles, [0.0; 3]);
            for (u, v) in [(640.0, 480.0), (0.0, 0.0), (1280.0, 10.0)] {
                assert!(angle_deg(looks(angles, u, v), looks(same, u, v)) < 1e-5);
            }
        }
    }

    #[test]
    fn a_turn_of_one_degree_moves_the_view_by_one_degree_about_its_axis() {
        let down = [70.0, -90.0, 0.0];
        let one = 1_f64.to_radians();
        for (turns, moved) in [
            ([one, 0.0, 0.0], 0.0),
            ([0.0, one, 0.0], 1.0),
            ([0.0, 0.0, one], 1.0),
        ] {
            let after = turned(down, turns);
            let by = angle_deg(looks(down, 640.0, 480.0), looks(after, 640.0, 480.0));
            assert!((by - moved).abs() < 1e-4, "{turns:?}: {by}");
        }
        // About the camera's down axis the view moves to its right: the picture's right side was at azimuth 160.
        let after = looks(turned(down, [0.0, 0.0, one]), 640.0, 480.0);
        let azimuth = after[0].atan2(after[1]).to_degrees();
        assert!((azimuth - 160.0).abs() < 1e-3, "{azimuth}");
    }
}
