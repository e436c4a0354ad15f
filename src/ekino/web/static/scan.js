/* The camera in the page: the second way, loaded only where somebody asks for it. What it reads
   never leads to another host: only the token is taken, and our own page is opened. */
(() => {
  "use strict";

  const TOKEN = /\/t\/([A-Z2-7]{167})$/i;
  const byId = (id) => document.getElementById(id);
  const holder = byId("scanner");
  const start = byId("start");
  let reader = null;

  const fail = () => {
    if (reader) reader.stop();
    byId("scan-failed").hidden = false;
    byId("scan-ready").hidden = true;
    start.hidden = false;
  };

  const found = (result) => {
    const match = TOKEN.exec(result.data.trim());
    if (!match) return;
    reader.stop();
    location.assign("/t/" + match[1].toUpperCase());
  };

  const open = async () => {
    start.hidden = true;
    byId("scan-failed").hidden = true;
    try {
      reader = new QrScanner(byId("camera"), found, { returnDetailedScanResult: true });
      await reader.start();
      byId("scan-ready").hidden = false;
    } catch {
      fail();
    }
  };

  const load = () => {
    if (globalThis.QrScanner) {
      open();
      return;
    }
    const script = document.createElement("script");
    script.src = holder.dataset.reader;
    script.addEventListener("load", open);
    script.addEventListener("error", fail);
    document.head.append(script);
  };

  start.hidden = false;
  start.addEventListener("click", load);
})();
