// Keeps the screen's page, its last data and its films, so that a panel that restarts without a
// network still shows what it had. The network is always asked first.
"use strict";
const KEPT = "qingfeng-screen";
const SHELL = ["./", "screen.css", "screen.js"];
self.addEventListener("install", (event) => event.waitUntil(
  caches.open(KEPT).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const asked = event.request;
  if (asked.method !== "GET" || new URL(asked.url).pathname.endsWith("/data.json")) return; // the page keeps that itself
  event.respondWith(answer(asked));
});
async function answer(asked) {
  const cache = await caches.open(KEPT), media = asked.url.includes("/media/");
  if (media) { // a film is fetched once, whole, and not again with every turn
    const had = await cache.match(asked.url);
    if (had) return part(had, asked);
  }
  try {
    const fresh = await fetch(media ? asked.url : asked);
    if (fresh.status === 200) await cache.put(asked.url, fresh.clone()).catch(() => {});
    else if (fresh.status === 404) await cache.delete(asked.url);
    return media && fresh.status === 200 ? part(fresh, asked) : fresh;
  } catch (error) {
    const had = await cache.match(asked.url);
    if (had) return had;
    throw error;
  }
}
async function part(whole, asked) { // a browser asks for films by pieces
  const range = /^bytes=(\d+)-(\d*)$/.exec(asked.headers.get("range") || "");
  if (!range) return whole;
  const body = await whole.blob(), from = Number(range[1]);
  const to = Math.min(range[2] ? Number(range[2]) : body.size - 1, body.size - 1);
  return new Response(body.slice(from, to + 1), {
    status: 206,
    headers: { "Content-Type": whole.headers.get("Content-Type") || "", "Content-Range": `bytes ${from}-${to}/${body.size}`, "Content-Length": String(to - from + 1) },
  });
}
