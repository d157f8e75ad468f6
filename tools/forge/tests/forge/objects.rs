//! Objects and distances equal those of scipy.ndimage on the same scenes (fixtures/objects.py).

use scarp_forge::metrics::{EdgeScan, ObjectScan};
use serde_json::{Value, json};

const CASES: &str = include_str!("fixtures/objects.json");

#[test]
fn objects_by_size_and_wrong_pixels_by_distance_equal_scipys() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    for case in cases.as_array().unwrap() {
        let (truth, found) = (mask(&case["truth"]), mask(&case["found"]));
        let mut objects = ObjectScan::new(case["gsd_m"].as_f64().unwrap());
        let mut edges = EdgeScan::new(truth[0].len());
        for (truth, found) in truth.iter().zip(&found) {
            objects.row(truth, found);
            edges.row(truth, found);
        }
        assert_eq!(json!(objects.finish()), case["objects"]);
        assert_eq!(json!(edges.finish()), case["edges"]);
    }
}

fn mask(rows: &Value) -> Vec<Vec<u8>> {
    let row = |row: &Value| {
        let pixels = row.as_str().unwrap().bytes();
        pixels.map(|b| u8::from(b == b'#')).collect()
    };
    rows.as_array().unwrap().iter().map(row).collect()
}
