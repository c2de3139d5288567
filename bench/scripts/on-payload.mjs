// The least a script can do with every octet of every stream: what it costs is the price of handing them over.

let bytes = 0;

export default {
  onPayload(_engine, _timestamp, _flow, _direction, _seekPosition, buffer) {
    bytes += buffer.length;
  },
  teardown(engine) {
    engine.log("info", `${bytes} octets handed over`);
  },
};
