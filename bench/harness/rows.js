// What is measured, and the goals: the table of the benchmark as data.
//
// A row has contestants that run in turns, each a tcpx job or a peer on a capture of sizes.js, and goals over
// them. A goal is one of
//   ratio       wall time of a contestant / of another, at most
//   perPacket   the same per packet, where the captures differ
//   rate        packets of the capture a second, at least
//   memory      peak memory in octets, at most
// and `fullSizeOnly` where a small capture can only indicate how it would come out.

const MB = 1_000_000;
const MEMORY = { goal: "memory", of: "tcpx", most: 150 * MB };

function tcpx(job, capture, label = "tcpx") {
  return { label, job, capture };
}

function peer(label, capture) {
  return { label, peer: label, capture };
}

function ratio(against, most, rest = {}) {
  return { goal: "ratio", of: "tcpx", against, most, ...rest };
}

/** No goal: how near Node itself comes to one. */
function floor(of, against) {
  return { goal: "ratio", of, against, most: null };
}

const FULL = { fullSizeOnly: true };

export const ROWS = Object.freeze([
  {
    name: "extract-bulk",
    title: "extract, bulk",
    contestants: [
      tcpx("extract", "bulk"),
      peer("cp", "bulk"),
      peer("tcpflow", "bulk"),
      peer("node, reading and writing alone", "bulk"),
    ],
    goals: [
      ratio("cp", 1.0, FULL),
      ratio("tcpflow", 0.4, FULL),
      floor("node, reading and writing alone", "cp"),
      MEMORY,
    ],
  },
  {
    name: "extract-short",
    title: "extract, short connections",
    contestants: [
      tcpx("extract", "short"),
      peer("cp", "short"),
      peer("tcpflow", "short"),
      peer("node, files alone", "short"),
    ],
    goals: [
      ratio("tcpflow", 0.4, FULL),
      ratio("cp", null),
      floor("node, files alone", "tcpflow"),
      MEMORY,
    ],
  },
  {
    name: "stats-bulk",
    title: "stats, bulk",
    contestants: [
      tcpx("stats", "bulk"),
      peer("cat", "bulk"),
      peer("tshark", "bulk"),
      peer("tcptrace", "bulk"),
      peer("node, reading alone", "bulk"),
    ],
    goals: [
      ratio("cat", 2.0, FULL),
      ratio("tshark", null),
      ratio("tcptrace", null),
      floor("node, reading alone", "cat"),
      MEMORY,
    ],
  },
  {
    name: "stats-pipe",
    title: "stats, bulk through a pipe",
    contestants: [tcpx("statsOfPipe", "bulk"), peer("cat from a pipe", "bulk")],
    goals: [ratio("cat from a pipe", null), MEMORY],
  },
  {
    name: "extract-gzip",
    title: "extract, bulk compressed with gzip",
    contestants: [tcpx("extract", "bulk, gzip"), peer("gzip -dc", "bulk, gzip")],
    goals: [ratio("gzip -dc", null), MEMORY],
  },
  {
    name: "stats-small-segments",
    title: "stats, 64-octet segments",
    contestants: [tcpx("stats", "small segments"), peer("cat", "small segments")],
    goals: [{ goal: "rate", of: "tcpx", least: 3_000_000, ...FULL }, ratio("cat", null), MEMORY],
  },
  {
    name: "extract-lossy",
    title: "extract, half the packets missing",
    contestants: [tcpx("extract", "lossy"), tcpx("extract", "loss-free", "tcpx, loss-free")],
    goals: [ratio("tcpx, loss-free", 1.3), MEMORY],
  },
  {
    name: "stats-live",
    title: "stats, many flows live at once",
    contestants: [tcpx("stats", "all live"), tcpx("stats", "1,000 live", "tcpx, 1,000 live")],
    goals: [
      { goal: "perPacket", of: "tcpx", against: "tcpx, 1,000 live", most: 2.0, ...FULL },
      { goal: "memory", of: "tcpx", most: 600 * MB, ...FULL },
    ],
  },
  {
    name: "memory-tenfold",
    title: "ten times bulk",
    mostRuns: 1,
    contestants: [
      tcpx("extract", "bulk ten times", "tcpx extract"),
      tcpx("stats", "bulk ten times", "tcpx stats"),
    ],
    goals: [
      { ...MEMORY, of: "tcpx extract" },
      { ...MEMORY, of: "tcpx stats" },
    ],
  },
  {
    name: "extract-script",
    title: "extract, a script gets every octet",
    requires: "--script",
    contestants: [tcpx("extractWithScript", "bulk"), tcpx("extract", "bulk", "tcpx, no script")],
    goals: [ratio("tcpx, no script", 1.2, FULL), MEMORY],
  },
  {
    name: "version",
    title: "--version",
    leastRuns: 15,
    contestants: [tcpx("version", null), peer("node", null)],
    goals: [ratio("node", 1.5)],
  },
]);
