// Follows a purchase: asks for the part of the page that changes, which is answered when it has changed.
(() => {
  "use strict";
  const PAUSE = 250, RETRY = 1500;
  const look = async () => {
    const shown = document.getElementById("progress");
    if (!shown || "final" in shown.dataset) return;
    let pause = PAUSE;
    try {
      const answer = await fetch(`${shown.dataset.address}?seen=${encodeURIComponent(shown.dataset.tag)}`);
      if (answer.redirected || answer.status === 404) return location.reload();
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById("progress");
      if (now && now.dataset.tag !== shown.dataset.tag) shown.replaceWith(now);
      if (now && "final" in now.dataset) document.title = `${now.querySelector("h1").textContent} · Argosy`;
    } catch {
      pause = RETRY;
    }
    setTimeout(look, pause);
  };
  setTimeout(look, PAUSE);
})();
