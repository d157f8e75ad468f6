//! What is answered at which path.

use std::{sync::Arc, time::Duration, time::SystemTime};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, Uri, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use tokio::{
    sync::{
        OwnedSemaphorePermit, Semaphore,
        broadcast::{Receiver, error::RecvError},
    },
    time::timeout,
};

use super::{
    access,
    basemap::Basemap,
    document::{Documents, Part},
    hub::{Event, event},
    json::rfc3339,
    page,
};

/// Browsers that follow at once.
pub const MAX_STREAMS: usize = 64;
/// Something is sent at least so often, so that a browser notices a line that is dead.
const BEAT: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct Site {
    documents: Arc<Documents>,
    basemap: Option<Arc<Basemap>>,
    streams: Arc<Semaphore>,
}

/// All that is answered.
pub fn routes(documents: Arc<Documents>, basemap: Option<Basemap>) -> Router {
    let site = Site {
        documents,
        basemap: basemap.map(Arc::new),
        streams: Arc::new(Semaphore::new(MAX_STREAMS)),
    };
    let pages = page::paths().fold(Router::new(), |router, path| router.route(path, get(file)));
    pages
        .route("/api/landslides", part(Part::Landslides))
        .route("/api/footprints", part(Part::Footprints))
        .route("/api/flights", part(Part::Flights))
        .route("/api/events", get(events))
        .route("/api/basemap", get(about_basemap))
        .route("/api/basemap/{z}/{x}/{y}", get(tile))
        .with_state(site)
        .layer(middleware::from_fn(access::guard))
}

async fn file(uri: Uri, headers: HeaderMap) -> Response {
    match page::file(uri.path()) {
        Some(file) => file.answer(&headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Which document is good enough.
#[derive(Deserialize)]
struct Wanted {
    /// It holds all that was told up to this change. Without, all that was told up to now.
    from: Option<u64>,
}

fn part(part: Part) -> axum::routing::MethodRouter<Site> {
    get(
        async move |State(site): State<Site>, Query(wanted): Query<Wanted>, headers: HeaderMap| {
            let documents = site.documents;
            let told = documents.hub().number();
            // A number of a station before this one may be higher than any here.
            let number = wanted.from.unwrap_or(told).min(told);
            match tokio::task::spawn_blocking(move || documents.get(part, number)).await {
                Ok(Ok(document)) => document.answer(&headers),
                Ok(Err(e)) => {
                    log::error!("map: {e}");
                    (StatusCode::SERVICE_UNAVAILABLE, format!("{e}\n")).into_response()
                }
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        },
    )
}

/// What there is to know of the base map, or null.
async fn about_basemap(State(site): State<Site>) -> Response {
    let about = site.basemap.as_ref().map(|map| json!(map.about()));
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, json!(about).to_string()).into_response()
}

async fn tile(State(site): State<Site>, Path((z, x, y)): Path<(u8, u32, u32)>) -> Response {
    let Some(map) = site.basemap else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = map.kind();
    match tokio::task::spawn_blocking(move || map.tile(z, x, y)).await {
        Ok(Ok(Some(tile))) => {
            let headers = [
                (header::CONTENT_TYPE, kind),
                (header::CACHE_CONTROL, "max-age=3600"),
            ];
            (headers, tile).into_response()
        }
        // A map has gaps, and that is no fault.
        Ok(Ok(None)) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(e)) => {
            log::error!("map: basemap: {e}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn events(State(site): State<Site>) -> Response {
    let Ok(permit) = site.streams.try_acquire_owned() else {
        let busy = format!("{MAX_STREAMS} browsers follow already; close one\n");
        return (StatusCode::SERVICE_UNAVAILABLE, busy).into_response();
    };
    let hub = site.documents.hub();
    let events = hub.subscribe();
    let hello = event(
        "hello",
        &json!({ "time": rfc3339(SystemTime::now()), "number": hub.number() }),
    );
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let following = Following {
        next: Some(hello),
        events,
        _permit: permit,
    };
    let stream = stream::unfold(following, async |mut following| {
        let event = following.next().await?;
        Some((Ok::<Bytes, std::convert::Infallible>(event), following))
    });
    (headers, Body::from_stream(stream)).into_response()
}

/// A browser that follows.
struct Following {
    next: Option<Event>,
    events: Receiver<Event>,
    _permit: OwnedSemaphorePermit,
}

impl Following {
    /// The next event to send; none where the station stops, or the browser is too far behind and had better begin anew.
    async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.next.take() {
            return Some(event);
        }
        match timeout(BEAT, self.events.recv()).await {
            Ok(Ok(event)) => Some(event),
            Ok(Err(RecvError::Closed | RecvError::Lagged(_))) => None,
            Err(_) => Some(event(
                "beat",
                &json!({ "time": rfc3339(SystemTime::now()) }),
            )),
        }
    }
}
