#!/usr/bin/env bash
# A million mutated packets through reader, decoder and reassembly; see test/fuzz/README.md.
# Some 80 seconds on two cores with nothing else to do; FUZZ_MINUTES: when to give up (default 10).
# FUZZ_SEED repeats a run; FUZZ_FAILURES: where failing inputs go (default test/fuzz/failures).
set -euo pipefail
cd "$(dirname "$0")/../.."
arguments=(--packets 1000000 --minutes "${FUZZ_MINUTES:-10}")
[ -z "${FUZZ_SEED:-}" ] || arguments+=(--seed "$FUZZ_SEED")
[ -z "${FUZZ_FAILURES:-}" ] || arguments+=(--failures "$FUZZ_FAILURES")
exec timeout 1800 node test/fuzz/fuzz.js "${arguments[@]}"
