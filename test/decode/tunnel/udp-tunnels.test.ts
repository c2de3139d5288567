import { describe, expect, it } from "vitest";
import { Decoder } from "../../../src/decode/decoder.ts";
import { UDP_TUNNELS } from "../../../src/decode/tunnel/udp-tunnels.ts";
import { tcpInIp, tcpPacket, udpPacket, vxlan, gtpU } from "../../support/packet-builder.ts";
import { decodeOne, RAW_IP } from "../decode-harness.ts";

const VXLAN = vxlan({ network: 5, payload: tcpPacket({ payload: "abc" }) });

describe("--decap-port", () => {
  it("adds a port to a kind, and leaves the registered one", () => {
    const options = { decapPorts: [{ kind: "vxlan", port: 8472 }] };
    for (const destinationPort of [8472, 4789]) {
      const bytes = udpPacket({ destinationPort, payload: VXLAN });
      expect(decodeOne({ bytes, linkType: RAW_IP }, options).segments).toMatchObject([
        { payload: "abc", encapsulation: ["vxlan 5"] },
      ]);
    }
  });

  it("may give a registered port to another kind", () => {
    const options = { decapPorts: [{ kind: "vxlan", port: 2152 }] };
    const bytes = udpPacket({ destinationPort: 2152, payload: VXLAN });
    expect(decodeOne({ bytes, linkType: RAW_IP }, options).outcome).toBe("tcp");
  });

  it.each(UDP_TUNNELS.map(({ kind }) => kind))("knows %s", (kind) => {
    expect(() => new Decoder({ decapPorts: [{ kind, port: 9 }] })).not.toThrow();
  });

  it.each([
    ["vxlam", 8472, 'no tunnel is called "vxlam": known are vxlan, '],
    ["vxlan", 0, "0 is no UDP port"],
    ["vxlan", 65_536, "65536 is no UDP port"],
    ["vxlan", 1.5, "1.5 is no UDP port"],
  ])("refuses %s=%d", (kind, port, message) => {
    expect(() => new Decoder({ decapPorts: [{ kind, port }] })).toThrow(
      expect.objectContaining({ code: "BAD_OPTION", message: expect.stringContaining(message) }),
    );
  });
});

describe("the source's port", () => {
  it("counts where the destination's is no tunnel's", () => {
    const payload = gtpU({ tunnel: 1, payload: tcpInIp({ payload: "abc" }) });
    const bytes = udpPacket({ sourcePort: 2152, destinationPort: 50_000, payload });
    expect(decodeOne({ bytes, linkType: RAW_IP }).outcome).toBe("tcp");
  });

  it("does not count where it is", () => {
    const bytes = udpPacket({ sourcePort: 4789, destinationPort: 2152, payload: VXLAN });
    expect(decodeOne({ bytes, linkType: RAW_IP }).outcome).toBe("not-tcp");
  });
});
