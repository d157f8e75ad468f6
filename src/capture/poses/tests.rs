use std::path::Path;

use super::{matching::RowMatch, *};
use rstest::rstest;
use scarp_geo::VerticalDatum;

use crate::{Metadata, Reading, TagSettings, Untagged};

/// The rows of a table.
fn table(rows: &str) -> Poses {
    Poses::from_bytes("poses.csv", rows.as_bytes()).unwrap()
}

fn refusal(name: &str, text: &str) -> String {
    let line = Poses::from_bytes(name, text.as_bytes())
        .unwrap_err()
        .to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

/// The pose of the first row.
fn first(poses: &Poses) -> Result<row::RowPose, String> {
    poses.rows[0].pose.clone()
}

const P4RTK: &str = "1\t180246.254373\t[2020]\t  -13,N\t   -7,E\t  193,V\t40.07116493,Lat\t-105.22977934,Lon\t1690.533,Ellh\t1.011396, 0.893127, 2.292053\t16,Q";

#[test]
fn a_table_has_the_columns_that_its_first_line_names() {
    for separator in [",", ";", "\t"] {
        let rows = "# by hand\nname,latitude_deg,longitude_deg,height_egm96_m,yaw_deg,pitch_deg,roll_deg,sigma_horizontal_m\n\
                    a.jpg,46.84,-91.99,240.5,30,-90,0,0.02\n# none\nb.jpg,46.85,-91.99,,,,,\n";
        let poses = table(&rows.replace(',', separator));
        let pose = first(&poses).unwrap();
        assert_eq!(pose.place.unwrap().longitude_deg(), -91.99);
        let height = pose.height.unwrap();
        assert_eq!(
            (height.metres, height.datum),
            (240.5, Some(VerticalDatum::Egm96))
        );
        assert_eq!(pose.attitude.unwrap().pitch_deg, -90.0);
        assert_eq!(pose.sigma_north_east_m, Some((0.02, 0.02)));
        assert_eq!(poses.rows[1].line, 5);
        let second = poses.rows[1].pose.as_ref().unwrap();
        assert!(second.height.is_none() && second.attitude.is_none());
    }
}

#[rstest]
#[case("a.jpg,91.99,-46.84,1", "not on earth")]
#[case("a.jpg,north,-91.99,1", "latitude_deg is \"north\"")]
#[case("a.jpg,46.84,,1", "longitude_deg is missing")]
#[case("a.jpg,0,0,1", "no fix")]
#[case("a.jpg,46.84,-91.99", "3 cells")]
#[case("a.jpg,46.84,-91.99,0", "more than 0")]
#[case(",46.84,-91.99,1", "names no photograph")]
fn a_row_that_is_wrong_says_why(#[case] row: &str, #[case] says: &str) {
    let poses = table(&format!(
        "name,latitude_deg,longitude_deg,sigma_vertical_m\n{row}\n"
    ));
    let fault = first(&poses).unwrap_err();
    assert!(fault.contains(says), "{fault}");
}

#[rstest]
#[case("", "no column \"name\"")]
#[case("name,latitude_deg,longitude_deg\n", "no row")]
#[case("name,lat,lon\na,1,2\n", "\"lat\" is not known")]
#[case("name,latitude_deg\na,1\n", "\"longitude_deg\" is missing")]
#[case("name,name\na,1\n", "there twice")]
#[case(
    "name,yaw_deg,pitch_deg,roll_deg,omega_deg,phi_deg,kappa_deg\na,1,1,1,1,1,1\n",
    "told once"
)]
fn a_table_whose_columns_are_not_clear_is_refused(#[case] text: &str, #[case] says: &str) {
    let line = refusal("poses.csv", text);
    assert!(line.contains(says), "{line}");
}

#[rstest]
#[case("EPSG:4326", "-91.99 46.84", None)]
#[case("EPSG:4979", "-91.99 46.84", Some(VerticalDatum::Ellipsoid))]
// By pyproj.
#[case("WGS84 UTM 15N", "577014.50508766 5187879.31255279", None)]
#[case(
    "EPSG:32615+5773",
    "577014.50508766 5187879.31255279",
    Some(VerticalDatum::Egm96)
)]
#[case(
    "+proj=utm +zone=15 +datum=WGS84 +units=m +no_defs",
    "577014.50508766 5187879.31255279",
    None
)]
fn a_geo_txt_is_in_the_system_of_its_first_line(
    #[case] system: &str,
    #[case] place: &str,
    #[case] datum: Option<VerticalDatum>,
) {
    let text = format!("{system}\na.jpg {place} 240 30 10 -5 0.02 0.04 extra\n");
    let pose = first(&Poses::from_bytes("geo.txt", text.as_bytes()).unwrap()).unwrap();
    let place = pose.place.unwrap();
    let off = (place.latitude_deg() - 46.84).hypot(place.longitude_deg() + 91.99);
    assert!(off < 1e-7, "{place}");
    assert_eq!(pose.height.unwrap().datum, datum);
    // Pitch is up from straight down.
    let ahead = pose.attitude.unwrap();
    assert!((ahead.pitch_deg + 90.0).abs() > 9.0, "{ahead:?}");
    assert_eq!(
        (pose.sigma_north_east_m, pose.sigma_up_m),
        (Some((0.02, 0.02)), Some(0.04))
    );
}

#[test]
fn angles_that_are_three_zeros_or_no_numbers_are_not_known_to_a_geo_txt() {
    for angles in ["0 0 0", "nan nan nan", ""] {
        let text = format!("EPSG:4326\na.jpg -91.99 46.84 240 {angles}\n");
        let pose = first(&Poses::from_bytes("geo.txt", text.as_bytes()).unwrap()).unwrap();
        assert_eq!(pose.attitude, None, "{angles}");
    }
}

#[rstest]
#[case("EPSG:4267", "NAD27")]
#[case("EPSG:9", "not known")]
#[case("EPSG:32615+5703", "5703")]
#[case("WGS84 UTM 61N", "no zone")]
fn a_geo_txt_in_a_system_that_is_not_computed_is_refused(#[case] system: &str, #[case] says: &str) {
    let line = refusal("geo.txt", &format!("{system}\na.jpg 1 2\n"));
    assert!(line.contains(says), "{line}");
}

#[test]
fn how_well_an_older_datum_is_known_adds_to_the_error_of_the_positions_in_it() {
    // OSGB36 is known to 2 m.
    let text = b"EPSG:27700\na.jpg 530000 180000 240 0 0 0 0.5 0.5\n";
    let poses = Poses::from_bytes("geo.txt", text).unwrap();
    let sigma = overridden(&poses, &TagSettings::default()).covariance;
    assert!(
        (sigma.sigma_north_m - 0.5_f64.hypot(2.0)).abs() < 1e-9,
        "{sigma:?}"
    );
    assert_eq!(sigma.sigma_up_m, 0.5);
}

#[test]
fn a_row_of_djis_log_has_the_cameras_position_its_errors_and_its_time() {
    let poses = Poses::from_bytes("100_0001_Timestamp.MRK", P4RTK.as_bytes()).unwrap();
    let pose = first(&poses).unwrap();
    // The way from the antenna is in it already.
    assert_eq!(pose.place.unwrap().latitude_deg(), 40.071_164_93);
    assert_eq!(pose.height.unwrap().datum, Some(VerticalDatum::Ellipsoid));
    assert_eq!(pose.sigma_north_east_m, Some((1.011_396, 0.893_127)));
    // GPS week 2020 begins on 2018-09-23.
    assert_eq!(
        pose.time.unwrap().unix_ms(),
        1_537_660_800_000 + 180_246_254 - 18_000
    );
}

#[rstest]
#[case("N\t", "X\t", "\"N\" has to stand")]
#[case("\t16,Q", "", "ends before \"Q\"")]
#[case("16,Q", "0,Q", "no position")]
#[case("[2020]", "[]", "week")]
#[case("40.07116493", "140.07", "not on earth")]
#[case("1\t180246", "one\t180246", "number of a photograph")]
fn a_row_of_djis_log_that_is_wrong_says_why(
    #[case] of: &str,
    #[case] to: &str,
    #[case] says: &str,
) {
    let text = P4RTK.replacen(of, to, 1);
    let poses = Poses::from_bytes("t.mrk", text.as_bytes()).unwrap();
    let fault = first(&poses).unwrap_err();
    assert!(fault.contains(says), "{fault}");
}

/// What each photograph has of a pose file: the row's name, `none`, or the reason.
fn matched(poses: &Poses, photographs: &[&str]) -> (Vec<String>, Vec<String>) {
    let paths: Vec<&Path> = photographs.iter().map(Path::new).collect();
    let found = poses.matches(&paths);
    let shown = found.rows.iter().map(|row| match row {
        RowMatch::None => "none".to_owned(),
        RowMatch::Row(_, place) => place.clone(),
        RowMatch::Fault(fault) => fault.to_string(),
    });
    let shown = shown.collect();
    let remarks = found
        .remarks
        .rows
        .into_iter()
        .chain(found.remarks.photographs);
    (shown, remarks.collect())
}

#[test]
fn a_row_is_found_by_the_files_name_whatever_its_case_and_by_its_folders() {
    let poses = table("name,latitude_deg,longitude_deg\nA.JPG,1,2\nmonday/b.jpg,1,2\nc.jpg,1,2\n");
    let photographs = ["in/a.jpg", "in/monday/b.jpg", "in/tuesday/b.jpg"];
    let (rows, remarks) = matched(&poses, &photographs);
    assert_eq!(rows, ["poses.csv:2", "poses.csv:3", "none"]);
    assert_eq!(
        remarks,
        [
            "poses.csv:4 is of c.jpg, which is not among the photographs",
            "no row of poses.csv is of b.jpg: what they tell themselves counts"
        ]
    );
}

#[test]
fn two_rows_of_one_photograph_or_one_of_two_are_no_row_of_any() {
    let poses = table("name,latitude_deg,longitude_deg\na.jpg,1,2\na.jpg,1,3\nb.jpg,1,2\n");
    let (rows, _) = matched(&poses, &["a.jpg", "1/b.jpg", "2/b.jpg"]);
    assert!(
        rows[0].contains("poses.csv:2 and poses.csv:3"),
        "{}",
        rows[0]
    );
    assert!(
        rows[1].contains("2/b.jpg") && rows[2].contains("1/b.jpg"),
        "{rows:?}"
    );
}

#[test]
fn a_number_is_that_in_the_names_of_the_folder_of_the_log() {
    let poses = Poses {
        folder: "in/100_0001".into(),
        ..Poses::from_bytes("t.MRK", P4RTK.as_bytes()).unwrap()
    };
    let photographs = [
        "in/100_0001/DJI_20230601120000_0001_V.JPG",
        "in/100_0001/DJI_20230601120000_0001_T.JPG",
        "in/100_0002/DJI_0001.JPG",
    ];
    let (rows, _) = matched(&poses, &photographs);
    assert_eq!(rows, ["t.MRK:1", "t.MRK:1", "none"]);
    let elsewhere = Poses::from_bytes("t.MRK", P4RTK.as_bytes()).unwrap();
    let (rows, _) = matched(&elsewhere, &photographs);
    assert!(rows.iter().all(|row| row.contains("may be of")), "{rows:?}");
}

/// A photograph with a position, angles, both heights and a time, read with the first row of a file.
fn overridden(poses: &Poses, settings: &TagSettings) -> Reading {
    let packet = "<rdf:Description drone-dji:GpsLatitude='46.84' drone-dji:GpsLongitude='-91.99' drone-dji:RelativeAltitude='80' \
                  drone-dji:AbsoluteAltitude='240' drone-dji:GimbalYawDegree='30' drone-dji:GimbalPitchDegree='-90' \
                  drone-dji:GimbalRollDegree='0' drone-dji:UTCAtExposure='2018-09-25T02:03:48'/>";
    let metadata = Metadata::from_xmp(packet.as_bytes());
    let mut reading = Reading::of(&metadata, (400, 300), settings);
    override_pose(&mut reading, &poses.rows[0], "poses.csv:2", settings);
    reading
}

#[test]
fn a_row_counts_before_the_photograph_and_what_it_leaves_open_stays() {
    let poses =
        table("name,latitude_deg,longitude_deg,height_ellipsoid_m\na.jpg,46.84001,-91.99,209.3\n");
    let reading = overridden(&poses, &TagSettings::default());
    let position = reading.position.unwrap();
    assert_eq!(
        (position.value.latitude_deg(), &position.from[..]),
        (46.840_01, "poses.csv:2")
    );
    let altitudes = reading.heights.unwrap().altitudes();
    assert_eq!(altitudes.ellipsoid.unwrap().metres(), 209.3);
    assert_eq!(altitudes.egm96, None);
    assert_eq!(altitudes.takeoff.unwrap().metres(), 80.0);
    assert_eq!(reading.attitude.unwrap().value.yaw_deg, 30.0);
    assert_eq!(reading.remarks, Vec::<String>::new());
}

#[test]
fn a_contradiction_with_the_photograph_is_told_with_both_values() {
    let poses = table(
        "name,latitude_deg,longitude_deg,height_egm96_m,height_above_takeoff_m,yaw_deg,pitch_deg,roll_deg\n\
         a.jpg,46.841,-91.99,340,95,90,-90,0\n",
    );
    let remarks = overridden(&poses, &TagSettings::default()).remarks;
    for (n, says) in [
        "111.2 m apart",
        "95.0 m above take-off",
        "340.0 m over EGM96",
        "60 degrees apart",
    ]
    .iter()
    .enumerate()
    {
        assert!(
            remarks[n].contains(says) && remarks[n].contains("poses.csv:2"),
            "{remarks:?}"
        );
    }
    assert_eq!(remarks.len(), 4);
}

#[test]
fn a_height_whose_datum_the_file_leaves_open_counts_where_it_is_stated() {
    let poses = Poses::from_bytes("geo.txt", b"EPSG:4326\na.jpg -91.99 46.84 209.3\n").unwrap();
    let unstated = overridden(&poses, &TagSettings::default()).heights.unwrap();
    assert!(unstated.absolute.is_empty());
    assert!(unstated.unused.unwrap().contains("--photo-datum"));
    let stated = TagSettings {
        photo_datum: Some(VerticalDatum::Ellipsoid),
        ..TagSettings::default()
    };
    let heights = overridden(&poses, &stated).heights.unwrap();
    assert_eq!(heights.altitudes().ellipsoid.unwrap().metres(), 209.3);
}

#[test]
fn a_row_of_another_flight_is_told_by_its_time() {
    let here = P4RTK
        .replace("40.07116493", "46.84")
        .replace("-105.22977934", "-91.99");
    let poses = Poses::from_bytes("t.MRK", here.as_bytes()).unwrap();
    assert!(overridden(&poses, &TagSettings::default()).position.is_ok());
    let later = here.replace("180246", "190246");
    let poses = Poses::from_bytes("t.MRK", later.as_bytes()).unwrap();
    let position = overridden(&poses, &TagSettings::default()).position;
    assert!(
        matches!(position, Err(Untagged::RowOfOtherTime { .. })),
        "{position:?}"
    );
}
