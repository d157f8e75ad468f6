//! The XMP properties of drone cameras, as these write them: RDF in XML, with prefixes that nobody declared, bare ampersands, bytes
//! that are no UTF-8, attributes twice and several packets.

use std::{borrow::Cow, collections::HashMap, fmt};

use quick_xml::{
    Reader,
    escape::unescape,
    events::{BytesStart, Event},
};

use super::{Untagged, number::number};

/// A vocabulary of properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Schema {
    Dji,
    SenseFly,
    Camera,
    Panorama,
}

/// Each vocabulary with the prefix that its properties carry in the field, and its namespaces.
const SCHEMAS: [(Schema, &str, &[&str]); 4] = [
    (
        Schema::Dji,
        "drone-dji",
        &["http://www.dji.com/drone-dji/1.0/"],
    ),
    (
        Schema::SenseFly,
        "sensefly",
        &["http://ns.sensefly.com/sensefly/1.0/"],
    ),
    (
        Schema::Camera,
        "Camera",
        &[
            "http://pix4d.com/camera/1.0/",
            "http://pix4d.com/camera/1.0",
            "http://ns.sensefly.com/Camera/1.0/",
        ],
    ),
    (
        Schema::Panorama,
        "GPano",
        &["http://ns.google.com/photos/1.0/panorama/"],
    ),
];

/// The name of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Property(Schema, &'static str);

impl Property {
    /// A property of DJI's `drone-dji`.
    pub(super) const fn dji(name: &'static str) -> Self {
        Self(Schema::Dji, name)
    }

    /// A property of senseFly's `sensefly`.
    pub(super) const fn sensefly(name: &'static str) -> Self {
        Self(Schema::SenseFly, name)
    }

    /// A property of `Camera`, which Pix4D and senseFly share.
    pub(super) const fn camera(name: &'static str) -> Self {
        Self(Schema::Camera, name)
    }

    /// A property of Google's `GPano`.
    pub(super) const fn panorama(name: &'static str) -> Self {
        Self(Schema::Panorama, name)
    }

    /// The name without its vocabulary.
    pub(super) const fn name(self) -> &'static str {
        self.1
    }
}

impl fmt::Display for Property {
    /// As `XMP drone-dji:GpsLatitude`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = SCHEMAS.iter().find(|(schema, ..)| *schema == self.0);
        let prefix = prefix.map_or("", |(_, prefix, _)| *prefix);
        write!(f, "XMP {prefix}:{}", self.1)
    }
}

/// The properties of the vocabularies that Scarp reads, each with every value that it was given.
#[derive(Debug, Default)]
pub(super) struct Xmp {
    values: HashMap<Schema, HashMap<String, Vec<String>>>,
}

impl Xmp {
    /// Adds the properties of a packet, in which a simple property may be an attribute or an element. Says in one line what of the
    /// packet is no XML, however sloppy; what stands before that is kept.
    pub(super) fn read(&mut self, packet: &[u8]) -> Result<(), String> {
        let text = String::from_utf8_lossy(packet);
        let text = text.trim_matches(['\0', ' ', '\n', '\r', '\t', '\u{feff}']);
        let mut reader = Reader::from_str(text);
        reader.config_mut().allow_dangling_amp = true;
        let mut walk = Walk {
            xmp: self,
            namespaces: HashMap::new(),
            open: Vec::new(),
        };
        loop {
            let event = reader.read_event().map_err(|error| {
                let line = error.to_string().replace('\n', " ");
                format!("{line}, at byte {}", reader.error_position())
            })?;
            match event {
                Event::Start(start) => walk.open(&start)?,
                Event::Empty(start) => {
                    walk.open(&start)?;
                    walk.close();
                }
                Event::End(_) => walk.close(),
                Event::Text(text) => walk.text(&String::from_utf8_lossy(&text)),
                Event::CData(text) => walk.text(&String::from_utf8_lossy(&text)),
                Event::GeneralRef(name) => {
                    walk.text(&format!("&{};", String::from_utf8_lossy(&name)));
                }
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        if walk.open.is_empty() {
            Ok(())
        } else {
            Err("it ends early".to_owned())
        }
    }

    /// Every value of a property, in the order of the packets.
    pub(super) fn texts(&self, property: Property) -> &[String] {
        let of_schema = self.values.get(&property.0);
        let values = of_schema.and_then(|properties| properties.get(property.1));
        values.map_or(&[], Vec::as_slice)
    }

    /// The one value of a property; `None` where it is missing or empty.
    ///
    /// # Errors
    /// When it has several that say different things.
    pub(super) fn text(&self, property: Property) -> Result<Option<&str>, Untagged> {
        let mut values = self.texts(property).iter().map(String::as_str);
        let Some(first) = values.next() else {
            return Ok(None);
        };
        match values.find(|other| !mean_the_same(first, other)) {
            None => Ok(Some(first)),
            Some(second) => Err(Untagged::ToldTwice {
                tag: property.to_string(),
                first: first.to_owned(),
                second: second.to_owned(),
            }),
        }
    }

    /// The number that a property is; `None` where it is missing or empty.
    ///
    /// # Errors
    /// When it is no number, or several different ones.
    pub(super) fn number(&self, property: Property) -> Result<Option<f64>, Untagged> {
        let Some(text) = self.text(property)? else {
            return Ok(None);
        };
        let unreadable = || Untagged::NoNumber {
            tag: property.to_string(),
            text: text.to_owned(),
        };
        number(text).map(Some).ok_or_else(unreadable)
    }
}

fn mean_the_same(a: &str, b: &str) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// The way through one packet.
struct Walk<'a> {
    xmp: &'a mut Xmp,
    /// Prefixes declared so far, each with its namespace.
    namespaces: HashMap<String, String>,
    open: Vec<Element>,
}

/// An element under way: the property that it, or the innermost one around it, is; and its text.
struct Element {
    property: Option<(Schema, String)>,
    text: String,
}

impl Walk<'_> {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        let mut properties = Vec::new();
        // As lenient as in HTML: values without quotes, attributes twice.
        for attribute in start.html_attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| error.to_string().replace('\n', " "))?;
            let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            let value = String::from_utf8_lossy(&attribute.value).into_owned();
            match name.strip_prefix("xmlns:") {
                Some(prefix) => {
                    self.namespaces.insert(prefix.to_owned(), value);
                }
                None => properties.push((name, value)),
            }
        }
        for (name, value) in properties {
            if let Some(property) = self.property(&name) {
                self.keep(property, &value);
            }
        }
        let name = start.name();
        let own = self.property(&String::from_utf8_lossy(name.as_ref()));
        let around = || {
            self.open
                .last()
                .and_then(|element| element.property.clone())
        };
        self.open.push(Element {
            property: own.or_else(around),
            text: String::new(),
        });
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(element) = self.open.last_mut() {
            element.text.push_str(text);
        }
    }

    fn close(&mut self) {
        if let Some(Element {
            property: Some(property),
            text,
        }) = self.open.pop()
        {
            self.keep(property, &text);
        }
    }

    /// What a name with a prefix is, by the namespace that the prefix was declared for, or else by the prefix itself.
    fn property(&self, name: &str) -> Option<(Schema, String)> {
        let (prefix, name) = name.split_once(':')?;
        let declared = self.namespaces.get(prefix);
        let of_namespace = |namespaces: &[&str]| {
            declared.is_some_and(|declared| namespaces.contains(&declared.as_str()))
        };
        let known = SCHEMAS
            .iter()
            .find(|(_, known, namespaces)| of_namespace(namespaces) || *known == prefix);
        known.map(|(schema, ..)| (*schema, name.to_owned()))
    }

    fn keep(&mut self, (schema, name): (Schema, String), value: &str) {
        let value = unescape(value).unwrap_or(Cow::Borrowed(value));
        let value = value.trim();
        if !value.is_empty() {
            let properties = self.xmp.values.entry(schema).or_default();
            properties.entry(name).or_default().push(value.to_owned());
        }
    }
}

#[cfg(test)]
mod tests;
