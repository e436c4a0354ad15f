/* Pages of organisations look again by themselves, until they are told to pause. Words and figures
   come from the server, as a whole page of which the parts that may change are taken. */
(() => {
  "use strict";

  const box = document.getElementById("own-live");
  if (!box) return;
  const button = box.querySelector("button");
  let isPaused = false;

  box.hidden = false;
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    button.textContent = isPaused ? button.dataset.resume : button.dataset.pause;
  });

  const take = (fresh) => {
    for (const old of document.querySelectorAll("[data-live]")) {
      const next = fresh.querySelector(`[data-live="${old.dataset.live}"]`);
      // Whoever stands in a part with the keyboard keeps it as it is.
      if (!next || old.contains(document.activeElement) || next.isEqualNode(old)) continue;
      const left = old.querySelector(".scroll")?.scrollLeft ?? 0;
      old.replaceChildren(...next.childNodes);
      const scroll = old.querySelector(".scroll");
      if (scroll) scroll.scrollLeft = left;
    }
  };

  const look = async () => {
    if (isPaused || document.hidden) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      // Signed out meanwhile, or away for a moment: the page keeps what it has, and its time.
      if (!answer.ok || answer.redirected) return;
      take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      return;
    }
  };
  setInterval(look, 1000 * Number(box.dataset.every));
})();
