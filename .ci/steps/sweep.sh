#!/usr/bin/env bash
# Every sample cut at each offset of its first 16 KiB and around its records, and each octet of its first
# 4 KiB flipped: never anything but a result with a warning or a clear error. Some minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec timeout 3600 node test/fuzz/sweep.js
