//! The XMP properties of drone cameras.

use std::collections::HashMap;

use roxmltree::Document;

const DJI: &str = "http://www.dji.com/drone-dji/1.0/";
const SENSEFLY: &str = "http://ns.sensefly.com/sensefly/1.0/";

/// The properties of the makers Scarp reads, by maker and name.
#[derive(Debug, Default)]
pub(super) struct Xmp {
    dji: HashMap<String, String>,
    sensefly: HashMap<String, String>,
}

impl Xmp {
    /// Reads an XMP packet: RDF in XML, in which a simple property may be an attribute or an element.
    pub(super) fn read(packet: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(packet).map_err(|e| e.to_string())?;
        let document = Document::parse(text.trim_matches(['\0', ' ', '\n', '\r', '\u{feff}']))
            .map_err(|e| e.to_string().replace('\n', " "))?;
        let mut xmp = Self::default();
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            for attribute in node.attributes() {
                xmp.keep(attribute.namespace(), attribute.name(), attribute.value());
            }
            if let Some(text) = node.text() {
                xmp.keep(node.tag_name().namespace(), node.tag_name().name(), text);
            }
        }
        Ok(xmp)
    }

    fn keep(&mut self, namespace: Option<&str>, name: &str, value: &str) {
        let properties = match namespace {
            Some(DJI) => &mut self.dji,
            Some(SENSEFLY) => &mut self.sensefly,
            _ => return,
        };
        properties
            .entry(name.to_owned())
            .or_insert_with(|| value.trim().to_owned());
    }

    /// A number of DJI's, such as `+39.80`, if present and finite.
    pub(super) fn dji(&self, name: &str) -> Option<f64> {
        number(self.dji.get(name)?)
    }

    /// A text of DJI's.
    pub(super) fn dji_text(&self, name: &str) -> Option<&str> {
        self.dji.get(name).map(String::as_str)
    }

    /// A number of senseFly's, if present and finite.
    pub(super) fn sensefly(&self, name: &str) -> Option<f64> {
        number(self.sensefly.get(name)?)
    }

    /// A text of senseFly's.
    pub(super) fn sensefly_text(&self, name: &str) -> Option<&str> {
        self.sensefly.get(name).map(String::as_str)
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>";
    const TAIL: &str = "</rdf:RDF></x:xmpmeta>   \0\0";

    #[test]
    fn a_property_is_read_from_an_attribute_and_from_an_element() {
        let attribute =
            format!("{HEAD}<rdf:Description xmlns:d='{DJI}' d:RelativeAltitude='+39.80'/>{TAIL}");
        let element = format!(
            "{HEAD}<rdf:Description xmlns:d='{DJI}'><d:RelativeAltitude> -3.5 </d:RelativeAltitude></rdf:Description>{TAIL}"
        );
        assert_eq!(
            Xmp::read(attribute.as_bytes())
                .unwrap()
                .dji("RelativeAltitude"),
            Some(39.8)
        );
        assert_eq!(
            Xmp::read(element.as_bytes())
                .unwrap()
                .dji("RelativeAltitude"),
            Some(-3.5)
        );
    }

    #[test]
    fn a_property_of_another_namespace_or_that_is_no_number_is_not_taken() {
        let packet = format!(
            "{HEAD}<rdf:Description xmlns:d='{DJI}' xmlns:o='urn:other' o:RelativeAltitude='1' d:GimbalYawDegree='nan'/>{TAIL}"
        );
        let xmp = Xmp::read(packet.as_bytes()).unwrap();
        assert_eq!(xmp.dji("RelativeAltitude"), None);
        assert_eq!(xmp.dji("GimbalYawDegree"), None);
    }

    #[test]
    fn a_damaged_packet_is_an_error_in_one_line() {
        let error = Xmp::read(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF").unwrap_err();
        assert_eq!(error.lines().count(), 1);
    }
}
