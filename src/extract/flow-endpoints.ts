// What a flow filter sees of a flow that opens. Runs once a flow, and only where there is a filter.

import type { LayerTable } from "../decode/layer-table.ts";
import type { FlowEndpoints } from "../filter/flow-endpoints.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import { vlanIds } from "./summarize-flow.ts";

export function endpointsOf(flow: FlowCursor, vlanLayers: LayerTable): FlowEndpoints {
  return {
    ipVersion: flow.ipVersion,
    client0: flow.clientWord(0),
    client1: flow.clientWord(1),
    client2: flow.clientWord(2),
    client3: flow.clientWord(3),
    server0: flow.serverWord(0),
    server1: flow.serverWord(1),
    server2: flow.serverWord(2),
    server3: flow.serverWord(3),
    clientPort: flow.clientPort,
    serverPort: flow.serverPort,
    vlans: vlanIds(flow, vlanLayers),
  };
}
