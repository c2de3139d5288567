// The keys of report.json that no line of the text shows, with what they mean. Together with the
// labels they cover the whole document; a test says so.

/** Path (`[]` for each element) -> meaning. */
export const KEYS_WITHOUT_LINE: Readonly<Record<string, string>> = {
  schema: "`tcpx.report/1`: the form of this document (schemas/report.schema.json).",
  tcpx: "Version of tcpx; in the text it stands in the banner.",
  "run.machineMemoryBytes": "Memory of the machine, octets.",
  "run.checksums": "How checksums were treated (`--checksums`).",
  "run.overlap": "Which copy was kept (`--overlap`).",
  "run.vlan": "What VLAN tags mean for flows (`--vlan`).",
  "input.files[].format": "`pcap`, `pcapng`, `snoop`; empty where the file was not recognised.",
  "input.files[].bytes": "Octets of the file as stored, as far as they were read.",
  "input.files[].packets": "Packets read of the file.",
  "input.files[].interfaces[].id": "Number of the interface in its file; 0 in classic pcap.",
  "input.files[].interfaces[].name": "Its name, if the file says so.",
  "input.files[].interfaces[].packets": "Packets read of the interface.",
  "input.files[].interfaces[].snappedPackets": "Packets of it that the snap length cut.",
  "input.files[].interfaces[].received": "As the interface's own statistics say.",
  "input.files[].interfaces[].droppedByKernel": "As the interface's own statistics say.",
  "input.files[].interfaces[].droppedByInterface": "As the interface's own statistics say.",
  "decode.checksum.ok": "Segments with a right checksum.",
  "decode.checksum.refused": "Segments with a wrong checksum whose octets were not taken.",
  "decode.checksum.offloadSuspected":
    "Nine of ten verifiable checksums are wrong: the capturing host leaves them to its network card.",
  "segments.zeroWindows":
    "Packets by which a receiver said that it can take nothing more: the application behind it is slow.",
  "segments.syn": "Segments with SYN, retransmissions included.",
  "segments.fin": "Segments with FIN, retransmissions included.",
  "segments.rst": "Segments with RST, implausible ones included.",
  "payload.snappedBytes":
    "Payload octets that the snap length cut off: on the wire = captured + this. Some may have been captured in another packet.",
  "payload.newBytes": "Payload octets that were new when they came; equal to `loss.writtenBytes`.",
  "loss.missing.discarded.maxBytes": "Octets of the longest gap of this cause.",
  "loss.missing.snapped.maxBytes": "Octets of the longest gap of this cause.",
  "loss.missing.ackedUnseen.maxBytes": "Octets of the longest gap of this cause.",
  "loss.missing.neverAcked.maxBytes": "Octets of the longest gap of this cause.",
  "loss.ratio":
    "Missing octets divided by stream octets, 0 to 1, six decimals; 0 of nothing. To ask whether anything is missing, take `loss.missingBytes`: a tiny share rounds to 0.",
  "output.dir": "Base name of the output directory; null where nothing is written.",
  "slice.file":
    "Base name of the capture written, `-` for standard output; null where none was asked for.",
  "slice.dir":
    "Base name of the directory with a capture for each flow; null where none was asked for.",
  "slice.files": "Captures written.",
  "slice.passes":
    "2 where the input was read twice, so that every packet of a chosen flow is there; 1 for a pipe.",
  "script.flowsWithAlarms": "Flows in which a script raised an alarm.",
};
