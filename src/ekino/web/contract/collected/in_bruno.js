const url = bru.interpolate(req.getUrl());
const sent = req.getBody();
const body = bru.interpolate(sent === undefined || sent === null ? "" : typeof sent === "string" ? sent : JSON.stringify(sent));
if (req.getHeader("Signature")) {
  req.setUrl(url);
  if (body) req.setBody(body);
  const made = signedHeaders({
    method: req.getMethod(), url, contentType: req.getHeader("Content-Type") || "application/json", body,
    keyId: bru.getEnvVar("key_id"), key: bru.getEnvVar("private_key"),
    created: Number(String(Date.now()).slice(0, -3)), nonce: newNonce(),
  });
  for (const [name, value] of Object.entries(made)) req.setHeader(name, value);
}
