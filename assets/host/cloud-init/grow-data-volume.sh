#!/bin/bash
# Lets the file system of the data volume fill its disk.
. "$(dirname "$0")/common.sh"

data_volume_is_mounted || fail "the data volume is not mounted"
said=$(resize2fs "$DATA_DEVICE" 2>&1) || fail "cannot grow the file system: $said"
[[ $said == *"Nothing to do"* ]] || log "grew the file system to the size of $DATA_DEVICE"
