use super::*;
use rstest::rstest;

const DJI: &str = "http://www.dji.com/drone-dji/1.0/";
const HEAD: &str = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>";
const TAIL: &str = "</rdf:RDF></x:xmpmeta>   \0\0";
const HEIGHT: Property = Property::dji("RelativeAltitude");

fn read(packets: &[&[u8]]) -> Result<Xmp, String> {
    let mut xmp = Xmp::default();
    for packet in packets {
        xmp.read(packet)?;
    }
    Ok(xmp)
}

fn height(inside: &str) -> Result<Option<f64>, Untagged> {
    let packet = format!("{HEAD}{inside}{TAIL}");
    read(&[packet.as_bytes()]).unwrap().number(HEIGHT)
}

#[rstest]
#[case::an_attribute(&format!("<rdf:Description xmlns:d='{DJI}' d:RelativeAltitude='+39.80'/>"))]
#[case::an_element(&format!("<rdf:Description xmlns:d='{DJI}'><d:RelativeAltitude> +39.80\n</d:RelativeAltitude></rdf:Description>"))]
#[case::a_prefix_that_nobody_declared("<rdf:Description drone-dji:RelativeAltitude='39.8'/>")]
#[case::a_bare_ampersand(
    "<rdf:Description drone-dji:Who='A & B' drone-dji:RelativeAltitude='39.8'/>"
)]
#[case::a_bare_ampersand_between_tags(
    "<rdf:Description><drone-dji:Who>A & B</drone-dji:Who><drone-dji:RelativeAltitude>39.8</drone-dji:RelativeAltitude></rdf:Description>"
)]
#[case::the_same_twice(
    "<rdf:Description drone-dji:RelativeAltitude='39.8' drone-dji:RelativeAltitude='+39.80'/>"
)]
#[case::an_empty_one_before_it(
    "<rdf:Description drone-dji:RelativeAltitude=''/><rdf:Description drone-dji:RelativeAltitude='39.8'/>"
)]
#[case::a_rational("<rdf:Description drone-dji:RelativeAltitude='3980/100'/>")]
#[case::a_decimal_comma("<rdf:Description drone-dji:RelativeAltitude='+39,80'/>")]
fn a_property_is_read_however_it_is_written(#[case] inside: &str) {
    assert_eq!(height(inside), Ok(Some(39.8)));
}

#[test]
fn two_signs_are_the_second_one() {
    let written = "<rdf:Description drone-dji:RelativeAltitude='+-1.20'/>";
    assert_eq!(height(written), Ok(Some(-1.2)));
}

#[test]
fn a_byte_that_is_no_utf_8_spoils_only_the_value_that_it_stands_in() {
    let packet = [
        HEAD.as_bytes(),
        b"<rdf:Description drone-dji:Who='Jos\xe9' drone-dji:RelativeAltitude='39.8' drone-dji:GimbalYawDegree='4\xb05'/>",
        TAIL.as_bytes(),
    ]
    .concat();
    let xmp = read(&[&packet]).unwrap();
    assert_eq!(xmp.number(HEIGHT), Ok(Some(39.8)));
    let spoilt = xmp.number(Property::dji("GimbalYawDegree")).unwrap_err();
    let line = spoilt.to_string();
    assert!(line.contains("XMP drone-dji:GimbalYawDegree"), "{line}");
}

#[test]
fn properties_of_several_packets_count_together_and_only_once() {
    let first = format!(
        "{HEAD}<rdf:Description drone-dji:GimbalYawDegree='5' drone-dji:RelativeAltitude='39.8'/>{TAIL}"
    );
    let second = format!(
        "{HEAD}<rdf:Description drone-dji:GimbalRollDegree='1' drone-dji:RelativeAltitude='+39.80'/>{TAIL}"
    );
    let xmp = read(&[first.as_bytes(), second.as_bytes()]).unwrap();
    assert_eq!(xmp.number(HEIGHT), Ok(Some(39.8)));
    assert_eq!(xmp.number(Property::dji("GimbalYawDegree")), Ok(Some(5.0)));
    assert_eq!(xmp.number(Property::dji("GimbalRollDegree")), Ok(Some(1.0)));
}

#[test]
fn a_property_that_says_two_things_is_refused_with_both() {
    let written =
        "<rdf:Description drone-dji:RelativeAltitude='39.8' drone-dji:RelativeAltitude='120'/>";
    let line = height(written).unwrap_err().to_string();
    assert!(line.contains("39.8") && line.contains("120"), "{line}");
}

#[test]
fn a_property_that_is_no_number_is_named() {
    let line = height("<rdf:Description drone-dji:RelativeAltitude='high'/>");
    let line = line.unwrap_err().to_string();
    assert!(
        line.contains("XMP drone-dji:RelativeAltitude") && line.contains("high"),
        "{line}"
    );
}

#[test]
fn a_property_of_another_namespace_is_not_taken() {
    let written = "<rdf:Description xmlns:o='urn:other' o:RelativeAltitude='1'/>";
    assert_eq!(height(written), Ok(None));
}

#[test]
fn the_members_of_a_list_are_the_values_of_its_property() {
    let packet = format!(
        "{HEAD}<rdf:Description><Camera:BandName><rdf:Seq><rdf:li>Red</rdf:li><rdf:li>NIR</rdf:li></rdf:Seq></Camera:BandName></rdf:Description>{TAIL}"
    );
    let xmp = read(&[packet.as_bytes()]).unwrap();
    assert_eq!(xmp.texts(Property::camera("BandName")), ["Red", "NIR"]);
}

#[rstest]
#[case("<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF")]
#[case("<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF>")]
#[case("<x:xmpmeta><rdf:RDF></x:xmpmeta>")]
#[case("<x:xmpmeta a='1></x:xmpmeta>")]
fn a_packet_that_is_cut_or_torn_is_an_error_in_one_line(#[case] packet: &str) {
    let error = read(&[packet.as_bytes()]).unwrap_err();
    assert_eq!(error.lines().count(), 1, "{error}");
}
