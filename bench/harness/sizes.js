// The captures of each size of the benchmark. "small" is for everyday use, two minutes in all: programs that start
// fast look better on it than they are, and caches hold more of it. "full" is the size for which goals are stated.

function captures({ bulkBytes, shortPackets, smallSegments, lossyBytes, flows }) {
  return Object.freeze({
    bulk: { kind: "bulk", sizes: { bytes: bulkBytes } },
    "bulk, gzip": { kind: "bulk", sizes: { bytes: bulkBytes }, isCompressed: true },
    "bulk ten times": { kind: "bulk", sizes: { bytes: 10 * bulkBytes } },
    short: { kind: "short", sizes: { packets: shortPackets } },
    "small segments": { kind: "small-segments", sizes: { packets: smallSegments } },
    lossy: { kind: "lossy", sizes: { bytes: lossyBytes } },
    "loss-free": { kind: "bulk", sizes: { bytes: lossyBytes } },
    "all live": { kind: "flows", sizes: { flows, live: flows } },
    "1,000 live": { kind: "flows", sizes: { flows, live: 1000 } },
  });
}

export const SIZES = Object.freeze({
  small: captures({
    bulkBytes: 200_000_000,
    shortPackets: 200_000,
    smallSegments: 1_000_000,
    lossyBytes: 200_000_000,
    flows: 50_000,
  }),
  full: captures({
    bulkBytes: 850_000_000,
    shortPackets: 1_000_000,
    smallSegments: 5_000_000,
    lossyBytes: 850_000_000,
    flows: 1_000_000,
  }),
});
