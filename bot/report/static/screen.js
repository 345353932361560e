// The screen: turns its pages, counts down, wakes and sleeps, and asks what is new. It makes nothing
// that it does not use again, so that it may stand for months. Without a network it keeps what it has.
"use strict";
(() => {
  const ASK = 20000, RETRY = 60000, FADE = 600, FILM_MOST = 30 * 60000, DAY = 86400000, SHANGHAI = 8 * 3600000;
  const KEPT = "qingfeng-screen";
  const $ = (id) => document.getElementById(id);
  const fromFile = Boolean(window.SCREEN);
  let data = window.SCREEN || kept(), tag = "", shift = 0, at = -1, turn = 0, awake = true, lost = 0, current = "", lock = null;

  // -- time: that of whoever made the page; a panel's own clock is often wrong ---------------------
  function now() {
    const here = Date.now() + shift;
    return data ? Math.max(here, fromFile ? Date.parse(data.made) : here) : here;
  }
  const local = () => new Date(now() + SHANGHAI).toISOString(); // wall clock in China, whatever the zone
  const today = () => local().slice(0, 10);
  function inHours() {
    const hours = (data && data.hours) || [], time = local().slice(11, 16);
    return !hours.length || hours.some(([from, to]) => (from <= to ? from <= time && time < to : time >= from || time < to));
  }

  // -- what there is to show -----------------------------------------------------------------------
  function pages() {
    const found = [], day = today();
    for (const item of (data && data.items) || []) {
      if ((item.first && day < item.first) || (item.last && day > item.last)) continue;
      found.push({ item, how: "text", text: item.text });
      if (item.saying && item.saying !== item.text) found.push({ item, how: "saying", text: item.saying });
      for (const medium of item.media) found.push({ item, how: medium.kind, medium });
    }
    return found;
  }
  const nameOf = (page) => page.item.id + "\n" + page.how + "\n" + (page.text || page.medium.src);

  function next() {
    clearTimeout(turn);
    if (!awake) return;
    const all = pages();
    if (!all.length) { rest(); turn = setTimeout(next, 30000); return; }
    at = (at + 1) % all.length;
    $("stage").classList.add("turning");
    turn = setTimeout(() => show(all[at]), FADE);
  }

  function show(page) {
    const { item, how } = page, stage = $("stage");
    current = nameOf(page);
    clear();
    $("label").textContent = item.label;
    $("title").textContent = item.title;
    $("text").textContent = page.text || "";
    const coded = Boolean(item.code) && how === "text";
    stage.className = how === "saying" ? "saying" : page.medium ? "full" : coded ? "coded" : "";
    if (coded) document.querySelector("#code img").src = item.code;
    fit();
    if (how === "film") return play(page.medium);
    if (how === "picture") {
      picture.hidden = false;
      picture.alt = item.title;
      picture.src = page.medium.src;
    }
    turn = setTimeout(next, data.seconds * 1000);
  }

  // One picture and one film for all time: a browser never lets go of every film it once played.
  const picture = $("picture"), film = $("film");
  picture.onerror = () => { if (!picture.hidden) next(); };
  film.onended = film.onerror = () => { if (!film.hidden) next(); };

  function play(medium) {
    film.muted = true; // else no browser begins by itself
    film.src = medium.src;
    film.hidden = false;
    caption(medium.captions);
    film.play().catch(() => { if (film.src && !film.hidden) next(); });
    turn = setTimeout(next, FILM_MOST);
  }

  function caption(src) { // captions stay with the film once they are read: read again, they pile up
    let mine = null;
    for (const track of film.children) {
      if (track.getAttribute("src") === src) mine = track;
      else track.track.mode = "disabled";
    }
    if (!src) return;
    if (!mine) {
      mine = document.createElement("track");
      mine.kind = "captions"; mine.srclang = "zh"; mine.label = "字幕"; mine.src = src;
      film.append(mine);
    }
    mine.track.mode = "showing";
  }

  function clear() {
    if (!film.hidden) {
      film.hidden = true;
      film.pause();
      film.removeAttribute("src");
      film.load();
    }
    picture.hidden = true;
  }

  function rest() { // nothing to show is a page too
    current = "";
    clear();
    $("stage").className = "rest";
    $("label").textContent = (data && data.channel) || "廉政教育";
    $("title").textContent = (data && data.unit) || "";
    $("text").textContent = (data && data.note) || "";
  }

  function fit() { // long words become a little smaller rather than cut off
    const stage = $("stage"), text = $("text"), title = $("title");
    text.style.fontSize = title.style.fontSize = "";
    for (let size = 0.95; size >= 0.5 && stage.scrollHeight > stage.clientHeight; size -= 0.05) {
      text.style.fontSize = "calc(" + (stage.classList.contains("saying") ? 9.4 : 7.2) * size + " * var(--u))";
      title.style.fontSize = "calc(" + (stage.classList.contains("saying") ? 5.2 : 10.5) * size + " * var(--u))";
    }
  }

  // -- the frame round it --------------------------------------------------------------------------
  function frame() {
    const told = local();
    $("clock").textContent = Number(told.slice(5, 7)) + "月" + Number(told.slice(8, 10)) + "日 " + told.slice(11, 16);
    $("unit").textContent = data ? data.unit + " · " + data.channel : "";
    $("report").textContent = data ? data.report : "";
    $("state").textContent = data && data.number ? "外发 " + data.number + " · 制作 " + data.made.slice(0, 10)
      : lost ? "网络中断，显示已有内容" : "";
    countdown();
    const up = inHours();
    document.body.classList.toggle("asleep", !up);
    if (up !== awake) {
      awake = up;
      if (up) next(); else { clearTimeout(turn); clear(); rest(); }
    }
    keepLit(up);
  }

  function countdown() {
    const day = today(), one = ((data && data.coming) || []).find((node) => node.day >= day);
    const left = one ? Math.round((Date.parse(one.day) - Date.parse(day)) / DAY) : 0;
    const words = !one || left > 60 ? [] : left ? ["距" + one.name + "还有", String(left), "天"] : ["今天是" + one.name];
    const line = $("countdown"), said = words.join("\n");
    if (line.dataset.said === said) return;
    line.dataset.said = said;
    line.replaceChildren(...words.map((word, n) => {
      const part = document.createElement(n === 1 ? "b" : "span");
      part.textContent = word;
      return part;
    }));
  }

  function keepLit(up) {
    if (!navigator.wakeLock || Boolean(lock) === up || document.hidden) return;
    if (!up) { lock.release().catch(() => {}); lock = null; return; }
    lock = {}; // asked for
    navigator.wakeLock.request("screen").then((got) => {
      lock = got;
      got.addEventListener("release", () => { lock = null; }, { once: true });
    }).catch(() => {}); // an old browser's panel is set by hand
  }

  // -- what is new ---------------------------------------------------------------------------------
  async function ask() {
    let wait = ASK;
    try {
      const answer = await fetch("data.json", { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", signal: AbortSignal.timeout(15000) });
      const told = Date.parse(answer.headers.get("X-Now") || "");
      if (told) shift = told - Date.now();
      if (answer.status === 200) { tag = answer.headers.get("ETag") || ""; take(await answer.json()); }
      else if (answer.status === 404 || answer.status === 410) { tag = ""; take(null); wait = RETRY; } // this address is no longer ours
      else if (answer.status !== 304) throw new Error(String(answer.status));
      lost = 0;
    } catch { lost += 1; }
    frame();
    setTimeout(ask, wait);
  }

  function take(fresh) {
    data = fresh;
    keep(fresh);
    const wanted = new Set(((data && data.items) || []).flatMap((item) => item.media.map((one) => one.captions)));
    for (const track of [...film.children]) if (!wanted.has(track.getAttribute("src"))) track.remove();
    const still = pages().findIndex((page) => nameOf(page) === current);
    if (still >= 0) at = still;
    else { at = -1; next(); } // what was on the screen has been taken back, or is worded anew
    forget();
  }

  function kept() {
    try { return JSON.parse(localStorage.getItem(KEPT)); } catch { return null; }
  }
  function keep(fresh) {
    try {
      if (fresh) localStorage.setItem(KEPT, JSON.stringify(fresh)); else localStorage.removeItem(KEPT);
    } catch { /* a private window keeps nothing */ }
  }
  async function forget() { // pictures and films of texts that are gone leave this machine too
    if (!window.caches) return;
    try {
      const mine = new Set(((data && data.items) || []).flatMap((item) => item.media.flatMap((one) => [one.src, one.captions]).filter(Boolean))
        .map((src) => new URL(src, location.href).href));
      const cache = await caches.open(KEPT);
      for (const asked of await cache.keys()) if (asked.url.includes("/media/") && !mine.has(asked.url)) await cache.delete(asked);
    } catch { /* no room, no cache */ }
  }

  frame();
  next();
  setInterval(frame, 5000);
  addEventListener("resize", fit);
  if (!fromFile) {
    ask();
    if (navigator.serviceWorker) navigator.serviceWorker.register("sw.js").catch(() => {}); // needs https or this machine
  }
})();
