// What a page gains where scripts run: the answer beside the form while it is typed.
// Without them the form works the same; the answer comes with saving.
const form = document.getElementById("write");
if (form) {
  const answer = document.getElementById("answer");
  let waiting = 0, asked = 0, saved = true;
  const line = (words, name) => {
    const one = document.createElement("li");
    one.textContent = words;
    if (name) one.className = name;
    return one;
  };
  const beside = (found) => {
    for (const old of form.querySelectorAll(".slip")) old.remove();
    for (const box of form.querySelectorAll("[aria-describedby]")) box.removeAttribute("aria-describedby");
    for (const [severity, words, name] of found.problems) {
      const box = name && form.elements[name];
      if (!box || !box.closest) continue;
      const slip = document.createElement("span");
      slip.className = severity === "warning" ? "slip more" : "slip error";
      slip.id = `slip-${form.querySelectorAll(".slip").length}`;
      slip.textContent = words;
      box.closest("label").append(slip);
      box.setAttribute("aria-describedby", `${box.getAttribute("aria-describedby") || ""} ${slip.id}`.trim());
    }
  };
  const show = (found) => {
    beside(found);
    const list = document.createElement("ul");
    list.className = "problems";
    for (const [severity, words] of found.problems) list.append(line(words, severity === "warning" ? "more" : ""));
    const room = document.createElement("ul");
    room.className = "room more";
    for (const words of found.used) room.append(line(words));
    const good = document.createElement("p");
    good.textContent = "没有发现问题。";
    answer.replaceChildren(found.problems.length ? list : good, room);
  };
  const ask = async () => {
    const mine = ++asked;
    try {
      const reply = await fetch(form.dataset.try, { method: "POST", body: new FormData(form) });
      if (reply.ok && mine === asked) show(await reply.json());
    } catch { /* the office's network is away for a moment: the next key asks again */ }
  };
  form.addEventListener("input", () => {
    saved = false;
    clearTimeout(waiting);
    waiting = setTimeout(ask, 500);
  });
  form.addEventListener("submit", () => { saved = true; });
  addEventListener("beforeunload", (event) => { if (!saved) event.preventDefault(); });
  ask();
}
