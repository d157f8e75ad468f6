//! Who is answered, and what browsers are told to keep to.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Everything comes from here, and nothing is written into the page but by its own script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
    worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "geolocation=(self), clipboard-write=(self), camera=(), microphone=()",
    ),
];

/// Answers those who ask this computer by its own name, from its own page. A page of another place that has its name point here
/// (DNS rebinding) would else read what stands in the store.
pub async fn guard(request: Request, next: Next) -> Response {
    let mut response = match refusal(request.headers()) {
        Some(reason) => (StatusCode::FORBIDDEN, reason).into_response(),
        None => next.run(request).await,
    };
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

fn refusal(headers: &HeaderMap) -> Option<&'static str> {
    let text = |name: HeaderName| {
        let value = headers.get(name)?;
        Some(value.to_str().unwrap_or_default())
    };
    if !text(header::HOST).is_some_and(is_own) {
        return Some(
            "the map is this computer's own: open it as http://127.0.0.1 or http://localhost\n",
        );
    }
    let is_foreign = |origin: &str| !origin.strip_prefix("http://").is_some_and(is_own);
    if text(header::ORIGIN).is_some_and(is_foreign) {
        return Some("asked by a page of another place\n");
    }
    // A link may lead here; a page of another place may not fetch from here.
    let fetched = |name: &'static str| text(HeaderName::from_static(name));
    let is_cross =
        fetched("sec-fetch-site").is_some_and(|site| matches!(site, "cross-site" | "same-site"));
    (is_cross && fetched("sec-fetch-mode") != Some("navigate"))
        .then_some("asked by a page of another place\n")
}

/// Whether `authority` (host and perhaps port) names this computer to itself. The port may be another's that forwards to here.
fn is_own(authority: &str) -> bool {
    let host = authority.parse::<Authority>();
    host.is_ok_and(|authority| {
        let host = authority.host();
        authority.as_str().find('@').is_none()
            && (host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1" || host == "[::1]")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |&(name, value): &(&'static str, &'static str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        given.iter().map(pair).collect()
    }

    #[test]
    fn the_own_page_and_programs_on_this_computer_are_answered() {
        for host in [
            "127.0.0.1:8080",
            "localhost",
            "LocalHost:9000",
            "[::1]:8080",
        ] {
            assert_eq!(refusal(&headers(&[("host", host)])), None, "{host}");
        }
        let own = [
            ("host", "127.0.0.1:8080"),
            ("origin", "http://127.0.0.1:8080"),
            ("sec-fetch-site", "same-origin"),
        ];
        assert_eq!(refusal(&headers(&own)), None);
        let linked = [
            ("host", "localhost:8080"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ];
        assert_eq!(refusal(&headers(&linked)), None);
    }

    #[test]
    fn pages_of_other_places_are_not() {
        let host = ("host", "127.0.0.1:8080");
        let cases: [&[_]; 7] = [
            &[],
            &[("host", "evil.example")],
            &[("host", "127.0.0.1.evil.example:8080")],
            &[("host", "localhost@evil.example")],
            &[host, ("origin", "https://evil.example")],
            &[host, ("origin", "null")],
            &[
                host,
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "cors"),
            ],
        ];
        for case in cases {
            assert!(refusal(&headers(case)).is_some(), "{case:?}");
        }
    }
}
