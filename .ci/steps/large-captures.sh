#!/usr/bin/env bash
# Generated captures of 100 MB, which the program writes by a thread of its own, against what the library writes
# without one, and what the program counts against what was generated; half a minute.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec timeout 900 node .ci/tools/large-captures.mjs
