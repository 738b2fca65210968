#!/bin/bash
# Runs every part in order; a part that fails is named and does not keep the others from running.
# Harmless when repeated: sudo /usr/local/lib/l2-observatory/first-boot.sh
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
state=/var/lib/l2-observatory
mkdir -p "$state" /var/log/l2-observatory
exec > >(tee -a /var/log/l2-observatory/first-boot.log) 2>&1

rm -f "$state/ready" "$state/failed"
failed=()
for part in "$here"/[0-9]*.sh; do
  name=$(basename "$part" .sh)
  printf '%s %s: starts\n' "$(date -u +%FT%TZ)" "$name"
  "$part" || failed+=("$name")
done

if [ "${#failed[@]}" -gt 0 ]; then
  printf '%s\n' "${failed[@]}" >"$state/failed"
  printf '%s first-boot: failed: %s\n' "$(date -u +%FT%TZ)" "${failed[*]}"
  exit 1
fi
date -u +%FT%TZ >"$state/ready"
printf '%s first-boot: the host is ready\n' "$(date -u +%FT%TZ)"
