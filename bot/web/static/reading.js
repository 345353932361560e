// Says once, without a person, that this page was really looked at: hidden pages and what fetches
// them without a screen say nothing. It is a second figure and never a receipt.
(() => {
  const mark = "opened " + location.pathname;
  const tell = () => {
    if (document.visibilityState !== "visible" || sessionStorage.getItem(mark)) return;
    sessionStorage.setItem(mark, "1");
    fetch(location.pathname + "/opened", { method: "POST", keepalive: true, credentials: "omit" });
  };
  document.addEventListener("visibilitychange", tell);
  setTimeout(tell, 1000);
})();
