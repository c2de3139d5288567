#!/usr/bin/env bash
# The engine against its slow twin on 100,000 random connections (some minutes; a smaller run of the same
# test is part of `npm test`). TCPX_CONNECTIONS: another number of them.
set -euo pipefail
cd "$(dirname "$0")/../.."
export TCPX_CONNECTIONS=${TCPX_CONNECTIONS:-100000}
exec timeout 1800 npx vitest run test/extract/random-connections.test.ts
