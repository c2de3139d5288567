#!/usr/bin/env bash
# Every sample cut at each offset of its first 16 KiB and around its records, and each octet of its first
# 4 KiB flipped: never anything but a result with a warning or a clear error. A CI run gives it 5 minutes and
# is content with how far it comes; the whole takes some 15: SWEEP_SECONDS=3600 .ci/steps/sweep.sh
set -uo pipefail
cd "$(dirname "$0")/../.."
timeout "${SWEEP_SECONDS:-300}" node test/fuzz/sweep.js
status=$?
if [ "$status" -eq 124 ]; then
  echo "sweep: time is up, no failure so far"
  exit 0
fi
exit "$status"
