//! The thread that serves browsers.

use std::{
    io,
    net::TcpListener,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use axum::Router;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use log::Level;
use tokio::{
    net::TcpStream,
    runtime,
    sync::oneshot,
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_io_timeout::TimeoutStream;

use super::{basemap::Basemap, document::Documents, routes::routes};
use crate::serve::quiet_log::{self, QuietLog};

/// Connections at once; a browser has up to six. One more is closed at once.
const MAX_CONNECTIONS: usize = 256;
/// Bytes of a request's head, and lines of it.
const MAX_HEAD_BYTES: usize = 16 << 10;
const MAX_HEAD_LINES: usize = 64;
/// How long a browser may take to ask, the first time and after each answer.
const ASKING: Duration = Duration::from_secs(30);
/// How long a browser may take nothing of what is sent to it.
const TAKING: Duration = Duration::from_secs(30);
/// Threads that make documents.
const MAKERS: usize = 2;

/// A server that runs until it is dropped.
pub struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers whoever connects to `listener`, which must not block.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        listener: TcpListener,
        documents: Documents,
        basemap: Option<Basemap>,
    ) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(MAKERS)
            .thread_name("map documents")
            .build()?;
        let listener = {
            let _within = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("map".to_owned())
            .spawn(move || {
                let documents = Arc::new(documents);
                let routes = routes(Arc::clone(&documents), basemap);
                runtime.block_on(serve(listener, routes, documents, stopped));
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            log::error!("the map's thread ended in a panic; please report this");
        }
    }
}

async fn serve(
    listener: tokio::net::TcpListener,
    routes: Router,
    documents: Arc<Documents>,
    mut stopped: oneshot::Receiver<()>,
) {
    let quiet = QuietLog::new(1);
    let mut connections = JoinSet::new();
    let mut periods = interval(quiet_log::PERIOD);
    periods.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            _ = periods.tick() => {
                quiet.turn();
                documents.forget();
            }
            Some(ended) = connections.join_next() => {
                if let Err(e) = ended {
                    log::error!("map: a connection ended in a panic ({e}); please report this");
                }
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) if connections.len() < MAX_CONNECTIONS => {
                    log::debug!("map: {from} connected");
                    connections.spawn(connection(stream, routes.clone()));
                }
                Ok((_, from)) => {
                    quiet.say(Level::Warn, &format!("map: {from} turned away: {MAX_CONNECTIONS} connections are open"));
                }
                Err(e) => {
                    quiet.say(Level::Warn, &format!("map: cannot accept a connection: {e}"));
                    // It is most likely files that the system has no more of.
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, routes: Router) {
    // Events are small, and none of them is to wait for the next.
    stream.set_nodelay(true).ok();
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(TAKING));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(ASKING)
        .max_headers(MAX_HEAD_LINES)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(
            TokioIo::new(Box::pin(stream)),
            TowerToHyperService::new(routes),
        )
        .await;
    if let Err(e) = served {
        // Browsers that go away, and strangers who do not speak HTTP.
        log::debug!("map: {e}");
    }
}
