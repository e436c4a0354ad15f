if (pm.request.headers.has("Signature")) {
  const url = pm.variables.replaceIn(pm.request.url.toString());
  const raw = pm.request.body && pm.request.body.raw ? pm.variables.replaceIn(pm.request.body.raw) : "";
  if (raw) pm.request.body.raw = raw;
  const made = signedHeaders({
    method: pm.request.method, url, contentType: "application/json", body: raw,
    keyId: pm.variables.get("key_id"), key: pm.variables.get("private_key"),
    created: Number(String(Date.now()).slice(0, -3)), nonce: newNonce(),
  });
  for (const [key, value] of Object.entries(made)) pm.request.headers.upsert({ key, value });
}
