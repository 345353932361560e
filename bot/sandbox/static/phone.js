// Keeps the page fresh: asks whether something has happened, then puts in the parts that changed.
"use strict";

const PARTS = ["banner", "notice", "list"];
const EVERY = 500; // milliseconds
const AGAIN = { "X-Sandbox-Refresh": "1" }; // looking again is not entering
let version = -1;

const part = (id) => document.getElementById(id);

function toEnd() {
  const box = part("messages");
  if (box) box.scrollTop = box.scrollHeight;
}

// A form somebody is filling in is not taken from under the finger.
function busy(article) {
  const open = document.activeElement;
  return article.dataset.touched || (article.contains(open) && open.matches("select"));
}

// Message by message, so that a selection, an open menu or a scrolled box stays as it is.
function putMessages(mine, theirs, force) {
  const follow = mine.scrollHeight - mine.scrollTop - mine.clientHeight < 60;
  const old = new Map([...mine.children].map((child) => [child.id, child]));
  const fresh = [...theirs.children];
  for (const child of fresh) {
    const before = old.get(child.id);
    const same = before && (before.dataset.source ?? before.innerHTML) === child.innerHTML;
    const keep = same || (before && !force && busy(before));
    const node = keep ? before : document.importNode(child, true);
    if (!keep) node.dataset.source = child.innerHTML;
    if (!keep && before && before.contains(document.activeElement)) refocus(node);
    if (!keep && before) before.remove();
    mine.append(node);
    old.delete(child.id);
  }
  old.forEach((gone) => gone.remove());
  if (follow) toEnd();
}

function refocus(node) {
  node.tabIndex = -1;
  requestAnimationFrame(() => node.focus({ preventScroll: true }));
}

function put(fresh, force) {
  for (const id of PARTS) {
    const [mine, theirs] = [part(id), fresh.getElementById(id)];
    if (mine && theirs && mine.innerHTML !== theirs.innerHTML) mine.innerHTML = theirs.innerHTML;
  }
  const [mine, theirs] = [part("messages"), fresh.getElementById("messages")];
  if (mine && theirs && mine.innerHTML !== theirs.innerHTML) putMessages(mine, theirs, force);
  if (!mine && theirs) location.reload();
}

async function load(answer, force) {
  if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), "text/html"), force);
}

async function refresh() {
  try {
    const told = await (await fetch("/sandbox/live", { cache: "no-store" })).json();
    const time = document.querySelector("#clock time");
    if (time.textContent !== told.clock) time.textContent = told.clock;
    if (told.version !== version) await load(await fetch(location.href, { cache: "no-store", headers: AGAIN }));
    version = told.version;
  } catch {
    // the sandbox is restarting; the next round will tell
  }
  setTimeout(refresh, document.hidden ? 4 * EVERY : EVERY);
}

// A tap or a word posts without leaving the page.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
  if (event.submitter) event.submitter.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: AGAIN });
    if (form.matches(".compose")) {
      form.reset();
      form.querySelector(".attach").removeAttribute("data-files");
    }
    form.closest("article")?.removeAttribute("data-touched");
    form.closest("details")?.removeAttribute("open");
    await load(answer, true);
  } catch {
    // the next round of refresh() shows what became of it
  }
  if (event.submitter) event.submitter.disabled = false;
});
document.addEventListener("change", (event) => {
  const attach = event.target.closest(".attach");
  if (attach) attach.dataset.files = event.target.files.length || "";
  const article = event.target.closest("#messages article");
  if (article) article.dataset.touched = "1";
});
document.addEventListener("click", (event) => {
  const at = event.target.closest("[data-at]");
  const text = part("text");
  if (!at || !text) return;
  text.value = at.dataset.at + text.value;
  text.focus();
});
part("who").addEventListener("change", (event) => event.target.form.submit());
toEnd();
refresh();
