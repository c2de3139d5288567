// A firewall policy in Haka's manner: a group that lets a connection pass if any rule says so and drops
// the others, and a rule that resets connections by what they say.

const WEB_PORTS = [80, 443, 8443];

export const services = {
  on: "newConnection",
  rules: [
    (flow) => WEB_PORTS.includes(flow.server.port),
    (flow) => flow.client.address.startsWith("10."),
  ],
  // A rule that says true ends the group, without `final`.
  continue: (result) => !result,
  final: (flow, packet) => packet.drop(),
};

export const noTraversal = {
  on: "receiveData",
  eval(flow, data, direction) {
    if (direction !== "c2s" || data.indexOf("/../") < 0) return;
    flow.alert({ key: "traversal", priority: 1, message: "a path that leads out of its root" });
    flow.reset();
  },
};
