//! What GDAL says of a band beyond what GeoTIFF has keys for: its unit, and what turns its numbers into heights.

/// GDAL's own tag: XML, an `Item` for each statement.
pub(super) const TAG: u16 = 42_112;

/// The name of our own item: how far places may lie beside where they are, one sigma in metres. A prepared model is in WGS84, and so
/// cannot say by its reference system that it was made of one in a datum that is known to metres.
pub const HORIZONTAL_SIGMA: &str = "SCARP_HORIZONTAL_SIGMA_M";

/// The statements on the first band that change what its numbers mean.
#[derive(Debug, PartialEq)]
pub(super) struct BandMetadata {
    /// The unit of the heights, as the file spells it.
    pub(super) unit: Option<String>,
    /// What a number is multiplied by.
    pub(super) scale: f64,
    /// What is added after that.
    pub(super) offset: f64,
    /// How far places may lie beside where they are, one sigma in metres, where `scarp-forge terrain` has said so.
    pub(super) horizontal_sigma_m: f64,
}

impl BandMetadata {
    /// The statements of the tag's text; where there is no tag, those that hold then.
    ///
    /// # Errors
    /// When the text is no XML, or a number in it is none.
    pub(super) fn read(xml: Option<&str>) -> Result<Self, String> {
        let mut band = Self {
            unit: None,
            scale: 1.0,
            offset: 0.0,
            horizontal_sigma_m: 0.0,
        };
        let Some(xml) = xml.map(|xml| xml.trim_matches(['\0', ' ', '\n'])) else {
            return Ok(band);
        };
        let document = roxmltree::Document::parse(xml)
            .map_err(|e| format!("its GDAL metadata are unreadable ({e})"))?;
        for item in document
            .descendants()
            .filter(|node| node.has_tag_name("Item"))
        {
            let is_first_band = item.attribute("sample").is_none_or(|band| band == "0");
            let text = item.text().unwrap_or_default().trim();
            let number = || {
                text.parse::<f64>()
                    .ok()
                    .filter(|number| number.is_finite())
                    .ok_or_else(|| format!("the scale, offset or sigma of its band is {text:?}"))
            };
            if item.attribute("name") == Some(HORIZONTAL_SIGMA) {
                band.horizontal_sigma_m = number()?.abs();
                continue;
            }
            match item.attribute("role") {
                Some("unittype") if is_first_band && !text.is_empty() => {
                    band.unit = Some(text.to_owned());
                }
                Some("scale") if is_first_band => band.scale = number()?,
                Some("offset") if is_first_band => band.offset = number()?,
                _ => {}
            }
        }
        if band.scale == 0.0 {
            return Err("the scale of its band is 0".to_owned());
        }
        Ok(band)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_statements_on_the_first_band_count() {
        let xml = r#"<GDALMetadata>
            <Item name="UNITTYPE" sample="0" role="unittype">ft</Item>
            <Item name="UNITTYPE" sample="1" role="unittype">m</Item>
            <Item name="SCALE" sample="0" role="scale">0.1</Item>
            <Item name="OFFSET" sample="0" role="offset">-100</Item>
            <Item name="SCALE">7</Item>
        </GDALMetadata>"#;
        let band = BandMetadata::read(Some(xml)).unwrap();
        assert_eq!(band.unit.as_deref(), Some("ft"));
        assert_eq!((band.scale, band.offset), (0.1, -100.0));
    }

    #[test]
    fn a_statement_that_cannot_be_true_is_refused() {
        let item = |role: &str, text: &str| {
            let xml = format!(
                "<GDALMetadata><Item sample='0' role='{role}'>{text}</Item></GDALMetadata>"
            );
            BandMetadata::read(Some(&xml))
        };
        assert!(item("scale", "0").is_err() && item("offset", "NaN").is_err());
        assert!(BandMetadata::read(Some("<GDALMetadata>")).is_err());
    }
}
