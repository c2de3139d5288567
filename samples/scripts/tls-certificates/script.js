// A log of TLS handshakes with the names in their certificates, as lines of JSON, on any port.

/** What is known of a handshake, by flow. */
const handshakes = new Map();

const FIELDS = new Map([
  ["TLS:SNI", "serverName"],
  ["TLS:VERSION", "version"],
  ["TLS:CIPHER", "cipher"],
  ["TLS:CN", "commonName"],
  ["TLS:O", "organization"],
  ["TLS:CA:INTER", "issuer"],
  ["TLS:CA:ROOT", "root"],
]);

export default {
  onAttribute(engine, timestamp, flow, name, value) {
    const field = FIELDS.get(name);
    if (field !== undefined) {
      const known = handshakes.get(flow.id) ?? { ts: String(timestamp), flow: flow.id };
      known[field] = value;
      handshakes.set(flow.id, known);
    } else if (name === "^D" && handshakes.has(flow.id)) {
      engine.log("info", JSON.stringify(handshakes.get(flow.id)));
      engine.counter("TLS handshakes").add();
      handshakes.delete(flow.id);
    }
  },
};
