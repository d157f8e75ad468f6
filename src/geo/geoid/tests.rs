use super::*;
use crate::testing::place;

/// Undulations published with the model: NIMA's `OUTPUT.DAT` of the program F477, which computes them from the series.
const PUBLISHED: [(&str, f64, f64, f64); 6] = [
    ("North America", 38.628_155, 269.779_155, -31.628),
    ("South America", -14.621_217, 305.021_114, -2.969),
    ("Asia", 46.874_319, 102.448_729, -43.575),
    ("Australia", -23.617_446, 133.874_712, 15.871),
    ("Europe", 38.625_473, 359.999_5, 50.066),
    ("Gulf of Guinea", -0.466_744, 0.002_3, 17.329),
];

#[test]
fn egm96_is_what_was_published_with_it() {
    let geoids = Geoids::default();
    for (name, latitude, longitude, published) in PUBLISHED {
        for longitude in [longitude, longitude - 360.0] {
            let (undulation, _) = geoids
                .undulation(VerticalDatum::Egm96, place(latitude, longitude))
                .unwrap();
            assert!(
                (undulation - published).abs() < 0.02,
                "{name}: {undulation} {published}"
            );
        }
    }
}

/// Nodes of the grid of a quarter of a degree that NIMA published with the model (`WW15MGH.GRD`, which PROJ has as `egm96_15.gtx`): high
/// ground of every continent, the poles, and the lowest and about the highest of all.
const PUBLISHED_NODES: [(&str, f64, f64, f64); 13] = [
    ("Kilimanjaro, Africa", -3.0, 37.25, -15.913),
    ("Drakensberg, Africa", -29.5, 29.25, 35.517),
    ("Vinson, Antarctica", -78.5, -85.5, -15.399),
    ("McMurdo, Antarctica", -77.75, 166.75, -53.461),
    ("South Pole", -90.0, 0.0, -29.534),
    ("North Pole", 90.0, 0.0, 13.606),
    ("Everest, Asia", 28.0, 87.0, -28.944),
    ("Alps, Europe", 46.5, 8.0, 50.683),
    ("Rocky Mountains, North America", 39.0, -106.5, -13.990),
    ("Andes, South America", -33.0, -70.0, 31.814),
    ("Southern Alps, Oceania", -43.5, 170.25, 9.084),
    ("south of India", 5.0, 78.75, -106.849),
    ("New Guinea, Oceania", -4.0, 137.25, 82.261),
];

#[test]
fn egm96_lies_at_the_published_nodes_of_every_continent() {
    let geoids = Geoids::default();
    for (name, latitude, longitude, published) in PUBLISHED_NODES {
        let (undulation, sigma_m) = geoids
            .undulation(VerticalDatum::Egm96, place(latitude, longitude))
            .unwrap();
        assert!(
            (undulation - published).abs() < 0.05 && sigma_m == 0.0,
            "{name}: {undulation} {published}"
        );
    }
}

#[test]
fn a_height_over_the_ellipsoid_is_less_over_a_geoid_that_lies_above_it() {
    // The geoid lies 50 m above the ellipsoid in Spain, and 32 m below it in Missouri.
    let geoids = Geoids::default();
    for (latitude, longitude, expected) in [
        (38.625_473, -0.000_5, 49.934),
        (38.628_155, -90.220_845, 131.628),
    ] {
        let here = place(latitude, longitude);
        let ellipsoid = Height::new(VerticalDatum::Ellipsoid, 100.0);
        let over = geoids
            .convert(ellipsoid, here, VerticalDatum::Egm96)
            .unwrap();
        assert!((over.height.metres() - expected).abs() < 0.02, "{over:?}");
        assert_eq!(
            (over.height.datum(), over.sigma_m),
            (VerticalDatum::Egm96, 0.0)
        );
        let back = geoids
            .convert(over.height, here, VerticalDatum::Ellipsoid)
            .unwrap();
        assert!((back.height.metres() - 100.0).abs() < 1e-9);
    }
}

#[test]
fn between_two_nodes_of_egm96_the_series_is_met_to_a_centimetre() {
    let geoid = Egm96::default();
    // The Andes and the Himalaya, where it bends most; half way between the nodes.
    for (latitude, longitude) in [
        (-23.508_3, -68.008_3),
        (28.008_3, 86.908_3),
        (-75.208_3, 0.508_3),
    ] {
        let series = ::egm96::egm96_compute_altitude_offset(latitude, longitude);
        let here = geoid.undulation(place(latitude, longitude));
        assert!((here - series).abs() < 0.01, "{here} {series}");
    }
}

#[test]
fn egm2008_is_refused_or_approximated_with_an_error_but_never_guessed() {
    let here = place(46.8, -92.0);
    let height = Height::new(VerticalDatum::Egm2008, 300.0);
    let exact = Geoids::default().convert(height, here, VerticalDatum::Egm2008);
    assert_eq!(exact.unwrap().height, height);
    for datum in [VerticalDatum::Ellipsoid, VerticalDatum::Egm96] {
        let refused = Geoids::default().convert(height, here, datum);
        assert_eq!(refused, Err(GeoidError::NoEgm2008));
    }
    let rough = Geoids::approximate()
        .convert(height, here, VerticalDatum::Egm96)
        .unwrap();
    assert_eq!((rough.height.metres(), rough.sigma_m), (300.0, 1.0));
}

#[test]
fn poles_and_the_antimeridian_have_a_geoid_without_a_jump() {
    let geoid = Egm96::default();
    let at = |latitude, longitude| geoid.undulation(place(latitude, longitude));
    for longitude in [-180.0, -90.0, 0.0, 179.9] {
        assert!((at(90.0, longitude) - at(90.0, 0.0)).abs() < 1e-3);
        assert!((at(-90.0, longitude) - at(-90.0, 0.0)).abs() < 1e-3);
    }
    assert!((at(-17.0, 180.0) - at(-17.0, -180.0)).abs() < 1e-9);
    assert!((at(-17.0, 179.9999) - at(-17.0, -179.9999)).abs() < 0.01);
}
