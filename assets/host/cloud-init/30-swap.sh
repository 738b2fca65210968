#!/bin/bash
# A swap file on the root disk: room for peaks, so that the kernel need not kill.
. "$(dirname "$0")/common.sh"

file=/swapfile
bytes=$((SWAP_MIB * 1024 * 1024))

if [ "$(stat --format %s "$file" 2>/dev/null || echo 0)" != "$bytes" ]; then
  swapoff "$file" 2>/dev/null || true
  rm -f "$file"
  sed --in-place "\\#^$file #d" /etc/fstab
  if [ "$SWAP_MIB" -gt 0 ]; then
    # Written out, not allocated: a swap file must not have holes.
    (umask 077 && dd if=/dev/zero of="$file" bs=1M count="$SWAP_MIB" status=none)
    mkswap "$file" >/dev/null
    log "made $file of $SWAP_MIB MiB"
  fi
fi
if [ "$SWAP_MIB" -gt 0 ]; then
  grep --quiet "^$file " /etc/fstab || echo "$file none swap sw 0 0" >>/etc/fstab
  swapon --show=NAME --noheadings | grep --quiet --line-regexp "$file" || swapon "$file"
fi
log "swap: $SWAP_MIB MiB"
