/* The small frame reads itself again every minute; the words come from the server as they are. */
(() => {
  "use strict";

  const AGAIN_AFTER_MS = 60000;

  const again = async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) return;
      const read = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = read.getElementById("frame");
      if (fresh) document.getElementById("frame").replaceWith(document.adoptNode(fresh));
    } catch {
      /* Away for a moment: what is shown stays, and says of which minute it is. */
    }
  };
  setInterval(again, AGAIN_AFTER_MS);
})();
