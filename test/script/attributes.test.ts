// Attributes by content: what is found, on any port, whole or in pieces; who gives up, and that it is
// counted.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AttributeSniffer } from "../../src/script/attribute-sniffer.ts";
import { ChunkSkipper } from "../../src/script/chunk-skipper.ts";
import type { FlowRecord } from "../../src/script/flow-record.ts";
import { HttpHeadParser } from "../../src/script/http-head.ts";
import type { Direction, Script } from "../../src/script/script-api.ts";
import {
  readCertificates,
  readClientHello,
  readServerHello,
  versionText,
} from "../../src/script/tls-messages.ts";
import { INTERMEDIATE_CERTIFICATE, SERVER_CERTIFICATE } from "./certificates.ts";
import { concat, uint16 } from "../support/packet-builder.ts";
import { HANDSHAKE, runScripts } from "./run-scripts.ts";

const sniffer = async (found: string[]): Promise<AttributeSniffer> => {
  const made = new AttributeSniffer((_record, name, value) => {
    if (name !== "" && name !== "^D" && name !== "HTTP-Header") found.push(`${name}=${value}`);
  });
  await made.load();
  return made;
};

/** Parts are of c2s ("> ...") or s2c ("< ..."), or gaps: ["c2s", 5]. */
async function sniff(
  parts: readonly (readonly [Direction, string | Uint8Array | number])[],
): Promise<{ found: string[]; gaveUp: number }> {
  const found: string[] = [];
  const made = await sniffer(found);
  const record = {} as FlowRecord;
  made.begin(record);
  for (const [direction, part] of parts) {
    if (typeof part === "number") made.gap(record, direction, part);
    else {
      const bytes = typeof part === "string" ? Buffer.from(part, "latin1") : part;
      made.octets(record, direction, bytes, 0, bytes.length);
    }
  }
  made.end(record);
  return { found, gaveUp: made.gaveUp };
}

const REQUEST = "GET /a?b HTTP/1.1\r\nHost: example.com\r\nUser-Agent: test/1\r\n\r\n";
const RESPONSE = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
const FOUND_REQUEST = ["Method=GET", "URI=/a?b", "Host=example.com", "User-Agent=test/1"];

describe("HTTP/1", () => {
  it("is found in both directions, message after message", async () => {
    const { found } = await sniff([
      ["c2s", REQUEST],
      ["s2c", RESPONSE],
      ["c2s", "HEAD / HTTP/1.1\r\nHost: two\r\n\r\n"],
      ["s2c", "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"],
      ["c2s", "POST /p HTTP/1.1\r\nHost: three\r\nContent-Length: 3\r\n\r\nabc"],
      [
        "s2c",
        "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      ],
      ["c2s", "GET /last HTTP/1.1\r\nHost: four\r\n\r\n"],
      ["s2c", "HTTP/1.1 304 Not Modified\r\n\r\n"],
    ]);
    expect(found).toEqual([
      ...FOUND_REQUEST,
      "Status=200",
      "Content-Type=text/plain",
      "Method=HEAD",
      "URI=/",
      "Host=two",
      "Status=200",
      "Method=POST",
      "URI=/p",
      "Host=three",
      "Status=404",
      "Method=GET",
      "URI=/last",
      "Host=four",
      "Status=304",
    ]);
  });

  it("is found in single octets", async () => {
    const { found } = await sniff(
      (REQUEST + REQUEST).split("").map((octet) => ["c2s", octet] as const),
    );
    expect(found).toEqual([...FOUND_REQUEST, ...FOUND_REQUEST]);
  });

  it("goes on over a gap within a body, and not over another", async () => {
    const head = "POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n";
    const inBody = await sniff([
      ["c2s", head],
      ["c2s", 100],
      ["c2s", REQUEST],
    ]);
    expect(inBody.found.slice(2)).toEqual(FOUND_REQUEST);
    const over = await sniff([
      ["c2s", head],
      ["c2s", 101],
      ["c2s", REQUEST],
    ]);
    expect(over).toEqual({ found: ["Method=POST", "URI=/"], gaveUp: 0 });
  });

  it.each([
    ["two lengths", "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"],
    [
      "a length and a coding",
      "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    [
      "a negative chunk",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
    ],
    ["a head without end", `GET / HTTP/1.1\r\nX: ${"x".repeat(70_000)}`],
    ["control characters", "GET / HTTP/1.1\r\nA\0b: c\r\n\r\n"],
  ])("gives up at %s, counted", async (_, text) => {
    expect(
      (
        await sniff([
          ["c2s", text],
          ["c2s", REQUEST],
        ])
      ).gaveUp,
    ).toBe(1);
  });

  it("ends where another protocol takes over", async () => {
    const { found, gaveUp } = await sniff([
      ["c2s", "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"],
      [
        "s2c",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      ],
      ["s2c", "\x81\x05hello"],
    ]);
    expect(found).toEqual(["Method=GET", "URI=/ws", "Status=101"]);
    expect(gaveUp).toBe(0);
  });

  it("bears any octets", async () => {
    const parser = await HttpHeadParser.load();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(60), (noise, at) => {
        const bytes = concat(REQUEST.slice(0, at), noise, REQUEST.slice(at));
        const head = parser.parse(bytes);
        if (typeof head !== "string") expect(head.length).toBeLessThanOrEqual(bytes.length);
      }),
      { seed: 6, numRuns: 500 },
    );
  });

  it("has chunked bodies that end where they end, however they are cut", () => {
    const body = concat(
      "5\r\nhello\r\n1f;x=y\r\n",
      new Uint8Array(31),
      "\r\n0\r\nTrailer: a\r\n\r\n",
      "next",
    );
    for (let cut = 1; cut < body.length; cut++) {
      const skipper = new ChunkSkipper();
      let at = skipper.take(body, 0, cut);
      if (!skipper.isDone) at = skipper.take(body, at, body.length);
      expect([cut, at, skipper.isDone]).toEqual([cut, body.length - 4, true]);
    }
    for (const bad of ["x", "\r\n", "5\nhello", "5\r\nhelloX", "ffffffffffffffff\r\n"]) {
      const skipper = new ChunkSkipper();
      skipper.take(Buffer.from(bad), 0, bad.length);
      expect(skipper.isBad, bad).toBe(true);
    }
  });
});

const vector = (octets: 1 | 2 | 3, ...parts: (Uint8Array | string | number[])[]): Uint8Array => {
  const body = concat(...parts);
  const length = [0, ...uint16(body.length)];
  return concat(length.slice(3 - octets), body);
};
const extension = (type: number, ...parts: Uint8Array[]): Uint8Array =>
  concat(uint16(type), vector(2, ...parts));
const message = (type: number, body: Uint8Array): Uint8Array => concat([type], vector(3, body));
const record = (type: number, body: Uint8Array): Uint8Array =>
  concat([type, 3, 3], vector(2, body));

const CLIENT_HELLO = concat(
  [3, 3],
  new Uint8Array(32),
  vector(1, new Uint8Array(32)),
  vector(2, [0x13, 0x01, 0xc0, 0x2f]),
  vector(1, [0]),
  vector(
    2,
    extension(0x0a0a),
    extension(0, vector(2, [0], vector(2, "www.example.com"))),
    extension(16, vector(2, vector(1, "h2"), vector(1, "http/1.1"))),
    extension(43, vector(1, [0x5a, 0x5a, 3, 4, 3, 3])),
  ),
);
const SERVER_HELLO = concat(
  [3, 3],
  new Uint8Array(32),
  vector(1),
  [0xc0, 0x2f, 0],
  vector(2, extension(16, vector(2, vector(1, "h2")))),
);
const CERTIFICATES = vector(3, vector(3, SERVER_CERTIFICATE), vector(3, INTERMEDIATE_CERTIFICATE));

describe("TLS", () => {
  const server = concat(
    message(2, SERVER_HELLO),
    message(11, CERTIFICATES),
    message(14, new Uint8Array(0)),
  );

  it("is found with names, protocols, versions, ciphers and certificates", async () => {
    const { found, gaveUp } = await sniff([
      ["c2s", record(22, message(1, CLIENT_HELLO))],
      ["s2c", record(22, server)],
      ["s2c", concat([20, 3, 3, 0, 1, 1], record(23, new Uint8Array(40)))],
    ]);
    expect(found.filter((line) => !line.startsWith("TLS:Record"))).toEqual([
      "TLS:SNI=www.example.com",
      "TLS:ALPN=h2",
      "TLS:ALPN=http/1.1",
      "TLS:VERSION=TLS 1.2",
      "TLS:CIPHER=c02f",
      "TLS:ALPN=h2",
      "TLS:CN=www.example.com",
      "TLS:O=Example Org",
      "TLS:CA:INTER=Example Issuing CA",
      "TLS:CA:ROOT=Example Root CA",
    ]);
    expect(found.filter((line) => line.startsWith("TLS:Record=16")).length).toBe(2);
    expect(gaveUp).toBe(0);
  });

  it("is found in messages cut over records and segments", async () => {
    const cut = concat(
      record(22, server.subarray(0, 50)),
      record(22, server.subarray(50, 51)),
      record(22, server.subarray(51)),
    );
    const { found } = await sniff([...cut].map((octet) => ["s2c", Uint8Array.of(octet)] as const));
    expect(found).toContain("TLS:CN=www.example.com");
  });

  it("tells version 1.3 by its extension", () => {
    expect(readClientHello(CLIENT_HELLO)).toMatchObject({ version: 0x0304 });
    const hello = concat(
      [3, 3],
      new Uint8Array(32),
      vector(1),
      [0x13, 0x01, 0],
      vector(2, extension(43, Uint8Array.of(3, 4))),
    );
    expect(versionText(readServerHello(hello)!.version)).toBe("TLS 1.3");
  });

  it("gives up at lengths that lead out, certificates that are none, counted", async () => {
    for (let length = 0; length < CLIENT_HELLO.length; length++) {
      const cut = CLIENT_HELLO.subarray(0, length);
      // A hello may end before its extensions.
      if (length !== 75) expect(readClientHello(cut), String(length)).toBeNull();
    }
    expect(readCertificates(vector(3, vector(3, "no certificate")))).toBeNull();
    const bad = [
      record(22, message(1, CLIENT_HELLO.subarray(0, 60))),
      concat([22, 3, 3, 0xff, 0xff]),
      record(22, concat([1, 0xff, 0xff, 0xff])),
    ];
    for (const octets of bad) expect((await sniff([["c2s", octets]])).gaveUp).toBe(1);
  });

  it("bears any octets", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.nat(200), async (noise, at) => {
        const bytes = record(22, message(1, CLIENT_HELLO));
        await sniff([["c2s", concat(bytes.subarray(0, at), noise, bytes.subarray(at))]]);
      }),
      { seed: 6, numRuns: 200 },
    );
  });
});

describe("recognition", () => {
  it("finds SSH, and nothing where nothing is", async () => {
    expect(
      (
        await sniff([
          ["s2c", "SSH-2.0-Open"],
          ["s2c", "SSH_9.2\r\nxxxx"],
        ])
      ).found,
    ).toEqual(["SSH:VERSION=SSH-2.0-OpenSSH_9.2"]);
    expect((await sniff([["s2c", `SSH-${"x".repeat(300)}`]])).gaveUp).toBe(1);
    for (const text of ["hello", "\x16\x02\x01", "SSX-2.0", "GETTY ", "\x00"]) {
      expect(await sniff([["c2s", text]])).toEqual({ found: [], gaveUp: 0 });
    }
  });

  it("tells scripts of begin and end, and keeps what it found in flows.jsonl", async () => {
    const seen: string[] = [];
    const script: Script = {
      onAttribute: (_engine, time, flow, name, value) => {
        if (name !== "HTTP-Header") seen.push(`${time.toNumber()} ${flow.id} ${name}=${value}`);
      },
    };
    const lines = [
      ...HANDSHAKE,
      "1.0 c PA 101 301 SSH-2.0-a\r\n",
      "1.1 s PA 301 112 SSH-2.0-b\r\n",
    ];
    await runScripts([script], lines);
    expect(seen).toEqual([
      "0 1 =",
      "1 1 SSH:VERSION=SSH-2.0-a",
      "1.1 1 SSH:VERSION=SSH-2.0-b",
      "1.1 1 ^D=",
    ]);
    const { flows, report } = await runScripts([], lines, { attributes: true });
    expect(flows[0]!.attributes).toEqual({ "SSH:VERSION": ["SSH-2.0-a", "SSH-2.0-b"] });
    expect(report.script.scripts).toEqual([]);
  });
});
