// The slow twin of the flow filter: expressions as trees, their text, and their obviously right value for a
// packet. Addresses are strings of bits; a network is a prefix of such a string.

import * as fc from "fast-check";

export interface SlowPacket {
  readonly version: 4 | 6;
  readonly sourceBits: string;
  readonly destinationBits: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly vlans: readonly number[];
}

/** What one endpoint is asked; `text` is how the filter writes it. */
interface Operand {
  readonly text: string;
  readonly version: 4 | 6 | undefined;
  fits(bits: string, port: number): boolean;
}

interface Qualifiers {
  readonly protocol: string;
  readonly direction: string;
  readonly type: string;
}

export type Tree =
  | { readonly kind: "bare"; readonly text: string; holds(packet: SlowPacket): boolean }
  | {
      readonly kind: "primitive";
      readonly qualifiers: Qualifiers;
      readonly operand: Operand;
      /** Leave the qualifiers out where they are those carried over. */
      readonly mayOmit: boolean;
    }
  | { readonly kind: "not"; readonly text: string; readonly inner: Tree }
  | { readonly kind: "group"; readonly chain: Chain };

interface Chain {
  readonly first: Tree;
  readonly rest: readonly { readonly operator: string; readonly tree: Tree }[];
}

export function slowValue(tree: Tree, packet: SlowPacket): boolean {
  switch (tree.kind) {
    case "bare":
      return tree.holds(packet);
    case "not":
      return !slowValue(tree.inner, packet);
    case "group": {
      let value = slowValue(tree.chain.first, packet);
      for (const { operator, tree: next } of tree.chain.rest) {
        const nextValue = slowValue(next, packet);
        const isAnd = operator === "and" || operator === "&&";
        value = isAnd ? value && nextValue : value || nextValue;
      }
      return value;
    }
    default: {
      const { operand, qualifiers } = tree;
      if (operand.version !== undefined && operand.version !== packet.version) return false;
      const source = operand.fits(packet.sourceBits, packet.sourcePort);
      const destination = operand.fits(packet.destinationBits, packet.destinationPort);
      if (qualifiers.direction === "src") return source;
      if (qualifiers.direction === "dst") return destination;
      return / and | && /.test(qualifiers.direction)
        ? source && destination
        : source || destination;
    }
  }
}

/** The text of a tree; qualifiers are left out where allowed and where they are carried over. */
export function textOf(tree: Tree): string {
  let carried = "";
  const write = (node: Tree, isWhole = false): string => {
    switch (node.kind) {
      case "bare":
        carried = "";
        return node.text;
      case "not":
        return node.text + write(node.inner);
      case "group": {
        const before = carried;
        let text = write(node.chain.first);
        for (const { operator, tree: next } of node.chain.rest)
          text += ` ${operator} ${write(next)}`;
        if (isWhole) return text;
        carried = before;
        return `(${text})`;
      }
      default: {
        const { protocol, direction, type } = node.qualifiers;
        const words = [protocol, direction, type].filter((word) => word !== "").join(" ");
        if (node.mayOmit && words === carried) return node.operand.text;
        carried = words;
        return `${words} ${node.operand.text}`;
      }
    }
  };
  return write(tree, true);
}

// --- Generators: few addresses and ports, so that things match ---

const ADDRESSES_4 = [
  [10, 0, 0, 1],
  [10, 0, 0, 2],
  [10, 1, 2, 3],
  [192, 168, 1, 1],
  [255, 255, 255, 255],
];
const ADDRESSES_6 = [
  [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1],
  [0x2001, 0xdb8, 0, 0, 0, 0, 0, 2],
  [0x2001, 0xdb8, 0x8000, 0, 0, 0, 0, 1],
  [0xfe80, 0, 0, 0, 0xffff, 0, 0, 0x8000],
];
const PORTS = [0, 21, 80, 443, 1024, 65_535];
const VLANS = [0, 5, 100, 4095];

export function bitsOf(address: readonly number[]): string {
  const width = address.length === 4 ? 8 : 16;
  return address.map((group) => group.toString(2).padStart(width, "0")).join("");
}

function addressText(address: readonly number[]): string {
  return address.length === 4
    ? address.join(".")
    : address.map((group) => group.toString(16)).join(":");
}

const anyAddress = fc.constantFrom(...ADDRESSES_4, ...ADDRESSES_6);

const hostOperand: fc.Arbitrary<Operand> = anyAddress.map((address) => ({
  text: addressText(address),
  version: address.length === 4 ? 4 : 6,
  fits: (bits) => bits === bitsOf(address),
}));

const netOperand: fc.Arbitrary<Operand> = fc
  .tuple(anyAddress, fc.nat({ max: 128 }), fc.boolean())
  .map(([address, wanted, asMask]) => {
    const isIpv4 = address.length === 4;
    const length = Math.min(wanted, isIpv4 ? 32 : 128);
    const width = isIpv4 ? 8 : 16;
    const prefix = bitsOf(address).slice(0, length);
    const groupsOf = (bits: string): number[] =>
      address.map((_, at) => Number.parseInt(bits.slice(at * width, (at + 1) * width), 2));
    const network = addressText(groupsOf(prefix.padEnd(isIpv4 ? 32 : 128, "0")));
    const mask = addressText(groupsOf("1".repeat(length).padEnd(32, "0")));
    return {
      text: isIpv4 && asMask ? `${network} mask ${mask}` : `${network}/${length}`,
      version: isIpv4 ? 4 : 6,
      fits: (bits) => bits.startsWith(prefix),
    };
  });

const portOperand: fc.Arbitrary<Operand> = fc.constantFrom(...PORTS).map((wanted) => ({
  text: String(wanted),
  version: undefined,
  fits: (_, port) => port === wanted,
}));

const portRangeOperand: fc.Arbitrary<Operand> = fc
  .tuple(fc.constantFrom(...PORTS), fc.constantFrom(...PORTS))
  .map(([one, other]) => ({
    text: `${one}-${other}`,
    version: undefined,
    fits: (_, port) => (port >= one && port <= other) || (port >= other && port <= one),
  }));

const direction = fc.constantFrom("", "", "src", "dst", "src or dst", "dst and src", "src && dst");

function primitiveOf(operand: fc.Arbitrary<Operand>, type: string): fc.Arbitrary<Tree> {
  return fc
    .record({ operand, direction, mayOmit: fc.boolean(), withProtocol: fc.boolean() })
    .map(({ operand, direction, mayOmit, withProtocol }) => {
      const ipVersion = operand.version === 4 ? "ip" : "ip6";
      const protocol = operand.version === undefined ? "tcp" : ipVersion;
      const qualifiers = { protocol: withProtocol ? protocol : "", direction, type };
      return { kind: "primitive", operand, mayOmit, qualifiers };
    });
}

const bare: fc.Arbitrary<Tree> = fc.oneof(
  fc.constantFrom<Tree>(
    { kind: "bare", text: "tcp", holds: () => true },
    { kind: "bare", text: "ip", holds: (packet) => packet.version === 4 },
    { kind: "bare", text: "ip6", holds: (packet) => packet.version === 6 },
    { kind: "bare", text: "vlan", holds: (packet) => packet.vlans.length > 0 },
  ),
  fc.constantFrom(...VLANS).map<Tree>((id) => ({
    kind: "bare",
    text: `vlan ${id}`,
    holds: (packet) => packet.vlans.includes(id),
  })),
);

const leaf: fc.Arbitrary<Tree> = fc.oneof(
  bare,
  primitiveOf(hostOperand, "host"),
  primitiveOf(netOperand, "net"),
  primitiveOf(portOperand, "port"),
  primitiveOf(portRangeOperand, "portrange"),
);

export const anyTree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree; group: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc
      .tuple(fc.constantFrom("not ", "! ", "!"), tie("tree"))
      .map<Tree>(([text, inner]) => ({ kind: "not", text, inner })),
    tie("group"),
  ),
  group: fc
    .record({
      first: tie("tree"),
      rest: fc.array(
        fc.record({ operator: fc.constantFrom("and", "or", "&&", "||"), tree: tie("tree") }),
        { maxLength: 4 },
      ),
    })
    .map<Tree>((chain) => ({ kind: "group", chain })),
})).group;

export interface AnyFlow {
  readonly version: 4 | 6;
  readonly client: readonly number[];
  readonly server: readonly number[];
  readonly clientPort: number;
  readonly serverPort: number;
  readonly vlans: readonly number[];
}

export const anyFlow: fc.Arbitrary<AnyFlow> = fc.constantFrom<4 | 6>(4, 6).chain((version) => {
  const address = fc.constantFrom(...(version === 4 ? ADDRESSES_4 : ADDRESSES_6));
  const port = fc.constantFrom(...PORTS);
  return fc.record({
    version: fc.constant(version),
    client: address,
    server: address,
    clientPort: port,
    serverPort: port,
    vlans: fc.array(fc.constantFrom(...VLANS), { maxLength: 3 }),
  });
});
