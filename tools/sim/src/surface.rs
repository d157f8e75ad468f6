//! The look of the ground at one place: cover, relief, light.

use crate::{
    colour::{Colour, ROOFS, dim, mix},
    landslide::{Landslide, Position},
    noise::{cell, domes, fractal, scramble, smoothstep, unit},
    scene::Scene,
};

/// What lies at a place and how it takes the light.
struct Ground {
    colour: Colour,
    /// Slope of the visible surface to the east and south.
    slope: (f32, f32),
    /// Share of the light that reaches it past its neighbours.
    open: f32,
    /// In the shade between crowns.
    shaded: bool,
}

/// The place and the noise that all covers share there.
struct Site {
    x: f32,
    y: f32,
    slope: (f32, f32),
    height: f32,
    across: f32,
    fine: f32,
    mid: f32,
    broad: f32,
}

/// The colour of the ground at a place under the scene's light, and whether it is fresh landslide.
#[must_use]
pub fn look(scene: &Scene, x: f32, y: f32) -> (Colour, bool) {
    let seed = scene.seed;
    let site = Site {
        x,
        y,
        slope: scene.terrain.slope(x, y),
        height: scene.terrain.at(x, y),
        across: scene.valley.across_m(x, y),
        fine: fractal(seed, x / 0.9, y / 0.9, 2),
        mid: fractal(seed ^ 1, x / 7.0, y / 7.0, 3),
        broad: fractal(seed ^ 2, x / 60.0, y / 60.0, 3),
    };
    let mut ground = cover(scene, &site);
    pave(scene, &site, &mut ground);
    let mut fresh = false;
    for slide in &scene.landslides {
        if let Some(position) = slide.position(x, y).filter(|p| p.outside_m < 8.0) {
            fresh |= slide.fresh && position.outside_m < 0.0;
            bury(slide, position, &site, &mut ground);
        }
    }
    (dim(ground.colour, light(scene, &site, &ground)), fresh)
}

fn cover(scene: &Scene, site: &Site) -> Ground {
    let (valley, from_river) = (&scene.valley, site.across.abs());
    let mut ground = Ground {
        colour: [0.0; 3],
        slope: site.slope,
        open: 1.0,
        shaded: false,
    };
    let ragged = 5.0 * site.mid;
    if from_river < valley.river_m + 0.5 * ragged {
        let foam = fractal(scene.seed ^ 8, site.x / 3.0, site.y / 3.0, 3);
        let rapids = smoothstep(0.15, 0.45, foam) * smoothstep(0.0, 0.4, site.broad + 0.1);
        let water = dim(scene.palette.water, 1.0 + 0.1 * site.mid);
        ground.colour = mix(water, [0.85, 0.87, 0.86], rapids);
    } else if from_river < valley.river_m + valley.gravel_m + ragged {
        ground.colour = dim(
            scene.palette.gravel,
            1.0 + 0.22 * site.fine + 0.12 * site.mid,
        );
        let cobble = domes(scene.seed ^ 11, site.x, site.y, 1.6);
        if cobble.height > 0.55 {
            ground.colour = dim(ground.colour, 0.8 + 0.4 * cobble.kind);
            ground.tilt(cobble.slope, 0.6);
        }
    } else {
        let on_floor = from_river < valley.floor_m + 6.0 * site.mid;
        let farmed =
            fractal(scene.seed ^ 30, site.x / 80.0, site.y / 80.0, 2) < scene.covers.fields_below;
        if on_floor && farmed {
            ground.colour = field(scene, site);
        } else {
            wild(scene, site, on_floor, &mut ground);
        }
        if let Some(track) = &scene.covers.track {
            contour_track(scene, site, track, &mut ground);
        }
        if on_floor {
            village(scene, site, &mut ground);
        }
    }
    ground
}

impl Ground {
    fn tilt(&mut self, slope: (f32, f32), by: f32) {
        self.slope.0 += by * slope.0;
        self.slope.1 += by * slope.1;
    }
}

/// Plots with crop rows, hedges between, some of them bare earth.
fn field(scene: &Scene, site: &Site) -> Colour {
    let (covers, palette) = (&scene.covers, &scene.palette);
    let (u, v) = turned(site, covers.grid_heading);
    let (u, v) = (
        u / covers.field_m + 0.2 * site.mid,
        v / (0.6 * covers.field_m),
    );
    let plot = cell(scene.seed ^ 21, u.floor() as i32, v.floor() as i32);
    let rows = 0.06 * (2.4 * fract(v) * covers.field_m).sin();
    let tone = unit(scramble(plot));
    let crop = if unit(plot) < covers.bare_fields {
        mix(palette.soil, dim(palette.soil, 0.75), tone)
    } else {
        mix(palette.grass, palette.forest[1], tone)
    };
    let colour = dim(crop, 1.0 + rows + 0.12 * site.fine + 0.08 * site.mid);
    let hedge = fract(u).min(1.0 - fract(u)) * covers.field_m < 0.7;
    if hedge {
        mix(colour, palette.forest[0], 0.6)
    } else {
        colour
    }
}

/// Forest, meadow, scrub, bare patches and rock faces.
fn wild(scene: &Scene, site: &Site, on_floor: bool, ground: &mut Ground) {
    let (covers, palette, seed) = (&scene.covers, &scene.palette, scene.seed);
    let forest = fractal(seed ^ 40, site.x / 45.0, site.y / 45.0, 4) + 0.25 * site.mid;
    if forest > covers.forest_from + if on_floor { 0.25 } else { 0.0 } {
        trees(scene, site, ground);
    } else {
        let bushy = fractal(seed ^ 50, site.x / 18.0, site.y / 18.0, 3) > covers.scrub_from;
        ground.colour = if bushy {
            let bush = domes(seed ^ 51, site.x, site.y, 2.2);
            ground.tilt(bush.slope, 0.5 * bush.height);
            mix(palette.scrub, palette.forest[0], bush.height)
        } else {
            palette.grass
        };
        ground.colour = dim(ground.colour, 1.0 + 0.3 * site.fine + 0.2 * site.mid);
        if site.mid + 0.5 * site.broad > covers.clearing_from {
            ground.colour = mix(ground.colour, palette.soil, 0.8);
        }
    }
    let steepness = site.slope.0.hypot(site.slope.1);
    let outcrop = fractal(seed ^ 60, site.x / 25.0, site.y / 12.0, 4) + 0.6 * (steepness - 0.9);
    if outcrop > covers.rock_from {
        let strata = fractal(seed ^ 61, site.x / 1.5, site.y / 5.0, 3);
        ground.colour = dim(palette.rock, 1.0 + 0.35 * strata);
        ground.slope.0 += 0.8 * site.mid;
    }
}

fn trees(scene: &Scene, site: &Site, ground: &mut Ground) {
    let (covers, palette, seed) = (&scene.covers, &scene.palette, scene.seed);
    let tall = domes(seed ^ 41, site.x, site.y, covers.crown_m);
    let low = domes(seed ^ 42, site.x + 31.0, site.y, 0.5 * covers.crown_m);
    let (crown, lit) = if tall.height > 0.6 * low.height {
        (tall, 0.15)
    } else {
        (low, 0.1)
    };
    if crown.height < 0.05 {
        ground.colour = dim(palette.forest[0], 0.45 + 0.2 * site.fine);
        ground.open = 0.75;
        ground.shaded = true;
        return;
    }
    let tone = 0.1 + 0.8 * crown.kind + 0.25 * site.broad;
    let mut leaves = mix(palette.forest[0], palette.forest[1], tone);
    if unit(scramble((crown.kind * 1e6) as u32)) > 0.9 {
        leaves = mix(leaves, palette.forest[2], 0.8);
    }
    ground.colour = dim(leaves, 0.85 + 0.25 * site.fine + lit);
    ground.tilt(crown.slope, 1.5 * covers.crown_relief);
    ground.open = 0.5 + 0.5 * smoothstep(0.0, 0.5, crown.height);
}

/// A dirt track at one height along the slope, the bare cut above it an easy mistake for a landslide.
fn contour_track(scene: &Scene, site: &Site, track: &crate::scene::Track, ground: &mut Ground) {
    let palette = &scene.palette;
    let steepness = site.slope.0.hypot(site.slope.1).max(0.15);
    let above = (site.height - track.height_m - 3.0 * site.broad) / steepness;
    if above.abs() < track.half_width_m {
        ground.colour = dim(
            mix(palette.soil, palette.debris[0], 0.4),
            1.0 + 0.15 * site.fine,
        );
        ground.shaded = false;
    } else if above > 0.0 && above < track.half_width_m * (2.2 + 2.0 * site.mid) && site.mid > -0.2
    {
        ground.colour = dim(mix(palette.soil, palette.rock, 0.5), 0.9 + 0.3 * site.fine);
    }
}

fn village(scene: &Scene, site: &Site, ground: &mut Ground) {
    let (covers, sun, seed) = (&scene.covers, scene.light.sun, scene.seed);
    if fractal(seed ^ 71, site.x / 100.0, site.y / 100.0, 2) + 0.5 * covers.village <= 0.12 {
        return;
    }
    let (u, v) = turned(site, covers.grid_heading);
    let (u, v) = (u / covers.roof_m, v / covers.roof_m);
    let lot = cell(seed ^ 70, u.floor() as i32, v.floor() as i32);
    let (a, b) = (fract(u) - 0.5, fract(v) - 0.5);
    let half = (
        0.25 + 0.2 * unit(scramble(lot)),
        0.2 + 0.25 * unit(scramble(lot ^ 3)),
    );
    let built = unit(lot) < 0.7;
    let shadow = (a + 0.07 * sun[0].signum(), b + 0.07 * sun[1].signum());
    if built && a.abs() < half.0 && b.abs() < half.1 {
        let roof = ROOFS[(unit(scramble(lot ^ 9)) * 4.99) as usize];
        ground.colour = dim(
            roof,
            0.85 + 0.2 * unit(scramble(lot ^ 4)) + 0.05 * site.fine,
        );
        ground.slope = (if b > 0.0 { 0.35 } else { -0.35 }, 0.0);
        ground.open = 1.0;
    } else if built && shadow.0.abs() < half.0 + 0.03 && shadow.1.abs() < half.1 + 0.03 {
        ground.colour = dim(ground.colour, 0.4);
    } else {
        ground.colour = dim(
            mix(ground.colour, [0.6, 0.58, 0.55], 0.65),
            1.0 + 0.12 * site.fine,
        );
    }
}

/// The roads along the valley.
fn pave(scene: &Scene, site: &Site, ground: &mut Ground) {
    let Some(road) = &scene.covers.road else {
        return;
    };
    for side in [road.side, -road.side] {
        if side != road.side && !road.both_sides {
            continue;
        }
        let off = (site.across * side - road.offset_m - 2.0 * site.broad).abs();
        if off < road.half_width_m {
            ground.colour = dim(scene.palette.road, 1.0 + 0.05 * site.fine);
            ground.slope = (0.0, 0.0);
            ground.open = 1.0;
            ground.shaded = false;
        } else if off < road.half_width_m + 1.2 {
            ground.colour = dim(ground.colour, 0.8);
        }
    }
}

/// Lays the debris of a landslide over whatever was there.
fn bury(slide: &Landslide, position: Position, site: &Site, ground: &mut Ground) {
    let (x, y, seed) = (site.x, site.y, slide.seed);
    let edge = position.outside_m + 3.2 * fractal(seed ^ 4, x / 3.5, y / 3.5, 3);
    let cover = smoothstep(0.8, -0.8, edge);
    let island = fractal(seed ^ 12, x / 11.0, y / 11.0, 4);
    let grown = smoothstep(slide.islands + 0.08, slide.islands - 0.08, island);
    if cover <= 0.0 || (slide.fresh && grown >= 0.5) {
        return;
    }
    let segment = position.segment.min(slide.path.len() - 2);
    let (from, to) = (slide.path[segment], slide.path[segment + 1]);
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let norm = dx.hypot(dy).max(1e-3);
    let (along, across) = ((x * dx + y * dy) / norm, (y * dx - x * dy) / norm);
    let streak = fractal(seed ^ 7, across / 2.2, along / 28.0, 3);
    let patch = fractal(seed ^ 8, x / 14.0, y / 14.0, 3);
    let tone = 0.45 + 1.2 * patch + 2.0 * slide.streaks * streak;
    let grain = 1.0 + slide.streaks * streak + 0.5 * slide.roughness * site.fine + 0.1 * site.mid;
    let mut debris = dim(mix(slide.colours[0], slide.colours[1], tone), grain);
    let mut relief = (0.0, 0.0);
    let boulder = domes(seed ^ 9, x, y, 1.2 + 2.2 * slide.boulders);
    let rocky = 0.25 + 0.5 * slide.boulders * smoothstep(0.3, 1.0, position.along);
    if boulder.height > 0.5 && boulder.kind < rocky {
        debris = dim(debris, 0.85 + 0.4 * boulder.kind);
        relief = (0.9 * boulder.slope.0, 0.9 * boulder.slope.1);
    }
    // The head scarp lies in its own shade.
    let scarp = smoothstep(0.12, 0.0, position.along) * smoothstep(-6.0, 0.0, position.outside_m);
    debris = dim(debris, 1.0 - 0.35 * scarp);
    let opacity = cover * (1.0 - grown) * if slide.fresh { 1.0 } else { 0.75 };
    ground.colour = mix(ground.colour, debris, opacity);
    if opacity > 0.5 {
        ground.slope = (
            site.slope.0 + relief.0 + slide.roughness * (site.mid + 0.5 * streak),
            site.slope.1 + relief.1 + 0.6 * slide.roughness * site.fine,
        );
        ground.open = 1.0;
        ground.shaded = false;
    }
}

/// Sun by the cosine of incidence, sky, shade of crowns and clouds.
fn light(scene: &Scene, site: &Site, ground: &Ground) -> f32 {
    let (sun, ambient) = (scene.light.sun, scene.light.ambient);
    let (east, south) = ground.slope;
    let norm = (east * east + south * south + 1.0).sqrt();
    let incidence = ((sun[2] - east * sun[0] - south * sun[1]) / norm).max(0.0);
    let mut light = (ambient + (1.0 - ambient) * incidence / sun[2].max(0.35)) * ground.open;
    if ground.shaded {
        light = light.min(ambient + 0.3);
    }
    if let Some(from) = scene.light.clouds {
        let cloud = fractal(scene.seed ^ 90, site.x / 150.0 + 7.0, site.y / 150.0, 3);
        light *= 1.0 - 0.45 * smoothstep(from - 0.06, from + 0.06, cloud);
    }
    light
}

fn turned(site: &Site, heading: f32) -> (f32, f32) {
    let (sin, cos) = heading.sin_cos();
    (site.x * cos + site.y * sin, site.y * cos - site.x * sin)
}

fn fract(x: f32) -> f32 {
    x - x.floor()
}
