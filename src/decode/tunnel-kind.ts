// The encapsulations that become layers of a flow's key, by the names that reports and `--decap-port`
// use. An id is part of the key only where it is the same in both directions (tcp.md §2.1).

/** Names of the layers; the index of a name is its code (`Tunnel`). */
export const TUNNEL_NAMES = [
  "ipip",
  "4in6",
  "6in4",
  "6in6",
  "gre",
  "pptp",
  "wccp",
  "erspan",
  "vxlan",
  "vxlan-gpe",
  "geneve",
  "gtp-u",
  "teredo",
  "mpls",
  "l2tp",
  "ayiya",
  "capwap",
  "pppoe",
] as const;

export type TunnelName = (typeof TUNNEL_NAMES)[number];

export const Tunnel = {
  IP_IN_IP: 0,
  IPV4_IN_IPV6: 1,
  IPV6_IN_IPV4: 2,
  IPV6_IN_IPV6: 3,
  GRE: 4,
  PPTP: 5,
  WCCP: 6,
  ERSPAN: 7,
  VXLAN: 8,
  VXLAN_GPE: 9,
  GENEVE: 10,
  GTP_U: 11,
  TEREDO: 12,
  MPLS: 13,
  L2TP: 14,
  AYIYA: 15,
  CAPWAP: 16,
  PPPOE: 17,
} as const;

export type Tunnel = (typeof Tunnel)[keyof typeof Tunnel];
