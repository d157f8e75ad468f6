//! Bodies of answers that are made once and sent to many, compressed.

use std::io::{self, Read, Write};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use ring::digest::{Digest, SHA256, digest};

/// A body, kept compressed: GeoJSON takes a tenth of its length then.
#[derive(Clone)]
pub struct Packed {
    gzip: Bytes,
    kind: &'static str,
    tag: HeaderValue,
}

impl Packed {
    /// Packs what `write` writes, of content type `kind`.
    ///
    /// # Errors
    /// Those of `write`, and where memory ends.
    pub fn new<E: From<io::Error>>(
        kind: &'static str,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<Self, E> {
        // The quickest level: what changes all the time is packed all the time.
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        write(&mut encoder)?;
        let gzip = Bytes::from(encoder.finish()?);
        let tag = tag(&digest(&SHA256, &gzip));
        Ok(Self { gzip, kind, tag })
    }

    /// The answer to a request with these headers: the body, or that it is as the browser has it.
    pub fn answer(self, request: &HeaderMap) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::ETAG, self.tag.clone());
        // Kept, but asked for each time.
        let always = HeaderValue::from_static("no-cache");
        headers.insert(header::CACHE_CONTROL, always);
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .any(|known| known == self.tag)
        {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        if takes_gzip(request) {
            let gzip = HeaderValue::from_static("gzip");
            headers.insert(header::CONTENT_ENCODING, gzip);
            return (headers, Body::from(self.gzip)).into_response();
        }
        let mut plain = Vec::new();
        match GzDecoder::new(&*self.gzip).read_to_end(&mut plain) {
            Ok(_) => (headers, Body::from(plain)).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

fn takes_gzip(request: &HeaderMap) -> bool {
    let mut values = request.get_all(header::ACCEPT_ENCODING).iter();
    values.any(|value| {
        let codings = value.to_str().unwrap_or_default().split(',');
        codings
            .map(|coding| coding.split_once(';').unwrap_or((coding, "")))
            .any(|(coding, weight)| {
                coding.trim() == "gzip" && !matches!(weight.trim(), "q=0" | "q=0.0")
            })
    })
}

/// A strong entity tag (RFC 9110, section 8.8.3) of a body with this hash.
fn tag(hash: &Digest) -> HeaderValue {
    let hex: String = hash
        .as_ref()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    HeaderValue::from_str(&format!("\"{hex}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}
