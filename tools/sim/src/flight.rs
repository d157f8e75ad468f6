//! The flight: parallel lines along the valley at a height that follows the terrain.

use crate::{
    camera::{Camera, Pose},
    drift::Drift,
    rotation::Angles,
    world::World,
};

/// What is to be flown.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Ground to be covered in km², 0.02 to 1.3: the terrain does not reach further.
    pub area_km2: f64,
    /// Height above the ground in metres.
    pub agl_m: f64,
    /// Share of a picture that the next one in the line shows again.
    pub forward_overlap: f64,
    /// Share of a picture that the next line shows again.
    pub side_overlap: f64,
    /// Metres per second.
    pub speed_m_s: f64,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            area_km2: 1.0,
            agl_m: 120.0,
            forward_overlap: 0.45,
            side_overlap: 0.35,
            speed_m_s: 8.0,
        }
    }
}

/// A flight as it truly went. Times are seconds since its start.
pub struct Flight<'a> {
    world: &'a World,
    plan: Plan,
    /// Corners of the route in the scene, with the distance flown until there.
    route: Vec<(f64, [f64; 2])>,
    /// When the shutter opens.
    pub exposures_s: Vec<f64>,
    /// Number of lines.
    pub lines: usize,
    wobble: [Drift; 3],
}

impl<'a> Flight<'a> {
    /// Plans and flies the lines over the middle of the world, along its valley. `wobble` is how the gimbal deviates
    /// from straight down, in degrees about its axes.
    #[must_use]
    pub fn new(
        world: &'a World,
        camera: &Camera,
        plan: Plan,
        wobble: impl FnOnce(f64) -> [Drift; 3],
    ) -> Self {
        let metres_per_pixel = plan.agl_m / camera.focal_px;
        let (across, along) = (
            f64::from(camera.width) * metres_per_pixel,
            f64::from(camera.height) * metres_per_pixel,
        );
        // Lines are a fifth longer than the area is wide: fewer turns.
        let length = (plan.area_km2 * 1e6 * 1.2).sqrt();
        let width = plan.area_km2 * 1e6 / length;
        let even = |extent: f64, footprint: f64, overlap: f64| {
            let rest = (extent - footprint).max(0.0);
            let gaps = (rest / (footprint * (1.0 - overlap))).ceil();
            (
                gaps as usize + 1,
                if gaps > 0.0 { rest / gaps } else { 0.0 },
            )
        };
        let (lines, line_gap) = even(width, across, plan.side_overlap);
        let (shots, shot_gap) = even(length, along, plan.forward_overlap);

        let brief = &world.scene.brief;
        let middle = [
            f64::from(brief.width_m) / 2.0,
            f64::from(brief.height_m) / 2.0,
        ];
        let (sin, cos) = f64::from(world.scene.valley.heading).sin_cos();
        let place = |a: f64, c: f64| [middle[0] + a * cos - c * sin, middle[1] + a * sin + c * cos];
        let line_m = shot_gap * (shots - 1) as f64;
        let mut route: Vec<(f64, [f64; 2])> = Vec::with_capacity(2 * lines);
        let mut exposures_m = Vec::with_capacity(lines * shots);
        for line in 0..lines {
            let off = (line as f64 - (lines - 1) as f64 / 2.0) * line_gap;
            let forth = if line % 2 == 0 { 1.0 } else { -1.0 };
            let start = route.last().map_or(0.0, |&(flown, _)| flown + line_gap);
            // A line goes on for a moment, so that even one of a single picture has a direction.
            route.push((start, place(-forth * line_m / 2.0, off)));
            route.push((
                start + line_m + 1.0,
                place(forth * (line_m / 2.0 + 1.0), off),
            ));
            exposures_m.extend((0..shots).map(|shot| start + shot as f64 * shot_gap));
        }
        let flown = route.last().map_or(0.0, |&(flown, _)| flown);
        // Times are written in milliseconds, so the shutter opens on one.
        let whole_ms = |metres: f64| (metres / plan.speed_m_s * 1000.0).round() / 1000.0;
        Self {
            world,
            plan,
            route,
            exposures_s: exposures_m.into_iter().map(whole_ms).collect(),
            lines,
            wobble: wobble(flown / plan.speed_m_s),
        }
    }

    /// Length of the flight in seconds.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.route.last().map_or(0.0, |&(flown, _)| flown) / self.plan.speed_m_s
    }

    /// Speed over ground in metres per second.
    #[must_use]
    pub fn speed_m_s(&self) -> f64 {
        self.plan.speed_m_s
    }

    /// Where the aircraft is: easting, northing and height over EGM96.
    #[must_use]
    pub fn position(&self, time_s: f64) -> [f64; 3] {
        let (from, to, share) = self.leg(time_s);
        let (x, y) = (
            from[0] + share * (to[0] - from[0]),
            from[1] + share * (to[1] - from[1]),
        );
        let (easting, northing) = self.world.to_plane(x, y);
        [easting, northing, self.height(x, y)]
    }

    /// Direction of flight, degrees clockwise from true north.
    #[must_use]
    pub fn heading_deg(&self, time_s: f64) -> f64 {
        let (from, to, _) = self.leg(time_s);
        let grid_azimuth = (to[0] - from[0]).atan2(from[1] - to[1]);
        let [easting, northing, height] = self.position(time_s);
        let grid = self.world.utm.grid(easting, northing, height);
        (grid_azimuth + grid.convergence).to_degrees()
    }

    /// The camera's true pose: the gimbal holds it straight down, its top forward, but for its wobble.
    #[must_use]
    pub fn pose(&self, time_s: f64) -> Pose {
        let nadir: Angles = [self.heading_deg(time_s), -90.0, 0.0];
        let turns = [0, 1, 2].map(|axis: usize| self.wobble[axis].at(time_s).to_radians());
        let [yaw_deg, pitch_deg, roll_deg] = crate::rotation::turned(nadir, turns);
        Pose {
            position: self.position(time_s),
            yaw_deg,
            pitch_deg,
            roll_deg,
        }
    }

    fn leg(&self, time_s: f64) -> ([f64; 2], [f64; 2], f64) {
        let flown = time_s * self.plan.speed_m_s;
        let next = self
            .route
            .partition_point(|&(m, _)| m <= flown)
            .clamp(1, self.route.len() - 1);
        let ((m0, from), (m1, to)) = (self.route[next - 1], self.route[next]);
        (
            from,
            to,
            ((flown - m0) / (m1 - m0).max(1e-9)).clamp(0.0, 1.0),
        )
    }

    /// The height to fly at: above the mean ground below, and never near a ridge.
    fn height(&self, x: f64, y: f64) -> f64 {
        const REACH: i32 = 4;
        let step = 0.15 * self.plan.agl_m;
        let (mut sum, mut highest, mut count) = (0.0, f64::MIN, 0.0);
        for j in -REACH..=REACH {
            for i in -REACH..=REACH {
                let ground = self.world.height(
                    (x + f64::from(i) * step) as f32,
                    (y + f64::from(j) * step) as f32,
                );
                sum += ground;
                highest = highest.max(ground);
                count += 1.0;
            }
        }
        (sum / count + self.plan.agl_m).max(highest + 0.4 * self.plan.agl_m)
    }
}
