// Keeps the checking page, its files and the newest lists for when there is no network. `VERSION`, `FILES`, `LISTS` and
// `START` are written in front of this text by the server. Never kept: an address with a code, or what somebody scanned.
"use strict";

const NAME = `tom-tat-${VERSION}`;
// A network that hangs must not keep a person waiting who has all that is needed.
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
  const anonymous = [START, ...FILES, ...LISTS].map((path) => new Request(path, { credentials: "omit", cache: "reload" }));
  const fill = async () => {
    const cache = await caches.open(NAME);
    await cache.addAll(anonymous);
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) if (name.startsWith("tom-tat-") && name !== NAME) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(newest(request, START, false));
  else if (FILES.includes(url.pathname)) event.respondWith(kept(request));
  else if (LISTS.includes(url.pathname)) event.respondWith(newest(request, url.pathname, true));
});

async function kept(request) {
  return (await caches.match(request, { cacheName: NAME, ignoreVary: true })) || fetch(request);
}

async function newest(request, path, keep) {
  const cache = await caches.open(NAME);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (keep && answer.ok) await cache.put(path, answer.clone());
    return answer;
  } catch (error) {
    const found = await cache.match(path, { ignoreVary: true });
    if (found) return found;
    throw error;
  }
}
