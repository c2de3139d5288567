// A flow's record -> what names its files. Runs once a flow.

import type { LayerTable } from "../decode/layer-table.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import type { FlowIdentity } from "../output/stream-sink.ts";
import { clientText, serverText, vlanIds } from "./summarize-flow.ts";

export function identityOf(flow: FlowCursor, vlanLayers: LayerTable): FlowIdentity {
  return {
    flow: flow.number,
    client: clientText(flow),
    clientPort: flow.clientPort,
    server: serverText(flow),
    serverPort: flow.serverPort,
    vlan: vlanIds(flow, vlanLayers),
    firstSeconds: flow.firstSeconds,
    firstNanos: flow.firstNanos,
  };
}
