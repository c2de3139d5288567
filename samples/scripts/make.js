// The capture on which the examples run: `node make.js` writes examples.pcap here, `node make.js DIR` elsewhere.
// Each flow is there for one of them; see README.md.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pcapFile } from "../generator/capture-files.js";
import { Conversation, Recorder, request, ruler } from "../generator/conversation.js";
import { uint16 } from "../generator/headers.js";

const recorder = new Recorder();
const flow = (index, settings = {}) =>
  new Conversation(recorder, { clientPort: 50_000 + index, ...settings });

const response = (type, body) =>
  Buffer.concat([
    Buffer.from(
      `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
    ),
    body,
  ]);

// 1: a Windows executable, its segments in the wrong order
const windows = flow(1);
const executable = Buffer.concat([Buffer.from("MZ\x90\0", "latin1"), ruler(4996, "exe", 4)]);
windows.open();
windows.client.send(request("/setup.exe"));
windows.server.says(response("application/octet-stream", executable));
const length = windows.server.said.length;
for (const [start, end] of [
  [0, 1000],
  [2000, 3000],
  [1000, 2000],
  [4000, length],
  [3000, 4000],
]) {
  windows.server.segment(start, end);
  windows.client.ack();
}
windows.close();

// 2: an ELF executable over a raw connection, the second of three segments lost
const elf = flow(2, { serverPort: 4444 });
elf.open();
elf.client.send("get tool\n");
elf.server.send(Buffer.concat([Buffer.from("\x7fELF\x02\x01", "latin1"), ruler(2994, "elf", 6)]), {
  missed: [1],
  acked: true,
});
elf.close();

// 3: a text, no executable
const text = flow(3);
text.open();
text.client.send(request("/readme.txt"));
text.server.send(response("text/plain", Buffer.from("MZ is how executables begin\n")));
text.close();

// 4: telnet, which the firewall does not let through
const telnet = flow(4, { serverPort: 23 });
telnet.open();
telnet.server.send("login: ");
telnet.client.send("root\r\n");
telnet.close();

// 5: a request that the firewall resets
const attack = flow(5);
attack.open();
attack.client.send(request("/index.html"));
attack.server.send(response("text/html", Buffer.from("<p>hello</p>\n")));
attack.client.send(request("/cgi-bin/../../etc/passwd"));
attack.server.send(response("text/plain", Buffer.from("root:x:0:0\n")));
attack.close();

// 6: three requests on one connection; of the first response the middle was lost, and the head of the second
const lossy = flow(6);
lossy.open();
lossy.client.send(request("/one"));
lossy.server.send(response("text/plain", ruler(3000, "one")), { missed: [1], acked: true });
lossy.client.send(request("/two"));
lossy.server.send(response("text/plain", ruler(1500, "two")), { missed: [0], acked: true });
lossy.client.send(request("/three"));
lossy.server.send(response("text/plain", Buffer.from("three\n")));
lossy.close();

// 7: a receiver that lets its sender send almost nothing
const tiny = flow(7);
tiny.open();
tiny.client.send(request("/slow"));
for (let i = 0; i < 12; i++) {
  tiny.server.send(ruler(4, "slow", 4 * i));
  tiny.client.ack({ window: 4 });
}
tiny.close();

// 8: a TLS 1.2 handshake with a server's certificate and that of its issuer
const tls = flow(8, { serverPort: 8443 });
tls.open();
tls.client.send(record(22, message(1, clientHello())));
tls.server.send(
  record(
    22,
    Buffer.concat([
      message(2, serverHello()),
      message(11, vector(3, vector(3, certificate("server")), vector(3, certificate("issuer")))),
      message(14, Buffer.alloc(0)),
    ]),
  ),
  { size: 300 },
);
tls.client.send(record(20, Buffer.from([1])));
tls.close();

function certificate(name) {
  // Made by `openssl x509` for this sample, valid to 2126.
  const texts = {
    server:
      "MIIBTTCB9QIBAzAKBggqhkjOPQQDAjA1MRYwFAYDVQQKDA1FeGFtcGxlIFJvb3RzMRswGQYDVQQDDBJFeGFtcGxlIElzc3VpbmcgQ0EwIBcNMjYxMTIxMDcwNDEyWhgPMjEyNjEwMjgwNzA0MTJaMDAxFDASBgNVBAoMC0V4YW1wbGUgT3JnMRgwFgYDVQQDDA93d3cuZXhhbXBsZS5jb20wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASHv2DFJ6chr7sUDkVsfP5hTq09+T7QPVtlXh3HO0Ro1A1noo6DeTWhk4RX3QXM554oWTqU5AhCVauw7Q3z36WRMAoGCCqGSM49BAMCA0cAMEQCIFArlkxfNVD2veZFAzRhv3aIIUZ/W4IRxGAw7qftdyAZAiBWYC2zAfxVVVoYvW43COgYgOAwZF9i4yaRdd976jVZ+g==",
    issuer:
      "MIIBTzCB9wIBAjAKBggqhkjOPQQDAjAyMRYwFAYDVQQKDA1FeGFtcGxlIFJvb3RzMRgwFgYDVQQDDA9FeGFtcGxlIFJvb3QgQ0EwIBcNMjYxMTIxMDcwNDEyWhgPMjEyNjEwMjgwNzA0MTJaMDUxFjAUBgNVBAoMDUV4YW1wbGUgUm9vdHMxGzAZBgNVBAMMEkV4YW1wbGUgSXNzdWluZyBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPt0UMDNSexyrFBJIzDRYJ/5utdEeIe0q4b2SQ5gZQHLIkFH4oqfmpo+aD0O8vjDMeUrcOE2g0NneaA3aOYkmGowCgYIKoZIzj0EAwIDRwAwRAIgEK45n764O992AdIYuqTVTr4LmL9GHOyQaAdJAoDX3fwCIGSQt0MmW5W4LQk81rZCTL8S1WP3bemsbD6W/+oU3EdQ",
  };
  return Buffer.from(texts[name], "base64");
}

/** A vector of TLS: its length in `octets` octets, and its parts. */
function vector(octets, ...parts) {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([0, ...uint16(body.length)]).subarray(3 - octets), body]);
}

function record(type, body) {
  return Buffer.concat([Buffer.from([type, 3, 3]), vector(2, body)]);
}

function message(type, body) {
  return Buffer.concat([Buffer.from([type]), vector(3, body)]);
}

function clientHello() {
  const name = vector(2, [0], vector(2, "www.example.com"));
  const extensions = vector(2, uint16(0), vector(2, name));
  const ciphers = vector(2, [0xc0, 0x2b, 0xc0, 0x2f]);
  return Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    vector(1),
    ciphers,
    vector(1, [0]),
    extensions,
  ]);
}

function serverHello() {
  return Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 8),
    vector(1),
    Buffer.from([0xc0, 0x2b, 0]),
  ]);
}

const folder = process.argv[2] ?? dirname(fileURLToPath(import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "examples.pcap"), pcapFile(recorder.packets));
