// The built program writes slices: read back by itself and, where it is installed, by tshark.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../../src/report/report.ts";
import { pcapFile } from "../support/capture-builder.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { runShell, runTcpx, scratchDirectory } from "./run-tcpx.ts";
import { conversationPackets } from "./small-captures.ts";

const scratch = scratchDirectory();
afterAll(() => scratch.remove());

const lossy = conversationPackets({ clientPort: 40_001, lost: [1] });
const clean = conversationPackets({ clientPort: 40_002 });
const all = clean.flatMap((packet, index) => [lossy[index], packet]).filter(isThere);
const capture = join(scratch.path, "both.pcap");
beforeAll(() => writeFileSync(capture, pcapFile(all)));

function isThere(packet: BuiltPacket | undefined): packet is BuiltPacket {
  return packet !== undefined;
}

const HAS_TSHARK = spawnSync("tshark", ["--version"]).status === 0;

/** Times and octets of a capture's packets as tshark sees them. */
function byTshark(file: string, filter: string): string[] {
  const words = ["-r", file, "-Y", filter, "-T", "json", "-x", "-j", "frame"];
  const { stdout } = spawnSync("tshark", words, { encoding: "utf8", maxBuffer: 1 << 28 });
  const packets = JSON.parse(stdout) as { _source: { layers: Record<string, unknown[]> } }[];
  return packets.map(({ _source: { layers } }) => String(layers["frame_raw"]![0]));
}

describe("tcpx slice", () => {
  it("writes the packets of the flow that lost octets, from its SYN on", async () => {
    const file = join(scratch.path, "lossy.pcap");
    const words = ["slice", capture, "-w", file, "--with-status", "ackedUnseen,conflict", "--json"];
    const { status, stdout, stderr } = await runTcpx(words);
    expect([status, stderr]).toEqual([0, ""]);
    expect(readFileSync(file)).toEqual(pcapFile(lossy));
    const report = JSON.parse(stdout) as Report;
    expect(report.run.command).toBe("slice");
    expect(report.slice).toMatchObject({ packets: lossy.length, flows: 1, passes: 2 });
  });

  it.skipIf(!HAS_TSHARK)("tshark reads the same packets, in pcap and pcapng", async () => {
    for (const name of ["shark.pcap", "shark.pcapng"]) {
      const file = join(scratch.path, name);
      expect((await runTcpx(["slice", capture, "-w", file, "-f", "port 40001"])).status).toBe(0);
      expect(byTshark(file, "tcp")).toEqual(byTshark(capture, "tcp.port == 40001"));
      expect(byTshark(file, "_ws.malformed || tcp.checksum.status == 0")).toEqual([]);
    }
  });

  it("of its slice gives the same octets again", async () => {
    const first = join(scratch.path, "first.pcapng");
    const second = join(scratch.path, "second.pcapng");
    await runTcpx(["slice", capture, "-w", first, "--flow", "2"]);
    await runTcpx(["slice", first, "-w", second]);
    expect(readFileSync(second)).toEqual(readFileSync(first));
    const { stdout } = await runTcpx(["stats", first, "--json"]);
    expect((JSON.parse(stdout) as Report).loss).toMatchObject({ missingBytes: 0 });
  });

  it("stands in a pipe: packets on standard output, the report on standard error", async () => {
    const piped = join(scratch.path, "piped.pcap");
    const line = `cat ${capture} | $TCPX slice - -w - -f 'port 40002' > ${piped}`;
    const { status, stderr } = await runShell(line);
    expect(status).toBe(0);
    expect(stderr).toContain(`slice: Number of packets written: ${clean.length}\n`);
    expect(readFileSync(piped)).toEqual(pcapFile(clean));
    const quiet = await runShell(
      `set -o pipefail; $TCPX slice ${capture} -w - --quiet | head -c 1`,
    );
    expect(quiet).toMatchObject({ status: 0, stderr: "" });
  });

  it("refuses to overwrite, and replaces with --force", async () => {
    const file = join(scratch.path, "there.pcap");
    writeFileSync(file, "precious");
    const refused = await runTcpx(["slice", capture, "-w", file]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/^tcpx: OUTPUT_EXISTS: [^\n]*--force\n$/u);
    expect(readFileSync(file, "utf8")).toBe("precious");
    expect((await runTcpx(["slice", capture, "-w", file, "--force"])).status).toBe(0);
    expect(readFileSync(file)).toEqual(pcapFile(all));
    const input = await runTcpx(["slice", capture, "-w", capture, "--force"]);
    expect(input).toMatchObject({ status: 2, stdout: "" });
    expect(readFileSync(capture)).toEqual(pcapFile(all));
  });

  it.each([
    [["slice", capture], 2, /-w FILE/u],
    [["slice", capture, "-w", "x.pcap.gz"], 2, /uncompressed/u],
    [["slice", capture, "-w", "x.pcap", "--with-status", "ackdUnseen"], 2, /did you mean/u],
    [["slice", capture, "-w", "x.pcap", "--with-status", "inputDamaged"], 2, /whole runs/u],
    [["slice", capture, "-w", "/no/such/directory/x.pcap"], 4, /OUTPUT_NOT_WRITABLE/u],
    [["slice", capture, "-w", "x.pcap", "--direction", "up"], 2, /both, c2s, s2c/u],
    [["stats", capture, "--with-status", "conflict"], 2, /--pcap-out/u],
  ])("%j ends with %i", async (words, code, message) => {
    const { status, stderr } = await runTcpx(words);
    expect([status, message.test(stderr)]).toEqual([code, true]);
    expect(existsSync("x.pcap")).toBe(false);
  });
});

it("--pcap-out on extract and stats: the packets of the flows chosen, octet for octet", async () => {
  const directory = join(scratch.path, "out");
  const beside = join(directory, "lossy.pcap");
  const words = ["extract", capture, "-o", directory, "--pcap-out", beside];
  expect((await runTcpx([...words, "--with-status", "ackedUnseen"])).status).toBe(0);
  expect(readFileSync(beside)).toEqual(pcapFile(lossy));
  const file = join(scratch.path, "stats.pcap");
  expect((await runTcpx(["stats", capture, "--pcap-out", file, "--flow", "2"])).status).toBe(0);
  expect(readFileSync(file)).toEqual(pcapFile(clean));
});

it("a script marks flows for --pcap-out, and its alarms stand in the report", async () => {
  const script = join(scratch.path, "alarm.mjs");
  writeFileSync(
    script,
    `export default {
      onGap(engine, time, flow) {
        flow.alert({ key: "gap", priority: 2, message: "octets are missing" });
        flow.mark();
      },
    };`,
  );
  const file = join(scratch.path, "marked.pcap");
  const words = ["stats", capture, "--script", script, "--pcap-out", file];
  const { status, stdout } = await runTcpx(words);
  expect(status).toBe(0);
  expect(stdout).toContain("[WRN] 1 alarms in 1 flows [50.00%]");
  expect(readFileSync(file)).toEqual(pcapFile(lossy));
});

describe("a firewall's rules", () => {
  const script = join(scratch.path, "policy.mjs");
  const file = join(scratch.path, "passed.pcap");

  it("reset a flow: packets before it, two forged resets, nothing of the flow behind", async () => {
    writeFileSync(
      script,
      `export const rule = {
        on: "receiveData",
        eval(flow, data) {
          if (flow.client.port === 40001 && data.text().startsWith("GET")) flow.reset();
        },
      };`,
    );
    const { status, stdout } = await runTcpx(["slice", capture, "-w", file, "--script", script]);
    expect(status).toBe(0);
    expect(stdout).toContain("slice: Number of forged packets: 2\n");
    // The handshake of the flow passes, its request does not.
    expect(stdout).toContain(`slice: Number of packets written: ${clean.length + 3 + 2}\n`);
  });

  it.skipIf(!HAS_TSHARK)("tshark finds nothing wrong with the forged packets", () => {
    const shark = (filter: string, ...fields: string[]): string[] => {
      const words = ["-r", file, "-Y", filter, "-T", "fields", ...fields.flatMap((f) => ["-e", f])];
      const checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
      const { stdout } = spawnSync("tshark", [...words, ...checks], { encoding: "utf8" });
      return stdout.split("\n").filter((line) => line !== "");
    };
    const wrong = "_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0";
    expect(shark(wrong, "frame.number")).toEqual([]);
    const { seconds, nanos = 0 } = lossy[3]!;
    const time = `${seconds}.${String(nanos).padStart(9, "0")}`;
    expect(shark("tcp.flags.reset == 1", "frame.time_epoch", "tcp.srcport", "tcp.seq")).toEqual([
      `${time}\t40001\t1`,
      `${time}\t80\t1`,
    ]);
  });
});
