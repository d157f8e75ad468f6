// Keeps the page itself on the device, so that it can be opened again while the station is out of reach. From the station where that
// answers, so that the page is never older than the station.

const CACHE = "scarp-page";
const PAGE = ["./", "index.js", "index.css", "maplibre-gl-worker.mjs", "icon.svg", "manifest.webmanifest"];
/** A station that has not answered by then is taken for out of reach. */
const PATIENCE_MS = 4000;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(PAGE)));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const known = PAGE.map((path) => new URL(path, self.registration.scope).href);
  if (request.method === "GET" && known.includes(request.url)) event.respondWith(answer(request));
});

async function answer(request) {
  const cache = await caches.open(CACHE);
  try {
    const fresh = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (fresh.ok) await cache.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    const kept = await cache.match(request);
    if (kept === undefined) throw error;
    return kept;
  }
}
