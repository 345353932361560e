// Keeps the page fresh: fetches itself and puts in the parts that have changed.
"use strict";

const PARTS = ["clock", "banner", "list", "messages"];
const EVERY = 1500; // milliseconds

const messages = () => document.getElementById("messages");

function atEnd(box) {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 60;
}

function toEnd() {
  const box = messages();
  if (box) box.scrollTop = box.scrollHeight;
}

// A form somebody is filling in, or has begun to, is not taken from under the finger.
function busy() {
  const box = messages();
  const open = document.activeElement;
  return Boolean(box && (box.dataset.touched || (open.matches("select") && box.contains(open))));
}

function put(fresh) {
  for (const id of PARTS) {
    const mine = document.getElementById(id);
    const theirs = fresh.getElementById(id);
    if (!mine || !theirs || mine.innerHTML === theirs.innerHTML) continue;
    if (id === "messages" && busy()) continue;
    const follow = id === "messages" && atEnd(mine);
    mine.innerHTML = theirs.innerHTML;
    if (follow) toEnd();
  }
}

async function refresh() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // the sandbox is restarting; the next round will tell
  }
  setTimeout(refresh, EVERY);
}

document.getElementById("who").addEventListener("change", (event) => event.target.form.submit());
document.addEventListener("change", (event) => {
  const box = messages();
  if (box && box.contains(event.target)) box.dataset.touched = "1";
});
toEnd();
setTimeout(refresh, EVERY);
