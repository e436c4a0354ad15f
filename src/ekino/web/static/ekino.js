/* What pages do beyond links: live state, pause, views, menus. Never words, numbers or dates:
   those come from the server, which knows the reader's language. */
(() => {
  "use strict";

  const RELOAD_AFTER_MS = 30000;
  const FLASH_MS = 900;
  const byId = (id) => document.getElementById(id);

  /* Menus close when the reader looks elsewhere. */
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.menu[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  const board = byId("board");
  if (!board) return;

  /* Views of the regions are links; here they switch without a round trip. */
  const regions = byId("regions");
  const views = regions.querySelectorAll("[data-choose]");
  for (const link of views) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      regions.dataset.view = link.dataset.choose;
      for (const each of views) each.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
      history.replaceState(null, "", link.href);
    });
  }

  /* The live stream: its state in words, and a button that stops it. */
  const state = byId("live-state");
  const button = byId("pause");
  let connection = null;
  let isPaused = false;

  const say = (name) => {
    byId("live").dataset.state = name;
    if (state.textContent !== state.dataset[name]) state.textContent = state.dataset[name];
  };

  board.addEventListener("htmx:sse:before:connection", (event) => {
    connection = event.detail.connection;
    if (isPaused) connection.cancelled = true;
  });
  board.addEventListener("htmx:sse:after:connection", () => say(isPaused ? "paused" : "on"));
  board.addEventListener("htmx:sse:after:message", () => say(isPaused ? "paused" : "on"));
  board.addEventListener("htmx:sse:before:message", (event) => {
    if (isPaused) event.preventDefault();
  });
  board.addEventListener("htmx:sse:error", () => say("lost"));
  board.addEventListener("htmx:sse:close", () => say(isPaused ? "paused" : "lost"));

  /* No stream to be had: the page is still a page, so read it again now and then. */
  const readAgain = () => {
    say("full");
    setTimeout(() => isPaused || location.reload(), RELOAD_AFTER_MS);
  };
  board.addEventListener("htmx:response:error", readAgain);
  board.addEventListener("htmx:error", readAgain);

  button.addEventListener("click", () => {
    isPaused = !isPaused;
    button.textContent = isPaused ? button.dataset.resume : button.dataset.pause;
    button.setAttribute("aria-pressed", String(isPaused));
    if (isPaused) {
      say("paused");
      connection?.delayCanceller?.();
      connection?.reader?.cancel();
    } else {
      /* A new connection begins with the whole state, so nothing missed stays missed. */
      say("connecting");
      htmx.trigger(board, "resume");
    }
  });
  byId("live").hidden = false;

  /* A changed figure glows for a moment, unless the reader wants nothing to move. */
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  new MutationObserver((changes) => {
    if (still.matches) return;
    const cells = new Set(changes.map((each) => each.target.parentElement?.closest("[data-flash]")));
    for (const cell of cells) {
      cell?.animate([{ backgroundColor: "var(--glow)" }, { backgroundColor: "transparent" }], FLASH_MS);
    }
  }).observe(board, { characterData: true, subtree: true });
})();
